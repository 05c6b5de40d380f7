import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { asIndex, asTerm } from "../../../src/base/ids.ts";
import { MAX_INFLIGHT_BYTES, MAX_INFLIGHT_MESSAGES } from "../../../src/raft/core/limits.ts";
import { Progress } from "../../../src/raft/core/progress.ts";
import { id, voters } from "./cluster.ts";

const fresh = (): Progress => new Progress(id("b"), true, asIndex(5), 0);

describe("Progress", () => {
  it("begins by asking, one append at a time", () => {
    const peer = fresh();
    assert.deepEqual([peer.state, peer.match, peer.next, peer.ready], ["probe", 0, 5, true]);
    peer.sentUpTo(asIndex(5), 10, 3);
    assert.deepEqual([peer.ready, peer.next, peer.pausedAt], [false, 5, 3]);
  });

  it("runs ahead when the logs agree, and moves back to the match when it must ask again", () => {
    const peer = fresh();
    peer.acked(asIndex(4));
    peer.toReplicate();
    peer.sentUpTo(asIndex(7), 10, 0);
    peer.sentUpTo(asIndex(9), 10, 0);
    assert.deepEqual([peer.next, peer.inflight], [10, 2]);
    peer.acked(asIndex(7));
    assert.deepEqual([peer.match, peer.next, peer.inflight], [7, 10, 1]);
    peer.toProbe(asIndex(8));
    assert.deepEqual([peer.state, peer.next, peer.inflight, peer.ready], ["probe", 8, 0, true]);
  });

  it("stops at its limits of messages and of bytes, and goes on when one is answered", () => {
    const peer = fresh();
    peer.toReplicate();
    for (let n = 1; n <= MAX_INFLIGHT_MESSAGES; n++) peer.sentUpTo(asIndex(n), 1, 0);
    assert.equal(peer.ready, false);
    peer.acked(asIndex(1));
    assert.equal(peer.ready, true);

    const heavy = fresh();
    heavy.toReplicate();
    heavy.sentUpTo(asIndex(1), MAX_INFLIGHT_BYTES, 0);
    assert.equal(heavy.ready, false);
    heavy.acked(asIndex(1));
    assert.equal(heavy.ready, true);
  });

  it("never takes an older answer for less than a newer one", () => {
    const peer = fresh();
    peer.acked(asIndex(9));
    peer.acked(asIndex(3));
    assert.deepEqual([peer.match, peer.next], [9, 10]);
  });

  it("gets no appends while it receives a snapshot", () => {
    const peer = fresh();
    const meta = { index: asIndex(3), term: asTerm(1), configuration: voters("a"), configurationIndex: asIndex(1) };
    peer.toSnapshot({ meta, sizeBytes: 10, acked: 0, sent: 0, progressAt: 0 });
    assert.deepEqual([peer.state, peer.ready], ["snapshot", false]);
    peer.toReplicate();
    assert.equal(peer.sending, undefined);
  });
});
