import { assert } from "../../base/assert.ts";
import { asIndex, asTerm, type Index, type Term } from "../../base/ids.ts";
import { ENTRY_OVERHEAD_BYTES } from "./limits.ts";
import type { Entry } from "./types.ts";

/** What an entry counts against byte limits. */
export function entryBytes(entry: Entry): number {
  return entry.kind === "command" ? ENTRY_OVERHEAD_BYTES + entry.data.length : ENTRY_OVERHEAD_BYTES;
}

/** The log since the last compaction, in memory. Entries follow each other without a gap; terms never fall. */
export class EntryLog {
  #entries: Entry[];
  /** The entry before the first one kept; its term is unknown after a start with a tail behind a snapshot. */
  #baseIndex: number;
  #baseTerm: Term | undefined;
  #bytes = 0;

  constructor(entries: readonly Entry[], base: { readonly index: Index; readonly term: Term } | undefined) {
    this.#entries = [...entries];
    const first = this.#entries[0];
    this.#baseIndex = first === undefined ? (base?.index ?? 0) : first.index - 1;
    this.#baseTerm = this.#baseIndex === 0 ? asTerm(0) : this.#baseIndex === base?.index ? base.term : undefined;
    for (const entry of this.#entries) this.#bytes += entryBytes(entry);
  }

  /** One beyond the last entry when there are none. */
  get firstIndex(): Index {
    return asIndex(this.#baseIndex + 1);
  }

  get lastIndex(): Index {
    return asIndex(this.#baseIndex + this.#entries.length);
  }

  get lastTerm(): Term {
    const term = this.termAt(this.lastIndex);
    assert(term !== undefined, "the term of the last entry is known");
    return term;
  }

  /** Memory and disk that the entries take, roughly. */
  get bytes(): number {
    return this.#bytes;
  }

  /** `undefined`: not in the log, or no longer. */
  termAt(index: number): Term | undefined {
    return index === this.#baseIndex ? this.#baseTerm : this.#entries[index - this.#baseIndex - 1]?.term;
  }

  entryAt(index: number): Entry | undefined {
    return this.#entries[index - this.#baseIndex - 1];
  }

  /** Raft paper §5.4.1: whether a log that ends so is at least as far as this one. */
  isUpToDate(lastIndex: Index, lastTerm: Term): boolean {
    return lastTerm > this.lastTerm || (lastTerm === this.lastTerm && lastIndex >= this.lastIndex);
  }

  /** Entries from `from` on, as many as fit; at least one when there is one. */
  slice(from: number, maxEntries: number, maxBytes: number): readonly Entry[] {
    const start = from - this.#baseIndex - 1;
    const limit = Math.min(this.#entries.length, start + maxEntries);
    let end = start;
    for (let bytes = 0; end < limit; end++) {
      bytes += entryBytes(this.#entries[end] as Entry);
      if (bytes > maxBytes && end > start) break;
    }
    return this.#entries.slice(start, end);
  }

  append(entries: readonly Entry[]): void {
    const expected = this.#baseIndex + this.#entries.length + 1;
    assert(entries.length === 0 || entries[0]?.index === expected, "entries follow the log without a gap");
    for (let at = 0; at < entries.length; at++) {
      const entry = entries[at] as Entry;
      this.#entries.push(entry);
      this.#bytes += entryBytes(entry);
    }
  }

  /** Removes this entry and all behind it. */
  truncateFrom(index: number): void {
    assert(index > this.#baseIndex, "what was compacted is never truncated");
    for (const entry of this.#entries.splice(index - this.#baseIndex - 1)) this.#bytes -= entryBytes(entry);
  }

  /** Forgets entries up to and including this one; remembers its term. */
  compact(upTo: Index): void {
    const term = this.termAt(upTo);
    assert(term !== undefined && upTo <= this.lastIndex, "only what is in the log is compacted");
    for (const entry of this.#entries.splice(0, upTo - this.#baseIndex)) this.#bytes -= entryBytes(entry);
    this.#baseIndex = upTo;
    this.#baseTerm = term;
  }

  /** Empties the log: it goes on behind a snapshot. */
  reset(index: Index, term: Term): void {
    this.#entries = [];
    this.#bytes = 0;
    this.#baseIndex = index;
    this.#baseTerm = term;
  }

  /** The first index of the run of entries that have the term of the entry at `index`. */
  firstOfTermAt(index: number): Index {
    const term = this.termAt(index);
    let at = index;
    while (at > this.#baseIndex + 1 && this.termAt(at - 1) === term) at--;
    return asIndex(at);
  }

  /** The last index at or before `index` whose term is at most `term`; the base when there is none. */
  lastWithTermAtMost(term: Term, index: number): Index {
    let at = Math.min(index, this.lastIndex);
    for (; at > this.#baseIndex; at--) if ((this.termAt(at) ?? 0) <= term) break;
    return asIndex(at);
  }

  /** Where to cut so that at least `entries` entries stay but no more than `bytes`, never beyond `limit`. */
  cutFor(tail: { readonly entries: number; readonly bytes: number }, limit: Index): Index {
    let at = this.lastIndex as number;
    let bytes = 0;
    for (let kept = 0; at > this.#baseIndex && kept < tail.entries; at--, kept++) {
      bytes += entryBytes(this.#entries[at - this.#baseIndex - 1] as Entry);
      if (bytes > tail.bytes) break;
    }
    return asIndex(Math.min(at, limit));
  }
}
