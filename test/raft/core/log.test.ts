import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { asIndex, asTerm } from "../../../src/base/ids.ts";
import { ENTRY_OVERHEAD_BYTES } from "../../../src/raft/core/limits.ts";
import { EntryLog, entryBytes } from "../../../src/raft/core/log.ts";
import { fittingEntries } from "../../../src/raft/core/state.ts";
import type { Entry, SnapshotMeta } from "../../../src/raft/core/types.ts";
import { voters } from "./cluster.ts";

/** Entries with these terms, from `first` on, of ten bytes each. */
function entries(terms: readonly number[], first = 1): Entry[] {
  return terms.map((term, at) => ({ kind: "command", term: asTerm(term), index: asIndex(first + at), data: Buffer.alloc(10) }));
}
const EACH = 10 + ENTRY_OVERHEAD_BYTES;
const at = (index: number, term: number): { readonly index: ReturnType<typeof asIndex>; readonly term: ReturnType<typeof asTerm> } => ({
  index: asIndex(index),
  term: asTerm(term),
});
const meta = (index: number, term: number): SnapshotMeta => ({ ...at(index, term), configuration: voters("a"), configurationIndex: asIndex(1) });

describe("EntryLog", () => {
  it("begins empty, at index 0 of term 0", () => {
    const log = new EntryLog([], undefined);
    assert.deepEqual([log.firstIndex, log.lastIndex, log.lastTerm, log.termAt(0), log.termAt(1), log.bytes], [1, 0, 0, 0, undefined, 0]);
  });

  it("goes on behind a snapshot", () => {
    const log = new EntryLog([], at(7, 3));
    assert.deepEqual([log.firstIndex, log.lastIndex, log.lastTerm, log.termAt(6)], [8, 7, 3, undefined]);
  });

  it("does not know the term before a tail that begins behind nothing it knows", () => {
    const log = new EntryLog(entries([2, 2, 3], 5), at(6, 2));
    assert.deepEqual([log.firstIndex, log.termAt(4), log.termAt(5)], [5, undefined, 2]);
  });

  for (const [lastIndex, lastTerm, upToDate] of [
    [3, 2, true],
    [4, 2, true],
    [1, 3, true],
    [2, 2, false],
    [9, 1, false],
  ] as const) {
    it(`a log that ends at ${lastIndex} of term ${lastTerm} is ${upToDate ? "" : "not "}up to date against 3 of term 2 (Raft paper §5.4.1)`, () => {
      assert.equal(new EntryLog(entries([1, 1, 2]), undefined).isUpToDate(asIndex(lastIndex), asTerm(lastTerm)), upToDate);
    });
  }

  for (const [maxEntries, maxBytes, count] of [
    [10, 1e6, 4],
    [2, 1e6, 2],
    [10, 3 * EACH, 3],
    [10, 3 * EACH - 1, 2],
    [10, 1, 1],
  ] as const) {
    it(`slices at most ${maxEntries} entries of ${maxBytes} bytes: ${count} of 4`, () => {
      assert.equal(new EntryLog(entries([1, 1, 1, 1, 1]), undefined).slice(2, maxEntries, maxBytes).length, count);
    });
  }

  it("counts the bytes of what it holds, whatever happens to it", () => {
    const log = new EntryLog(entries([1, 1, 1]), undefined);
    log.append(entries([2, 2], 4));
    log.truncateFrom(5);
    log.compact(asIndex(2));
    assert.deepEqual([log.firstIndex, log.lastIndex, log.bytes], [3, 4, 2 * EACH]);
    assert.equal(log.termAt(2), 1);
    log.reset(asIndex(9), asTerm(4));
    assert.deepEqual([log.firstIndex, log.lastIndex, log.lastTerm, log.bytes], [10, 9, 4, 0]);
  });

  it("holds entries without a gap", () => {
    const log = new EntryLog(entries([1]), undefined);
    assert.throws(() => log.append(entries([1], 3)), /without a gap/);
    assert.throws(() => log.truncateFrom(0), /never truncated/);
    assert.throws(() => log.compact(asIndex(5)), /only what is in the log/);
  });

  it("finds the run of a term, and the last entry of at most a term (Raft paper §5.3)", () => {
    const log = new EntryLog(entries([1, 1, 2, 2, 2, 5]), undefined);
    assert.deepEqual([log.firstOfTermAt(5), log.firstOfTermAt(2), log.firstOfTermAt(6)], [3, 1, 6]);
    assert.deepEqual([log.lastWithTermAtMost(asTerm(2), 6), log.lastWithTermAtMost(asTerm(4), 5), log.lastWithTermAtMost(asTerm(0), 6)], [5, 5, 0]);
  });

  for (const [tail, limit, cut] of [
    [{ entries: 2, bytes: 1e6 }, 6, 4],
    [{ entries: 2, bytes: 1e6 }, 3, 3],
    [{ entries: 100, bytes: 1e6 }, 6, 0],
    [{ entries: 100, bytes: 2 * EACH }, 6, 4],
    [{ entries: 0, bytes: 1e6 }, 6, 6],
  ] as const) {
    it(`keeps a tail of ${tail.entries} entries and ${tail.bytes} bytes behind ${limit}: cuts up to ${cut}`, () => {
      assert.equal(new EntryLog(entries([1, 1, 1, 1, 1, 1]), undefined).cutFor(tail, asIndex(limit)), cut);
    });
  }

  it("an entry of raft's own costs its overhead", () => {
    assert.equal(entryBytes({ kind: "noop", ...at(1, 1) }), ENTRY_OVERHEAD_BYTES);
  });
});

describe("fittingEntries", () => {
  for (const [terms, first, snapshot, kept] of [
    [[1, 1], 1, undefined, 2],
    [[1, 1, 2], 1, meta(2, 1), 3],
    [[1, 1, 2], 1, meta(2, 2), 0],
    [[1, 1], 1, meta(5, 2), 0],
    [[3, 3], 6, meta(5, 2), 2],
    [[1, 2], 4, meta(5, 2), 2],
  ] as const) {
    it(`keeps ${kept} of ${terms.length} entries from ${first} on beside ${snapshot === undefined ? "no snapshot" : `a snapshot at ${snapshot.index}`}`, () => {
      assert.equal(fittingEntries(entries(terms, first), snapshot).length, kept);
    });
  }
});
