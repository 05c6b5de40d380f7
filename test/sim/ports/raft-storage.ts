import { assert } from "../../../src/base/assert.ts";
import { asIndex, type Index } from "../../../src/base/ids.ts";
import type { Entry } from "../../../src/raft/core/types.ts";
import type { LogWrite, RaftLog, RaftStorage, StoredRaft } from "../../../src/raft/index.ts";
import type { SimProcess } from "../engine/process.ts";
import type { SimDisk } from "./disk.ts";
import type { RaftImage } from "./raft-image.ts";
import { SimSnapshotStore } from "./snapshot-store.ts";

/** Told of all that goes to the disk, before it is there. */
export interface StorageWatcher {
  wrote(process: SimProcess, batch: LogWrite): void;
  loaded(process: SimProcess, stored: StoredRaft): void;
}

/**
 * Raft's storage in memory. A write that was not resolved when the process died is there or not, as a whole; a compaction
 * that no later write synced may be undone by a crash; a write to a full disk fails, and may be there all the same.
 */
export class SimRaftStorage implements RaftStorage, RaftLog {
  readonly log: RaftLog = this;
  readonly snapshots: SimSnapshotStore;
  readonly #image: RaftImage;
  readonly #disk: SimDisk;
  readonly #process: SimProcess;
  readonly #watcher: StorageWatcher | undefined;
  #pending: LogWrite | undefined;

  constructor(parts: { readonly image: RaftImage; readonly disk: SimDisk; readonly process: SimProcess; readonly watcher?: StorageWatcher | undefined }) {
    this.#image = parts.image;
    this.#disk = parts.disk;
    this.#process = parts.process;
    this.#watcher = parts.watcher;
    this.snapshots = new SimSnapshotStore(parts.image, parts.disk, parts.process);
    parts.process.whenDead(() => this.#die());
  }

  async load(): Promise<StoredRaft> {
    await this.#disk.touch(this.#process);
    const { hardState, entries, snapshots } = this.#image;
    const stored = { hardState, snapshot: snapshots.at(-1)?.meta, entries: [...entries] };
    this.#watcher?.loaded(this.#process, stored);
    return stored;
  }

  async write(batch: LogWrite): Promise<void> {
    assert(this.#pending === undefined, "one write to the log at a time");
    const copy = { ...batch, entries: batch.entries.map(copyEntry) };
    this.#pending = copy;
    this.#watcher?.wrote(this.#process, copy);
    try {
      await this.#disk.write(this.#process, () => applyWrite(this.#image, copy));
    } catch (error) {
      if (this.#disk.random.chance(0.3)) applyWrite(this.#image, copy);
      throw error;
    } finally {
      this.#pending = undefined;
    }
  }

  async compact(upTo: Index): Promise<void> {
    await this.#disk.touch(this.#process);
    if (upTo > this.#image.unsyncedCompaction) this.#image.unsyncedCompaction = upTo;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#disk.touch(this.#process);
    forgetCompacted(this.#image);
  }

  #die(): void {
    if (this.#pending !== undefined && this.#disk.random.chance(0.5)) applyWrite(this.#image, this.#pending);
    if (this.#disk.random.chance(0.5)) forgetCompacted(this.#image);
    else this.#image.unsyncedCompaction = asIndex(0);
  }
}

/** What a synced write does to the disk. */
export function applyWrite(image: RaftImage, batch: LogWrite): void {
  if (batch.hardState !== undefined) image.hardState = batch.hardState;
  const { truncateFrom } = batch;
  if (truncateFrom !== undefined) image.entries = image.entries.filter((entry) => entry.index < truncateFrom);
  for (const entry of batch.entries) {
    const last = image.entries.at(-1);
    if (last !== undefined && last.index + 1 !== entry.index) {
      assert(
        entry.index > last.index && (image.snapshots.at(-1)?.meta.index ?? 0) + 1 >= entry.index,
        `entries are appended without a gap: ${last.index} then ${entry.index}`,
      );
      image.entries = [];
    }
    image.entries.push(entry);
  }
  forgetCompacted(image);
}

function forgetCompacted(image: RaftImage): void {
  const upTo = image.unsyncedCompaction;
  if (upTo === 0) return;
  image.entries = image.entries.filter((entry) => entry.index > upTo);
  image.unsyncedCompaction = asIndex(0);
}

function copyEntry(entry: Entry): Entry {
  return entry.kind === "command" ? { ...entry, data: Uint8Array.from(entry.data) } : entry;
}
