import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { asTerm } from "../../../src/base/ids.ts";
import { DEFAULT_TIMING } from "../../../src/raft/core/index.ts";
import { Cluster, id } from "./cluster.ts";

const { electionTicks, heartbeatTicks, withholdTicks, leaseTicks } = DEFAULT_TIMING;

function answers(cluster: Cluster, name: string): number[] {
  return cluster.at(name).effects.flatMap((effect) => (effect.kind === "read-ready" ? [effect.batch] : []));
}

describe("RaftCore, check of the quorum (thesis §6.2)", () => {
  it("a leader that hears no majority for an election timeout steps down", () => {
    const cluster = Cluster.of(3).elect("a").run(heartbeatTicks);
    cluster.isolate("a");
    cluster.tick("a", electionTicks - heartbeatTicks);
    assert.equal(cluster.at("a").core.role, "leader");
    cluster.tick("a", 2 * heartbeatTicks);
    assert.deepEqual([cluster.at("a").core.role, cluster.at("a").core.leader], ["follower", undefined]);
  });

  it("a leader that one of two others answers stays", () => {
    const cluster = Cluster.of(3).elect("a");
    cluster.isolate("c");
    cluster.run(3 * electionTicks);
    assert.ok(cluster.leaders.includes("a"));
  });

  it("ticks that come late count once: a leader that stood still does not depose itself for it", () => {
    const cluster = Cluster.of(3).elect("a").run(heartbeatTicks);
    cluster.tick("a", 3, 500);
    assert.equal(cluster.at("a").core.role, "leader");
  });
});

describe("RaftCore, pre-vote and withheld votes (thesis §9.6, §4.2.3)", () => {
  it("a server that was cut off comes back without raising anybody's term (§9.6)", () => {
    const cluster = Cluster.of(3).elect("a");
    const { term } = cluster.at("a").core;
    cluster.isolate("c");
    cluster.run(10 * electionTicks);
    assert.equal(cluster.at("c").core.term, term);
    cluster.heal();
    cluster.run(electionTicks);
    assert.deepEqual([cluster.leaders, cluster.at("a").core.term, cluster.at("c").core.leader], [["a"], term, "a"]);
  });

  it("gives no vote, and takes no term, while the leader's word is fresh (§4.2.3)", () => {
    const cluster = Cluster.of(3).elect("a").run(heartbeatTicks);
    const b = cluster.at("b");
    const { term, lastIndex, lastTerm } = b.core;
    const request = { kind: "vote-request", term: asTerm(term + 5), pre: false, force: false, lastIndex, lastTerm } as const;
    cluster.step("b", { kind: "receive", from: id("c"), message: request });
    assert.equal(b.core.term, term);
    cluster.tick("b", withholdTicks);
    cluster.step("b", { kind: "receive", from: id("c"), message: request });
    assert.equal(b.core.term, term + 5);
  });

  it("gives no vote for as long after its own start: before it, a lease may have been confirmed", () => {
    const cluster = Cluster.of(3).elect("a");
    const b = cluster.at("b");
    b.crash();
    const { term, lastIndex, lastTerm } = b.core;
    const request = { kind: "vote-request", term: asTerm(term + 1), pre: false, force: false, lastIndex, lastTerm } as const;
    cluster.step("b", { kind: "receive", from: id("c"), message: request });
    assert.equal(b.core.term, term);
  });

  it("a server whose term ran ahead is let back in: the leader steps down for it once (§9.6)", () => {
    const cluster = Cluster.of(3).elect("a");
    cluster.at("c").disk.hardState = { term: asTerm(20), votedFor: id("c") };
    cluster.at("c").crash();
    cluster.run(4 * electionTicks);
    assert.equal(cluster.leaders.length, 1);
    assert.ok(cluster.at("c").core.term > 20 && cluster.at("a").core.term === cluster.at("c").core.term);
  });

  it("stands as soon as votes may be given, when the connection to the leader broke, and not before", () => {
    const cluster = Cluster.of(3).elect("a").run(heartbeatTicks);
    cluster.isolate("a");
    cluster.step("b", { kind: "unreachable", id: id("a") });
    cluster.tick("c", withholdTicks);
    cluster.tick("b", withholdTicks);
    assert.equal(cluster.at("b").core.role, "follower");
    cluster.tick("b");
    cluster.settle();
    assert.equal(cluster.at("b").core.role, "leader");
  });

  it("a word of the leader after the break takes that back", () => {
    const cluster = Cluster.of(3).elect("a").run(heartbeatTicks);
    cluster.step("b", { kind: "unreachable", id: id("a") });
    cluster.run(heartbeatTicks);
    cluster.tick("b", electionTicks - 1);
    assert.equal(cluster.at("b").core.role, "follower");
  });

  it("a broken connection to anybody else means nothing", () => {
    const cluster = Cluster.of(3).elect("a").run(heartbeatTicks);
    cluster.step("b", { kind: "unreachable", id: id("c") });
    cluster.tick("b", electionTicks - 1);
    assert.equal(cluster.at("b").core.role, "follower");
  });

  it("its own stall starts a follower's patience again", () => {
    const cluster = Cluster.of(3).elect("a");
    cluster.tick("b", electionTicks - 1);
    cluster.step("b", { kind: "stalled", what: "loop" });
    cluster.tick("b", electionTicks - 1);
    assert.equal(cluster.at("b").core.role, "follower");
  });
});

