import type { Level } from "level";
import { assert } from "../base/assert.ts";
import { KvorumError, messageOf } from "../base/errors.ts";
import { asIndex, asTerm, type Index } from "../base/ids.ts";
import type { Logger } from "../platform/index.ts";
import type { LogWrite, RaftLog, SnapshotMeta, StoredRaft } from "../raft/index.ts";
import { entryKey, HEAD_KEY } from "./keys.ts";
import { COMPACT_SLICE_ENTRIES, RECLAIM_BYTES } from "./limits.ts";
import { type LogContent, loadLog } from "./load-log.ts";
import { encodeEntry, encodeHead, type Head } from "./record.ts";
import type { SyncedMark } from "./synced-mark.ts";

export type LogDatabase = Level<Buffer, Buffer>;
type Operation = { readonly type: "put"; readonly key: Buffer; readonly value: Buffer } | { readonly type: "del"; readonly key: Buffer };

export interface LevelLogOptions {
  readonly database: LogDatabase;
  readonly folder: string;
  readonly mark: SyncedMark;
  /** What the mark said when it was opened. */
  readonly markedSequence: number | undefined;
  /** The whole snapshots on this disk, the newest first. */
  readonly snapshots: readonly SnapshotMeta[];
  readonly logger: Logger;
  /** Finds out which file is to blame when something is wrong. */
  readonly blame: (fault: string, cause?: unknown) => Promise<KvorumError>;
}

/** What is known of an entry on disk: its checksum, which the next one names, and its size. */
interface Stored {
  readonly crc: number;
  readonly sizeBytes: number;
}

const NOTHING: Head = {
  sequence: 0,
  hardState: { term: asTerm(0), votedFor: undefined },
  lastIndex: asIndex(0),
  lastCrc: 0,
  compactedTo: asIndex(0),
};

/**
 * Raft's log in LevelDB. Every batch carries the head record and is synced; one batch is under way at a time, so whatever
 * a crash tears was the newest batch and not acknowledged. After a failed write nothing is known of the disk any more:
 * this log then refuses everything until it is opened anew.
 */
export class LevelLog implements RaftLog {
  readonly #options: LevelLogOptions;
  #head = NOTHING;
  /** The entries from `#first` to `#head.lastIndex`. */
  #stored: Stored[] = [];
  #first = asIndex(1);
  #state: "opened" | "loaded" | "failed" | "closed" = "opened";
  #queue: Promise<unknown> = Promise.resolve();
  #reclaimable = 0;
  #reclaiming: Promise<void> | undefined;

  constructor(options: LevelLogOptions) {
    this.#options = options;
  }

