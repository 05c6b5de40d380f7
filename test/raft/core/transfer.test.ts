import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DEFAULT_TIMING } from "../../../src/raft/core/index.ts";
import { Cluster, id } from "./cluster.ts";

const { electionTicks, heartbeatTicks } = DEFAULT_TIMING;
const last = (cluster: Cluster, name: string, kind: string): unknown => cluster.at(name).effects.findLast((effect) => effect.kind === kind);

describe("RaftCore, leadership transfer (thesis §3.10)", () => {
  it("hands over within a round trip, withheld votes notwithstanding", () => {
    const cluster = Cluster.of(3).elect("a").run(heartbeatTicks);
    cluster.step("a", { kind: "transfer", to: id("c") });
    cluster.settle();
    assert.deepEqual([cluster.leaders, cluster.at("a").core.leader], [["c"], "c"]);
  });

  it("first brings the successor up to date, and refuses proposals meanwhile", () => {
    const cluster = Cluster.of(3).elect("a").run(heartbeatTicks);
    cluster.stuck.add("c");
    cluster.propose("a", "x");
    cluster.step("a", { kind: "transfer", to: id("c") });
    cluster.settle();
    assert.deepEqual(cluster.leaders, ["a"]);
    cluster.propose("a", "y");
    assert.deepEqual((last(cluster, "a", "refused") as { code: string }).code, "unavailable");
    cluster.stuck.clear();
    cluster.settle();
    assert.deepEqual([cluster.leaders, cluster.at("c").content], [["c"], ["x"]]);
  });

  it("chooses the voter that is furthest on when none is named", () => {
    const cluster = Cluster.of(3).elect("a").run(heartbeatTicks);
    cluster.stuck.add("b");
    cluster.propose("a", "x").settle();
    cluster.step("a", { kind: "transfer", to: undefined });
    cluster.stuck.clear();
    cluster.settle();
    assert.deepEqual(cluster.leaders, ["c"]);
  });

  it("gives up after an election timeout, and goes on", () => {
    const cluster = Cluster.of(3).elect("a").run(heartbeatTicks);
    cluster.isolate("c");
    cluster.step("a", { kind: "transfer", to: id("c") });
    cluster.run(electionTicks);
    assert.deepEqual(last(cluster, "a", "transfer-failed"), { kind: "transfer-failed", to: "c", reason: "it did not take over in time" });
    cluster.propose("a", "x").settle();
    assert.deepEqual(cluster.at("a").content, ["x"]);
  });

  for (const [to, why] of [
    [id("a"), "itself"],
    [id("z"), "a stranger"],
  ] as const) {
    it(`refuses to hand over to ${why}`, () => {
      const cluster = Cluster.of(3).elect("a");
      cluster.step("a", { kind: "transfer", to });
      assert.equal((last(cluster, "a", "refused") as { code: string }).code, "conflict");
    });
  }

  it("one hand-over at a time; a follower has nothing to hand over", () => {
    const cluster = Cluster.of(3).elect("a").run(heartbeatTicks);
    cluster.step("a", { kind: "transfer", to: id("b") });
    cluster.step("a", { kind: "transfer", to: id("c") });
    assert.equal((last(cluster, "a", "refused") as { code: string }).code, "conflict");
    cluster.step("c", { kind: "transfer", to: id("b") });
    assert.equal((last(cluster, "c", "refused") as { code: string }).code, "not-leader");
  });
});

describe("RaftCore, a leader that cannot do its work", () => {
  it("hands over when its disk stands still and another's does not", () => {
    const cluster = Cluster.of(3).elect("a").run(heartbeatTicks);
    cluster.stuck.add("a");
    cluster.propose("a", "x").settle();
    cluster.step("a", { kind: "stalled", what: "disk" });
    cluster.settle();
    assert.equal(cluster.leaders.includes("a"), false);
    cluster.stuck.clear();
    cluster.settle().run(heartbeatTicks);
    assert.equal(cluster.leaders.length, 1);
    assert.deepEqual(cluster.at("a").content, ["x"]);
  });

  it("stays when all disks stand still: nobody would do better", () => {
    const cluster = Cluster.of(3).elect("a").run(heartbeatTicks);
    for (const name of ["a", "b", "c"]) cluster.stuck.add(name);
    cluster.propose("a", "x").settle();
    cluster.step("a", { kind: "stalled", what: "disk" });
    cluster.settle();
    assert.deepEqual(cluster.leaders, ["a"]);
  });

  it("hands over when its own loop stood still, if somebody answers", () => {
    const cluster = Cluster.of(3).elect("a").run(heartbeatTicks);
    cluster.step("a", { kind: "stalled", what: "loop" });
    cluster.settle();
    assert.equal(cluster.leaders.includes("a"), false);
    assert.equal(cluster.leaders.length, 1);
  });

  it("resigning asks the furthest to stand, and does nothing ever after", () => {
    const cluster = Cluster.of(3).elect("a").run(heartbeatTicks);
    cluster.step("a", { kind: "resign" });
    cluster.settle();
    assert.equal(cluster.leaders.length, 1);
    assert.deepEqual(cluster.at("a").core.step({ kind: "tick", elapsed: 1 }), []);
    assert.equal(cluster.at("a").core.holdsLease(0), false);
  });
});
