import { KvorumError } from "../../../src/base/errors.ts";
import type { SnapshotMeta } from "../../../src/raft/core/types.ts";
import type { SnapshotSink, SnapshotSource, SnapshotStore } from "../../../src/raft/index.ts";
import type { SimProcess } from "../engine/process.ts";
import type { SimDisk } from "./disk.ts";
import type { RaftImage, StoredSnapshot } from "./raft-image.ts";

const KEEP = 2;

/** Snapshots in memory: nothing of one is left when the process dies before `commit` is through (or all of it, by chance). */
export class SimSnapshotStore implements SnapshotStore {
  readonly #image: RaftImage;
  readonly #disk: SimDisk;
  readonly #process: SimProcess;

  constructor(image: RaftImage, disk: SimDisk, process: SimProcess) {
    this.#image = image;
    this.#disk = disk;
    this.#process = process;
  }

  async create(meta: SnapshotMeta): Promise<SnapshotSink> {
    const chunks: Buffer[] = [];
    let open = true;
    const refuseClosed = (): void => {
      if (!open) throw new KvorumError("disk", "Cannot write a snapshot that was closed");
    };
    await this.#disk.touch(this.#process);
    return {
      write: async (chunk) => {
        refuseClosed();
        chunks.push(Buffer.from(chunk));
        await this.#disk.touch(this.#process);
        if (this.#disk.full) throw new KvorumError("disk", "Cannot write a snapshot: no space left on device");
      },
      commit: async () => {
        refuseClosed();
        open = false;
        await this.#disk.write(this.#process, () => this.#keep({ meta, content: Buffer.concat(chunks) }));
      },
      abort: async () => {
        open = false;
        await this.#disk.touch(this.#process);
      },
    };
  }

  async latest(): Promise<SnapshotSource | undefined> {
    await this.#disk.touch(this.#process);
    const stored = this.#image.snapshots.at(-1);
    if (stored === undefined) return undefined;
    return {
      meta: stored.meta,
      sizeBytes: stored.content.length,
      readAt: async (offset, length) => {
        await this.#disk.touch(this.#process);
        return Uint8Array.from(stored.content.subarray(offset, offset + length));
      },
      close: () => Promise.resolve(),
    };
  }

  #keep(snapshot: StoredSnapshot): void {
    const others = this.#image.snapshots.filter((other) => other.meta.index !== snapshot.meta.index);
    this.#image.snapshots = [...others, snapshot].sort((a, b) => a.meta.index - b.meta.index).slice(-KEEP);
  }
}
