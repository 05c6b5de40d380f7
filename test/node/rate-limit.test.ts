import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Look } from "../../src/model/index.ts";
import { LimitedBackend, TokenBucket } from "../../src/node/rate-limit.ts";
import { RealMetrics } from "../../src/platform/metrics.ts";
import { backendOf, READ } from "../rpc/helpers.ts";
import { HandClock } from "../support/hand-clock.ts";

function taken(bucket: TokenBucket, tries: number): number {
  return Array.from({ length: tries }, () => bucket.take()).filter(Boolean).length;
}

describe("TokenBucket", () => {
  it("gives its burst at once and then at its rate, never more than the burst", () => {
    const clock = new HandClock();
    const bucket = new TokenBucket({ perSecond: 2, burst: 3 }, clock);
    assert.equal(taken(bucket, 10), 3);
    clock.turn(499);
    assert.equal(taken(bucket, 10), 0);
    clock.turn(1_000);
    assert.equal(taken(bucket, 10), 2);
    clock.turn(100_000);
    assert.equal(taken(bucket, 10), 3);
  });

  it("knows no bound at an infinite rate, and none passes at 0 and no burst", () => {
    const clock = new HandClock();
    assert.equal(taken(new TokenBucket({ perSecond: Number.POSITIVE_INFINITY, burst: 0 }, clock), 1_000), 1_000);
    assert.equal(taken(new TokenBucket({ perSecond: 5, burst: 0 }, clock), 10), 0);
  });

  it("changes its rate while it is used", () => {
    const clock = new HandClock();
    const bucket = new TokenBucket({ perSecond: Number.POSITIVE_INFINITY, burst: 1_000 }, clock);
    assert.equal(taken(bucket, 5_000), 5_000);
    bucket.change({ perSecond: 1, burst: 2 });
    assert.equal(taken(bucket, 10), 2);
    clock.turn(1_000);
    assert.equal(taken(bucket, 10), 1);
  });
});

describe("LimitedBackend", () => {
  it("refuses a call too many with Consul's words, and counts it", async () => {
    const clock = new HandClock();
    const metrics = new RealMetrics({ clock, prefix: "consul", hostName: undefined });
    const inner = backendOf({
      "Status.Leader": () => Promise.resolve("127.0.0.1:8300"),
      "Session.List": () => Promise.resolve({ value: [], meta: { index: 1, knownLeader: true, lastContactMs: 0 } }),
    });
    const backend = new LimitedBackend(inner, new TokenBucket({ perSecond: 1, burst: 1 }, clock), metrics);

    assert.equal(await backend.call("Status.Leader", { datacenter: "" }), "127.0.0.1:8300");
    await assert.rejects(backend.call("Session.List", { options: READ }), { code: "too-many-requests", message: "RPC rate limit exceeded" });
    await assert.rejects(backend.saveSnapshot({ options: READ }), { code: "too-many-requests" });

    const sums = metrics.report().Counters.map(({ Name, Sum }) => [Name, Sum]);
    assert.deepEqual(sums, [
      ["consul.client.rpc", 3],
      ["consul.client.rpc.exceeded", 2],
    ]);
  });

  it("counts what is read without a promise, and takes nothing for what is left to a call", () => {
    const clock = new HandClock();
    const metrics = new RealMetrics({ clock, prefix: "consul", hostName: undefined });
    const list = { value: [], meta: { index: 1, knownLeader: true, lastContactMs: 0 } };
    let answers = false;
    const inner = Object.assign(backendOf({}), { look: (() => (answers ? list : undefined)) as Look });
    const backend = new LimitedBackend(inner, new TokenBucket({ perSecond: 1, burst: 1 }, clock), metrics);

    assert.equal(backend.look("Session.List", { options: READ }), undefined);
    answers = true;
    assert.equal(backend.look("Session.List", { options: READ }), list);
    assert.equal(backend.look("Session.List", { options: READ }), undefined); // a call refuses it

    assert.deepEqual(
      metrics.report().Counters.map(({ Sum }) => Sum),
      [1, 0],
    );
  });
});
