import { messageOf } from "../base/errors.ts";
import { asIndex } from "../base/ids.ts";
import type { Entry } from "../raft/index.ts";
import { entryKey, HEAD_KEY, indexOfKey } from "./keys.ts";
import { LOAD_BATCH_BYTES, LOAD_BATCH_SEGMENTS } from "./limits.ts";
import type { LevelLogOptions } from "./log-options.ts";
import { decodeHead, decodeSegment, type EntryRecord, type Head } from "./record.ts";
import type { Segment } from "./segments.ts";

export interface LogContent {
  /** `undefined` when nothing was ever written. */
  readonly head: Head | undefined;
  readonly entries: readonly Entry[];
  /** Where `entries` are stored. */
  readonly segments: Segment[];
}

/**
 * Reads the whole log and proves that it is what was written: each record against its checksum, each entry against the one
 * before it, the last one and the count of batches against the head, and the head against the mark beside the log.
 */
export async function loadLog(options: LevelLogOptions): Promise<LogContent> {
  try {
    const head = await readHead(options);
    const chain = new Chain(head);
    await eachSegment(options, (first, bytes) => chain.add(first, bytes));
    chain.end();
    await dropOld(options, chain.old);
    return { head, entries: chain.entries, segments: chain.segments };
  } catch (error) {
    throw error instanceof Fault || isCorruption(error) ? await options.blame(messageOf(error), error) : error;
  }
}

/** What is wrong with the log's content; `blame` adds the file. */
class Fault extends Error {}

async function readHead({ database, markedSequence }: LevelLogOptions): Promise<Head | undefined> {
  const marked = markedSequence ?? 0;
  const bytes: Buffer | undefined = await database.get(HEAD_KEY);
  if (bytes === undefined) {
    if (marked > 0) throw new Fault(`${marked} acknowledged batches are missing`);
    return undefined;
  }
  const head = decodeHead(bytes);
  if (head === undefined) throw new Fault("the head record fails its checksum");
  if (marked > head.sequence) throw new Fault(`the last ${marked - head.sequence} acknowledged batches are missing`);
  return head;
}

/** Follows the segments in order. Throws `Fault` where they cannot be what was written. */
class Chain {
  readonly #head: Head | undefined;
  readonly #last: number;
  readonly #compactedTo: number;
  /** Segments that were to be forgotten and do not lead up to the entries that count. */
  readonly old: number[] = [];
  entries: Entry[] = [];
  segments: Segment[] = [];
  /** The checksums of `entries`. */
  #crcs: number[] = [];

  constructor(head: Head | undefined) {
    this.#head = head;
    this.#last = head?.lastIndex ?? 0;
    this.#compactedTo = head?.compactedTo ?? 0;
  }

  add(first: number, bytes: Buffer): void {
    if (first > this.#last) throw new Fault(`entry ${first} is behind the end at ${this.#last}`);
    this.#truncate(first);
    const segment: Segment = { first: asIndex(first), crcs: [], sizeBytes: bytes.length };
    let index = first;
    for (const record of decodeSegment(bytes)) {
      if (index > this.#last) break; // truncated away; it stays on disk as long as the segment
      if (record === undefined || record.entry.index !== index) {
        if (index > this.#compactedTo) throw new Fault(`entry ${index} fails its checksum`);
        this.#forget();
        this.old.push(first);
        return;
      }
      if (!this.#follows(record)) this.#begin(index);
      this.entries.push(record.entry);
      this.#crcs.push(record.crc);
      segment.crcs.push(record.crc);
      index++;
    }
    this.segments.push(segment);
  }

  end(): void {
    const last = this.entries.at(-1);
    const reached = last?.index ?? 0;
    if (this.#last > this.#compactedTo && reached !== this.#last) throw new Fault(`entries ${reached + 1} to ${this.#last} are missing`);
    if (last === undefined || this.#head === undefined) return;
    if (reached === this.#last && this.#crcs.at(-1) === this.#head.lastCrc && last.term <= this.#head.hardState.term) return;
    if (this.#last > this.#compactedTo) throw new Fault(`entry ${reached} is not the one that was written last`);
    this.#forget();
  }

  /** A segment takes the place of what earlier ones hold from its first index on: they were truncated there. */
  #truncate(first: number): void {
    const keep = first - (this.entries[0]?.index ?? first);
    if (keep < 0 || keep >= this.entries.length) return;
    this.entries.length = keep;
    this.#crcs.length = keep;
    const segment = this.segments.at(-1);
    if (segment !== undefined && segment.first + segment.crcs.length > first) segment.crcs.length = Math.max(0, first - segment.first);
  }

  #follows(record: EntryRecord): boolean {
    const previous = this.entries.at(-1);
    return (
      previous !== undefined && record.entry.index === previous.index + 1 && record.previousCrc === this.#crcs.at(-1) && record.entry.term >= previous.term
    );
  }

  /** The log begins at this index, which it may do only where it was cut. */
  #begin(index: number): void {
    if (index > this.#compactedTo + 1) {
      const expected = Math.max(this.#compactedTo, this.entries.at(-1)?.index ?? 0) + 1;
      throw new Fault(expected === index ? `entry ${index} does not fit the one before it` : `entries ${expected} to ${index - 1} are missing`);
    }
    this.#forget();
  }

  #forget(): void {
    for (const segment of this.segments) this.old.push(segment.first);
    this.entries = [];
    this.segments = [];
    this.#crcs = [];
  }
}

async function eachSegment({ database }: LevelLogOptions, take: (first: number, bytes: Buffer) => void): Promise<void> {
  const iterator = database.iterator({ gte: entryKey(0), lt: HEAD_KEY, highWaterMarkBytes: LOAD_BATCH_BYTES });
  try {
    for (;;) {
      const rows = await iterator.nextv(LOAD_BATCH_SEGMENTS);
      if (rows.length === 0) return;
      for (const [key, value] of rows) {
        const index = indexOfKey(key);
        if (index === undefined) throw new Fault("a key is none of the log's");
        take(index, value);
      }
    }
  } finally {
    await iterator.close();
  }
}

/** Finishes a compaction that a crash cut short. */
async function dropOld({ database }: LevelLogOptions, firsts: readonly number[]): Promise<void> {
  if (firsts.length > 0) await database.batch(firsts.map((first) => ({ type: "del" as const, key: entryKey(first) })));
}

function isCorruption(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "LEVEL_CORRUPTION";
}
