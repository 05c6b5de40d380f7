import { messageOf } from "../base/errors.ts";
import type { Entry } from "../raft/index.ts";
import { entryKey, HEAD_KEY, indexOfKey } from "./keys.ts";
import type { LevelLogOptions } from "./level-log.ts";
import { LOAD_BATCH_BYTES, LOAD_BATCH_ENTRIES } from "./limits.ts";
import { decodeEntry, decodeHead, type EntryRecord, type Head } from "./record.ts";

export interface LogContent {
  /** `undefined` when nothing was ever written. */
  readonly head: Head | undefined;
  readonly entries: readonly Entry[];
  /** One for each of `entries`. */
  readonly stored: { readonly crc: number; readonly sizeBytes: number }[];
}

/**
 * Reads the whole log and proves that it is what was written: each record against its checksum, each entry against the one
 * before it, the last one and the count of batches against the head, and the head against the mark beside the log.
 */
export async function loadLog(options: LevelLogOptions): Promise<LogContent> {
  try {
    const head = await readHead(options);
    const chain = new Chain(head);
    await eachEntry(options, (index, bytes) => chain.add(index, bytes));
    chain.end();
    await dropOld(options, chain.old);
    return { head, entries: chain.entries, stored: chain.stored };
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

/** Follows the entries in order of their index. Throws `Fault` where they cannot be what was written. */
class Chain {
  readonly #head: Head | undefined;
  readonly #last: number;
  readonly #compactedTo: number;
  /** Entries that were to be forgotten and do not lead up to those that count. */
  readonly old: number[] = [];
  entries: Entry[] = [];
  stored: { readonly crc: number; readonly sizeBytes: number }[] = [];
  #previous: EntryRecord | undefined;

  constructor(head: Head | undefined) {
    this.#head = head;
    this.#last = head?.lastIndex ?? 0;
    this.#compactedTo = head?.compactedTo ?? 0;
  }

  add(index: number, bytes: Buffer): void {
    const mayMiss = index <= this.#compactedTo;
    const record = decodeEntry(bytes);
    if (record === undefined || record.entry.index !== index) {
      if (!mayMiss) throw new Fault(`entry ${index} fails its checksum`);
      this.#forget(index);
      return;
    }
    if (index > this.#last) throw new Fault(`entry ${index} is behind the end at ${this.#last}`);
    if (!this.#follows(record)) {
      if (!mayMiss && index !== this.#compactedTo + 1) throw new Fault(this.#gap(index));
      this.#forget();
    }
    this.entries.push(record.entry);
    this.stored.push({ crc: record.crc, sizeBytes: bytes.length });
    this.#previous = record;
  }

  end(): void {
    const reached = this.#previous?.entry.index ?? 0;
    if (this.#last > this.#compactedTo && reached !== this.#last) throw new Fault(`entries ${reached + 1} to ${this.#last} are missing`);
    if (this.#previous === undefined || this.#head === undefined) return;
    const fits = reached === this.#last && this.#previous.crc === this.#head.lastCrc && this.#previous.entry.term <= this.#head.hardState.term;
    if (fits) return;
    if (this.#last > this.#compactedTo) throw new Fault(`entry ${reached} is not the one that was written last`);
    this.#forget();
  }

  #follows(record: EntryRecord): boolean {
    const previous = this.#previous;
    return (
      previous !== undefined &&
      record.entry.index === previous.entry.index + 1 &&
      record.previousCrc === previous.crc &&
      record.entry.term >= previous.entry.term
    );
  }

  #gap(index: number): string {
    const expected = Math.max(this.#compactedTo, this.#previous?.entry.index ?? 0) + 1;
    return expected === index ? `entry ${index} does not fit the one before it` : `entries ${expected} to ${index - 1} are missing`;
  }

  #forget(alsoIndex?: number): void {
    for (const entry of this.entries) this.old.push(entry.index);
    if (alsoIndex !== undefined) this.old.push(alsoIndex);
    this.entries = [];
    this.stored = [];
    this.#previous = undefined;
  }
}

async function eachEntry({ database }: LevelLogOptions, take: (index: number, bytes: Buffer) => void): Promise<void> {
  const iterator = database.iterator({ gte: entryKey(0), lt: HEAD_KEY, highWaterMarkBytes: LOAD_BATCH_BYTES });
  try {
    for (;;) {
      const rows = await iterator.nextv(LOAD_BATCH_ENTRIES);
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
async function dropOld({ database }: LevelLogOptions, indexes: readonly number[]): Promise<void> {
  if (indexes.length > 0) await database.batch(indexes.map((index) => ({ type: "del" as const, key: entryKey(index) })));
}

function isCorruption(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "LEVEL_CORRUPTION";
}
