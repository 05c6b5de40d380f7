import { join } from "node:path";
import type { Files, FileWriter } from "../platform/index.ts";
import type { SnapshotMeta, SnapshotSink } from "../raft/index.ts";
import { SNAPSHOT_BLOCK_BYTES, SNAPSHOT_SYNC_BYTES } from "./limits.ts";
import { BlockChecksums, encodeStoredSnapshot, type StoredSnapshot } from "./snapshot-meta.ts";

export interface SinkOptions {
  readonly files: Files;
  readonly folder: string;
  readonly meta: SnapshotMeta;
  /** Tells snapshots of one entry apart: the newer has the larger. */
  readonly number: number;
  readonly onCommitted: (name: string, stored: StoredSnapshot) => Promise<void>;
}

/** Writes a snapshot into a folder with a temporary name, which it gets rid of last of all. */
export class FileSnapshotSink implements SnapshotSink {
  readonly #options: SinkOptions;
  readonly #temporary: string;
  readonly #state: FileWriter;
  readonly #checksums = new BlockChecksums(SNAPSHOT_BLOCK_BYTES);
  #sizeBytes = 0;
  #unsyncedBytes = 0;

  private constructor(options: SinkOptions, temporary: string, state: FileWriter) {
    this.#options = options;
    this.#temporary = temporary;
    this.#state = state;
  }

  static async create(options: SinkOptions): Promise<FileSnapshotSink> {
    const temporary = join(options.folder, `tmp-${nameOf(options)}`);
    await options.files.makeFolder(temporary);
    return new FileSnapshotSink(options, temporary, await options.files.create(join(temporary, "state.bin")));
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#checksums.add(chunk);
    await this.#state.write(chunk);
    this.#sizeBytes += chunk.length;
    this.#unsyncedBytes += chunk.length;
    if (this.#unsyncedBytes < SNAPSHOT_SYNC_BYTES) return;
    this.#unsyncedBytes = 0;
    await this.#state.sync();
  }

  async commit(): Promise<void> {
    const { files, folder, meta, onCommitted } = this.#options;
    await this.#state.sync();
    await this.#state.close();
    this.#checksums.end();
    const stored: StoredSnapshot = { meta, sizeBytes: this.#sizeBytes, blockBytes: SNAPSHOT_BLOCK_BYTES, blockCrcs: this.#checksums.crcs };
    await files.replace(join(this.#temporary, "meta.json"), encodeStoredSnapshot(stored));
    const name = nameOf(this.#options);
    await files.rename(this.#temporary, join(folder, name));
    await onCommitted(name, stored);
  }

  async abort(): Promise<void> {
    await this.#state.close();
    await this.#options.files.remove(this.#temporary);
  }
}

function nameOf({ meta, number }: SinkOptions): string {
  return `${meta.term}-${meta.index}-${number}`;
}
