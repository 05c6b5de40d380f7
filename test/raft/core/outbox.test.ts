import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { asIndex, asTerm } from "../../../src/base/ids.ts";
import { Outbox } from "../../../src/raft/core/outbox.ts";
import type { Entry } from "../../../src/raft/core/types.ts";

const entry = (index: number, term = 1): Entry => ({ kind: "noop", term: asTerm(term), index: asIndex(index) });

describe("Outbox", () => {
  it("asks for one write a step, before all else", () => {
    const out = new Outbox(asIndex(0));
    out.push({ kind: "apply", upTo: asIndex(1) });
    out.writeHardState({ term: asTerm(2), votedFor: undefined });
    out.writeEntries([entry(1)]);
    const [first, second, ...more] = out.take(asIndex(1));
    assert.deepEqual(first, { kind: "persist", sequence: 1, hardState: { term: 2, votedFor: undefined }, truncateFrom: undefined, entries: [entry(1)] });
    assert.deepEqual([second?.kind, more.length], ["apply", 0]);
    assert.deepEqual(out.take(asIndex(1)), []);
  });

  it("knows how far the log is on disk when writes are done", () => {
    const out = new Outbox(asIndex(3));
    out.writeEntries([entry(4), entry(5)]);
    out.take(asIndex(5));
    out.writeEntries([entry(6)]);
    out.take(asIndex(6));
    assert.deepEqual([out.persisted(1), out.stable], [true, 5]);
    assert.deepEqual([out.persisted(1), out.stable], [false, 5]);
    assert.deepEqual([out.persisted(2), out.stable], [true, 6]);
  });

  it("takes a late word of a write whose entries were truncated for no more than what is left of it", () => {
    const out = new Outbox(asIndex(3));
    out.writeEntries([entry(4), entry(5), entry(6)]);
    out.take(asIndex(6));
    out.truncateFrom(5);
    out.writeEntries([entry(5, 2)]);
    out.take(asIndex(5));
    out.persisted(1);
    assert.equal(out.stable, 4);
    out.persisted(2);
    assert.equal(out.stable, 5);
  });

  it("loses what was on disk when that is truncated", () => {
    const out = new Outbox(asIndex(9));
    out.truncateFrom(4);
    out.take(asIndex(3));
    assert.equal(out.stable, 3);
  });
});