describe("RaftCore, lease (thesis §6.4.1)", () => {
  it("is held while a majority answers, and ends by the clock when it does not", () => {
    const cluster = Cluster.of(3).elect("a").run(heartbeatTicks);
    const { core } = cluster.at("a");
    assert.equal(core.holdsLease(0), true);
    assert.equal(core.holdsLease(leaseTicks - 1), true);
    assert.equal(core.holdsLease(leaseTicks), false);
    cluster.isolate("a");
    cluster.tick("a", 1, leaseTicks);
    assert.equal(core.holdsLease(0), false, "a late tick counts in full here");
  });

  it("is shorter than the time for which votes are withheld", () => {
    assert.ok(leaseTicks + 2 < withholdTicks);
  });

  it("runs from when the heartbeat was sent, not from when its answer came", () => {
    const cluster = Cluster.of(3).elect("a").run(heartbeatTicks);
    cluster.tick("a", heartbeatTicks);
    const sent = cluster.letters.splice(0);
    cluster.tick("a", leaseTicks);
    cluster.letters = sent;
    cluster.settle();
    assert.equal(cluster.at("a").core.holdsLease(0), false);
  });

  it("begins only when an entry of the own term is committed (§6.4)", () => {
    const cluster = Cluster.of(3);
    for (const name of ["b", "c"]) cluster.tick(name, withholdTicks);
    cluster.tick("a", electionTicks);
    while (cluster.at("a").core.role !== "leader") cluster.nudge();
    assert.equal(cluster.at("a").core.holdsLease(0), false);
    cluster.settle().run(heartbeatTicks);
    assert.equal(cluster.at("a").core.holdsLease(0), true);
  });

  it("is not held during a hand-over, nor after one that failed until its target has answered again", () => {
    const cluster = Cluster.of(3).elect("a").run(heartbeatTicks);
    cluster.cut.add("a>b");
    cluster.step("a", { kind: "transfer", to: id("b") });
    assert.equal(cluster.at("a").core.holdsLease(0), false);
    cluster.run(electionTicks);
    assert.equal(cluster.at("a").core.role, "leader");
    assert.equal(cluster.at("a").core.holdsLease(0), false, "the word to stand may still be on its way");
    cluster.heal();
    cluster.run(2 * heartbeatTicks);
    assert.equal(cluster.at("a").core.holdsLease(0), true);
  });

  it("a word to stand that comes after a later heartbeat is void", () => {
    const cluster = Cluster.of(3).elect("a").run(heartbeatTicks);
    const { term } = cluster.at("a").core;
    cluster.step("b", { kind: "receive", from: id("a"), message: { kind: "timeout-now", term, sent: 0 } });
    assert.equal(cluster.at("b").core.role, "follower");
  });

  it("a single voter holds it by itself", () => {
    const cluster = Cluster.of(1).settle();
    assert.equal(cluster.at("a").core.holdsLease(1), true);
  });
});

describe("RaftCore, read index (thesis §6.4, Raft paper §8)", () => {
  it("answers when a majority has confirmed the leader, with the commit index of then", () => {
    const cluster = Cluster.of(3).elect("a").propose("a", "x").settle();
    cluster.step("a", { kind: "read", batch: 1 });
    assert.deepEqual(answers(cluster, "a"), []);
    cluster.settle();
    assert.deepEqual(answers(cluster, "a"), [1]);
  });

  it("a heartbeat that was sent before the read confirms nothing for it", () => {
    const cluster = Cluster.of(3).elect("a");
    cluster.tick("a", heartbeatTicks);
    const older = cluster.letters.splice(0);
    cluster.step("a", { kind: "read", batch: 1 });
    cluster.letters = older;
    for (const name of ["b", "c"]) cluster.cut.add(`a>${name}`);
    for (const { to, message } of older) cluster.step(to, { kind: "receive", from: id("a"), message });
    cluster.settle();
    assert.deepEqual(answers(cluster, "a"), []);
  });

  it("several batches are confirmed by one round that came after them", () => {
    const cluster = Cluster.of(3).elect("a");
    cluster.step("a", { kind: "read", batch: 1 });
    cluster.letters = [];
    cluster.step("a", { kind: "read", batch: 2 });
    cluster.settle();
    assert.deepEqual(answers(cluster, "a"), [1, 2]);
  });

  it("a read that was lost on the way is asked for again with the next heartbeat", () => {
    const cluster = Cluster.of(3).elect("a");
    cluster.step("a", { kind: "read", batch: 1 });
    cluster.letters = [];
    cluster.run(heartbeatTicks);
    assert.deepEqual(answers(cluster, "a"), [1]);
  });

  it("a single voter answers at once; a follower refuses", () => {
    const alone = Cluster.of(1).settle();
    alone.step("a", { kind: "read", batch: 1 });
    assert.deepEqual(answers(alone, "a"), [1]);
    const cluster = Cluster.of(3).elect("a");
    cluster.step("b", { kind: "read", batch: 1 });
    assert.deepEqual(cluster.at("b").effects.at(-1)?.kind, "refused");
  });
});
