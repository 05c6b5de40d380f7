import { assert } from "../base/assert.ts";
import { KvorumError, messageOf } from "../base/errors.ts";
import { asIndex, asTerm, type Index } from "../base/ids.ts";
import type { Entry, LogWrite, RaftLog, SnapshotMeta, StoredRaft } from "../raft/index.ts";
import { entryKey, HEAD_KEY } from "./keys.ts";
import { COMPACT_SLICE_SEGMENTS, RECLAIM_BYTES } from "./limits.ts";
import { loadLog } from "./load-log.ts";
import type { LevelLogOptions, LogDatabase } from "./log-options.ts";
import { encodeHead, type Head } from "./record.ts";
import { encodeSegments, lastOf, type Segment } from "./segments.ts";

type Operation = { readonly type: "put"; readonly key: Buffer; readonly value: Buffer } | { readonly type: "del"; readonly key: Buffer };

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
  /** Where the entries up to `#head.lastIndex` are, without a gap. */
  #segments: Segment[] = [];
  #state: "opened" | "loaded" | "failed" | "closed" = "opened";
  #queue: Promise<unknown> = Promise.resolve();
  #reclaimable = 0;
  #reclaiming: Promise<void> | undefined;

  constructor(options: LevelLogOptions) {
    this.#options = options;
  }

  async load(): Promise<StoredRaft> {
    assert(this.#state !== "closed", "a closed log is not loaded");
    await this.#queue;
    const content = await loadLog(this.#options);
    this.#head = content.head ?? NOTHING;
    this.#segments = content.segments;
    this.#state = "loaded";
    const snapshot = await this.#fit(content.entries);
    return { hardState: this.#head.hardState, snapshot, entries: this.#segments.length === 0 ? [] : content.entries };
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

  /** Chooses the snapshot, and drops a log that does not lead up to it (it was installed, and the crash came before the log was cut). */
  async #fit(entries: readonly Entry[]): Promise<SnapshotMeta | undefined> {
    const snapshot = this.#options.snapshots[0];
    if (this.#head.compactedTo > (snapshot?.index ?? 0)) {
      const found = snapshot === undefined ? "none is there" : `the newest whole one ends at ${snapshot.index}`;
      throw await this.#options.blame(`the log was cut up to index ${this.#head.compactedTo}, but of the snapshots ${found}`);
    }
    if (snapshot === undefined) return undefined;
    const first = entries[0]?.index ?? asIndex(this.#head.lastIndex + 1);
    const at = entries[snapshot.index - first];
    const disagrees = at !== undefined && at.term !== snapshot.term;
    if (disagrees) {
      const truncateFrom = asIndex(Math.max(first, this.#head.compactedTo + 1));
      await this.#exclusive(() => this.#append({ hardState: undefined, truncateFrom, entries: [] }));
    }
    if (disagrees || this.#head.lastIndex < snapshot.index) await this.compact(snapshot.index);
    return snapshot;
  }

  async #append(batch: LogWrite): Promise<void> {
    const operations: Operation[] = [];
    const from = Math.min(batch.truncateFrom ?? Number.POSITIVE_INFINITY, batch.entries[0]?.index ?? Number.POSITIVE_INFINITY, this.#head.lastIndex + 1);
    assert(from > this.#head.compactedTo, "what was compacted is committed and never truncated");
    assert((batch.entries[0]?.index ?? from) === from, "entries are stored without a gap");
    const kept = from > this.#head.lastIndex ? this.#segments : this.#segments.filter(({ first }) => first < from);
    for (const { first } of this.#segments.slice(kept.length)) operations.push({ type: "del", key: entryKey(first) });
    const newest = kept.at(-1);
    let lastCrc = from > this.#head.lastIndex ? this.#head.lastCrc : (newest?.crcs[from - 1 - newest.first] ?? 0);
    const added: Segment[] = [];
    for (const { segment, bytes } of encodeSegments(batch.entries, lastCrc)) {
      operations.push({ type: "put", key: entryKey(segment.first), value: bytes });
      added.push(segment);
      lastCrc = segment.crcs.at(-1) ?? lastCrc;
    }
    const lastIndex = asIndex(from - 1 + batch.entries.length);
    await this.#commit(operations, { ...this.#head, hardState: batch.hardState ?? this.#head.hardState, lastIndex, lastCrc });
    if (newest !== undefined && lastOf(newest) >= from) newest.crcs.length = from - newest.first;
    if (kept !== this.#segments) this.#segments = kept;
    for (const segment of added) this.#segments.push(segment);
  }

  /** Forgets the oldest segments, so many as one batch may delete. True when all that lie wholly up to `upTo` are gone. */
  async #forgetSlice(upTo: Index): Promise<boolean> {
    let count = 0;
    while (count < COMPACT_SLICE_SEGMENTS && this.#endsBy(count, upTo)) count++;
    const done = !this.#endsBy(count, upTo);
    const newest = this.#segments[count - 1];
    const compactedTo = done || newest === undefined ? upTo : asIndex(lastOf(newest));
    if (compactedTo <= this.#head.compactedTo && count === 0) return true;
    const operations: Operation[] = [];
    for (const { first } of this.#segments.slice(0, count)) operations.push({ type: "del", key: entryKey(first) });
    await this.#commit(operations, {
      ...this.#head,
      compactedTo: asIndex(Math.max(compactedTo, this.#head.compactedTo)),
      lastIndex: asIndex(Math.max(compactedTo, this.#head.lastIndex)),
    });
    for (const { sizeBytes } of this.#segments.splice(0, count)) this.#reclaimable += sizeBytes;
    return done;
  }

  #endsBy(at: number, index: Index): boolean {
    const segment = this.#segments[at];
    return segment !== undefined && lastOf(segment) <= index;
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
    if (this.#reclaiming !== undefined || this.#state !== "loaded") return;
    const worthIt = this.#reclaimable >= RECLAIM_BYTES;
    if (worthIt) this.#reclaimable = 0;
    this.#reclaiming = (worthIt ? compactRange(this.#options.database, entryKey(0), entryKey(this.#head.compactedTo)) : Promise.resolve())
      .then(() => this.#options.onSpaceChanged())
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
