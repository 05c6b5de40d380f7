import { write } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { crc32 } from "node:zlib";

const MARK_BYTES = 16;
const MAGIC = 0x4b56_4d31; // "KVM1"

/**
 * Remembers, beside the log, up to which batch the log was synced: a number that is written after the sync and is itself
 * not synced. So it is never ahead of the log: when it says more than the log holds, acknowledged batches were lost.
 *
 * It outlives the death of the process whole, but for the last fraction of a millisecond; a power failure may leave an
 * older number, which then proves less. One write is under way at a time; what comes meanwhile is joined.
 */
export class SyncedMark {
  readonly #file: FileHandle;
  readonly #bytes = Buffer.alloc(MARK_BYTES);
  #wanted = 0;
  #written = 0;
  #isWriting = false;
  #failed = false;
  #onIdle: (() => void) | undefined;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** `sequence` is `undefined` when there is no mark yet or it cannot be read. */
  static async open(path: string): Promise<{ readonly mark: SyncedMark; readonly sequence: number | undefined }> {
    const file = await open(path, "a+").then(async (made) => {
      await made.close();
      return open(path, "r+");
    });
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MARK_BYTES), 0, MARK_BYTES, 0);
    const whole = bytesRead === MARK_BYTES && buffer.readUInt32BE(0) === MAGIC && buffer.readUInt32BE(12) === crc32(buffer.subarray(0, 12));
    return { mark: new SyncedMark(file), sequence: whole ? buffer.readUIntBE(4, 6) : undefined };
  }

  /** The batch with this number has been synced. Does not wait. */
  advance(sequence: number): void {
    this.#wanted = sequence;
    if (!this.#isWriting) this.#write();
  }

  /** Writes and syncs what is outstanding, then lets go of the file. */
  async close(): Promise<void> {
    if (this.#isWriting) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
    if (!this.#failed) await this.#file.sync().catch(() => {}); // a mark that was not synced proves less, and nothing wrong
    await this.#file.close();
  }

  /** By callback: a promise a batch costs three times as much. */
  #write(): void {
    this.#isWriting = true;
    this.#written = this.#wanted;
    this.#bytes.writeUInt32BE(MAGIC, 0);
    this.#bytes.writeUIntBE(this.#written, 4, 6);
    this.#bytes.writeUInt32BE(crc32(this.#bytes.subarray(0, 12)), 12);
    write(this.#file.fd, this.#bytes, 0, MARK_BYTES, 0, (error) => {
      this.#isWriting = false;
      if (error !== null)
        this.#failed = true; // an old mark proves less, and nothing wrong; the log itself will meet the same disk
      else if (this.#written !== this.#wanted) return this.#write();
      this.#onIdle?.();
      return undefined;
    });
  }
}