  async load(): Promise<StoredRaft> {
    assert(this.#state === "opened", "a log is loaded once");
    const content = await loadLog(this.#options);
    this.#take(content);
    this.#state = "loaded";
    const snapshot = await this.#fit(content);
    return { hardState: this.#head.hardState, snapshot, entries: this.#stored.length === 0 ? [] : content.entries };
  }

  write(batch: LogWrite): Promise<void> {
    return this.#exclusive(() => this.#append(batch));
  }

  async compact(upTo: Index): Promise<void> {
    for (let done = false; !done; ) done = await this.#exclusive(() => this.#forgetSlice(upTo));
    this.#reclaim();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#state === "closed") return;
    this.#state = "closed";
    await this.#queue.catch(() => {}); // whoever waited for it was told
    await this.#reclaiming;
    await this.#options.mark.close();
    await this.#options.database.close();
  }

  #take(content: LogContent): void {
    this.#head = content.head ?? NOTHING;
    this.#stored = content.stored;
    this.#first = content.entries[0]?.index ?? asIndex(this.#head.lastIndex + 1);
  }

  /** Chooses the snapshot, and drops a log that does not lead up to it (it was installed, and the crash came before the log was cut). */
  async #fit(content: LogContent): Promise<SnapshotMeta | undefined> {
    const snapshot = this.#options.snapshots[0];
    if (this.#head.compactedTo > (snapshot?.index ?? 0)) {
      const found = snapshot === undefined ? "none is there" : `the newest whole one ends at ${snapshot.index}`;
      throw await this.#options.blame(`the log was cut up to index ${this.#head.compactedTo}, but of the snapshots ${found}`);
    }
    if (snapshot === undefined) return undefined;
    const at = content.entries[snapshot.index - this.#first];
    const disagrees = at !== undefined && at.term !== snapshot.term;
    if (this.#head.lastIndex < snapshot.index || disagrees) {
      if (disagrees) await this.#exclusive(() => this.#append({ hardState: undefined, truncateFrom: asIndex(Math.max(this.#first, this.#head.compactedTo + 1)), entries: [] }));
      await this.compact(snapshot.index);
    }
    return snapshot;
  }

  async #append(batch: LogWrite): Promise<void> {
    const { truncateFrom } = batch;
    const operations: Operation[] = [];
    let keep = this.#stored.length;
    if (truncateFrom !== undefined && truncateFrom <= this.#head.lastIndex) {
      assert(truncateFrom > this.#head.compactedTo, "what was compacted is committed and never truncated");
      keep = Math.max(0, truncateFrom - this.#first);
      for (let index: number = Math.max(truncateFrom, this.#first); index <= this.#head.lastIndex; index++) {
        operations.push({ type: "del", key: entryKey(index) });
      }
    }
    let last = keep === this.#stored.length ? this.#head.lastIndex : asIndex(this.#first + keep - 1);
    let lastCrc = keep === this.#stored.length ? this.#head.lastCrc : (this.#stored[keep - 1]?.crc ?? 0);
    const added: Stored[] = [];
    for (const entry of batch.entries) {
      assert(entry.index === last + 1, "entries are stored without a gap");
      const { bytes, crc } = encodeEntry(entry, lastCrc);
      operations.push({ type: "put", key: entryKey(entry.index), value: bytes });
      added.push({ crc, sizeBytes: bytes.length });
      last = entry.index;
      lastCrc = crc;
    }
    await this.#commit(operations, { hardState: batch.hardState ?? this.#head.hardState, lastIndex: last, lastCrc, compactedTo: this.#head.compactedTo });
    if (keep < this.#stored.length) this.#stored.length = keep;
    for (const stored of added) this.#stored.push(stored);
    if (keep === 0 && added.length > 0) this.#first = asIndex(last - added.length + 1);
  }

  /** Forgets the oldest entries, so many as one batch may hold. True when all up to `upTo` are gone. */
  async #forgetSlice(upTo: Index): Promise<boolean> {
    const end = Math.min(upTo, this.#first + COMPACT_SLICE_ENTRIES - 1);
    const count = Math.max(0, Math.min(end, this.#head.lastIndex) - this.#first + 1);
    const done = this.#first + count > Math.min(upTo, this.#head.lastIndex);
    const compactedTo = done ? upTo : asIndex(this.#first + count - 1);
    if (compactedTo <= this.#head.compactedTo) return true;
    const operations: Operation[] = [];
    for (let index: number = this.#first; index < this.#first + count; index++) operations.push({ type: "del", key: entryKey(index) });
    const lastIndex = asIndex(Math.max(compactedTo, this.#head.lastIndex));
    await this.#commit(operations, { ...this.#head, compactedTo, lastIndex });
    for (const stored of this.#stored.splice(0, count)) this.#reclaimable += stored.sizeBytes;
    this.#first = asIndex(this.#stored.length === 0 ? lastIndex + 1 : this.#first + count);
    return done;
  }

  async #commit(operations: Operation[], next: Omit<Head, "sequence">): Promise<void> {
    const head: Head = { ...next, sequence: this.#head.sequence + 1 };
    operations.push({ type: "put", key: HEAD_KEY, value: encodeHead(head) });
    try {
      await this.#options.database.batch(operations, { sync: true });
    } catch (error) {
      this.#state = "failed";
      throw new KvorumError("disk", `Cannot write the raft log in "${this.#options.folder}": ${messageOf(error)}`, { cause: error });
    }
    this.#head = head;
    this.#options.mark.advance(head.sequence);
  }

  /** One thing at a time, in the order asked for. */
  #exclusive<T>(work: () => Promise<T>): Promise<T> {
    const run = async (): Promise<T> => {
      assert(this.#state !== "opened", "a log is loaded before it is written");
      if (this.#state === "failed")
        throw new KvorumError("disk", `Cannot write the raft log in "${this.#options.folder}": an earlier write failed, open it anew`);
      if (this.#state === "closed") throw new KvorumError("unavailable", "Cannot write the raft log: it is closed");
      return await work();
    };
    const result = this.#queue.then(run, run);
    this.#queue = result.catch(() => {}); // the caller of this work hears of its failure
    return result;
  }

  /** Has LevelDB rewrite the tables of forgotten entries, behind everyone's back, when there is something to gain. */
  #reclaim(): void {
    if (this.#reclaimable < RECLAIM_BYTES || this.#reclaiming !== undefined || this.#state !== "loaded") return;
    this.#reclaimable = 0;
    this.#reclaiming = compactRange(this.#options.database, entryKey(0), entryKey(this.#first))
      .catch((error: unknown) => this.#options.logger.warn("Cannot give disk space back", { folder: this.#options.folder, error: messageOf(error) }))
      .finally(() => {
        this.#reclaiming = undefined;
      });
  }
}

/** LevelDB's own `compactRange`, which the types of `level` leave out since browsers have none. */
async function compactRange(database: LogDatabase, start: Buffer, end: Buffer): Promise<void> {
  const compactable = database as LogDatabase & { compactRange(start: Buffer, end: Buffer): Promise<void> };
  await compactable.compactRange(start, end);
}
