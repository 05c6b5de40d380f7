import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { asIndex, asTerm } from "../../../src/base/ids.ts";
import { DEFAULT_TIMING } from "../../../src/raft/core/index.ts";
import { bootstrapped, Cluster, id, Server, voters } from "./cluster.ts";
import { append, diskOf, grants, receive, silent, termsOf, voteRequest } from "./letters.ts";

const { electionTicks, heartbeatTicks, withholdTicks } = DEFAULT_TIMING;

describe("RaftCore, terms (Raft paper §5.1)", () => {
  for (const role of ["follower", "candidate", "leader"] as const) {
    it(`a ${role} that sees a higher term takes it over, on disk, and follows (§5.1)`, () => {
      const cluster = Cluster.of(3);
      if (role === "leader") cluster.elect("a");
      if (role === "candidate") {
        cluster.tick("b", withholdTicks);
        cluster.tick("a", electionTicks);
        for (const letter of cluster.letters.splice(0).filter(({ to }) => to === "b")) cluster.deliver(letter);
        for (const letter of cluster.letters.splice(0)) cluster.deliver(letter);
      }
      const a = cluster.at("a");
      assert.equal(a.core.role, role);

      receive(a, "c", { kind: "heartbeat", term: asTerm(9), commit: asIndex(0), sent: 1, read: 0 });

      assert.deepEqual([a.core.role, a.core.term, a.core.leader], ["follower", 9, "c"]);
      assert.deepEqual(a.disk.hardState, { term: 9, votedFor: undefined });
    });
  }

  it("refuses what an older term says, and tells that there is a newer one (§5.1)", () => {
    const a = new Server("a", diskOf([1, 5], ["a", "b", "c"]), {});
    for (const stale of [append(4, [2, 5], [4]), { kind: "heartbeat", term: asTerm(4), commit: asIndex(2), sent: 1, read: 0 } as const]) {
      const [answer, ...more] = receive(a, "b", stale);
      assert.equal(more.length, 0);
      assert.equal(answer?.message.term, 5);
    }
    const [no] = receive(a, "b", voteRequest(4, [9, 9]));
    assert.deepEqual(no?.message, { kind: "vote-response", term: 5, pre: false, granted: false });
    assert.deepEqual([a.core.commitIndex, termsOf(a)], [0, [1, 5]]);
  });

  it("ignores answers from an older term (§5.1)", () => {
    const cluster = Cluster.of(3).elect("a").propose("a", "x");
    const a = cluster.at("a");
    const before = a.core.commitIndex;
    receive(a, "b", { kind: "append-ok", term: asTerm(1), match: a.core.lastIndex });
    assert.equal(a.core.commitIndex, before);
  });
});

describe("RaftCore, leader election (Raft paper §5.2)", () => {
  it("begins as a follower, whatever it was before it stopped (§5.2)", () => {
    const cluster = Cluster.of(3).elect("a");
    cluster.at("a").crash();
    assert.equal(cluster.at("a").core.role, "follower");
  });

  it("sends heartbeats to everybody, one each interval (§5.2)", () => {
    const cluster = Cluster.of(3).elect("a");
    cluster.letters = [];
    cluster.tick("a", 4 * heartbeatTicks);
    assert.deepEqual(
      cluster.letters.filter(({ message }) => message.kind === "heartbeat").map(({ to }) => to),
      ["b", "c", "b", "c", "b", "c", "b", "c"],
    );
  });

  for (const luck of [0, 1, electionTicks - 1]) {
    it(`waits for a random time between one and two election timeouts: ${luck} beyond the least (§5.2)`, () => {
      const cluster = Cluster.of(3, { random: () => luck });
      cluster.tick("a", electionTicks + luck - 1);
      assert.equal(cluster.at("a").core.role, "follower");
      cluster.tick("a");
      assert.equal(cluster.at("a").core.role, "pre-candidate");
    });
  }

  it("draws a new timeout for each round, so that split votes end (§5.2)", () => {
    const drawn: string[] = [];
    const cluster = Cluster.of(3, { random: (name) => drawn.push(name) % 7 });
    const before = drawn.length;
    cluster.isolate("a");
    cluster.tick("a", 3 * electionTicks);
    assert.ok(drawn.length - before >= 2);
  });

  for (const [size, needed] of [
    [1, 1],
    [2, 2],
    [3, 2],
    [4, 3],
    [5, 3],
    [6, 4],
    [7, 4],
  ] as const) {
    it(`wins with ${needed} of ${size} votes and with no fewer (§5.2)`, () => {
      const cluster = Cluster.of(size);
      const others = [...cluster.servers.keys()].filter((name) => name !== "a");
      for (const name of others) cluster.tick(name, withholdTicks);
      for (const name of others.slice(needed - 1)) cluster.isolate(name);
      cluster.tick("a", electionTicks);
      cluster.settle();
      assert.equal(cluster.at("a").core.role, "leader");

      const short = Cluster.of(size);
      if (size === 1) return;
      for (const name of others) short.tick(name, withholdTicks);
      for (const name of others.slice(Math.max(0, needed - 2))) short.isolate(name);
      short.tick("a", electionTicks);
      short.settle();
      assert.notEqual(short.at("a").core.role, "leader");
    });
  }

  it("gives one vote a term, to who asks first, and remembers it on disk (§5.2)", () => {
    const a = silent(new Server("a", bootstrapped(voters("a", "b", "c")), {}));
    const [first] = receive(a, "b", voteRequest(2, [1, 1]));
    assert.deepEqual(first?.message, { kind: "vote-response", term: 2, pre: false, granted: true });
    assert.deepEqual(a.disk.hardState, { term: 2, votedFor: "b" });

    a.crash();
    silent(a);
    assert.equal(grants(receive(a, "c", voteRequest(2, [9, 1]))), false);
    assert.equal(grants(receive(a, "b", voteRequest(2, [1, 1]))), true);
  });

  it("answers a vote only after its disk has it (figure 2)", () => {
    const a = silent(new Server("a", bootstrapped(voters("a", "b", "c")), {}));
    assert.deepEqual(a.step({ kind: "receive", from: id("b"), message: voteRequest(2, [1, 1]) }), []);
    assert.equal(a.sync().length, 1);
  });

  it("counts the vote for itself only when its disk has it (figure 2)", () => {
    const cluster = new Cluster({ a: bootstrapped(voters("a")) });
    assert.equal(cluster.at("a").core.role, "candidate");
    cluster.settle();
    assert.equal(cluster.at("a").core.role, "leader");
  });

  it("a candidate that hears a leader of its own term follows it (§5.2)", () => {
    const a = new Server("a", bootstrapped(voters("a")), {});
    a.step({ kind: "start" });
    assert.deepEqual([a.core.role, a.core.term], ["candidate", 2]);
    receive(a, "b", append(2, [1, 1], [2]));
    assert.deepEqual([a.core.role, a.core.leader, termsOf(a)], ["follower", "b", [1, 2]]);
  });

  it("a candidate that nobody answers tries again in a new round (§5.2)", () => {
    const cluster = Cluster.of(3);
    cluster.tick("b", withholdTicks);
    cluster.tick("a", electionTicks);
    const asked = (): number => cluster.at("a").effects.filter((effect) => effect.kind === "send" && effect.message.kind === "vote-request").length;
    cluster.letters = [];
    assert.equal(asked(), 2);
    cluster.tick("a", withholdTicks);
    assert.equal(asked(), 4);
  });
});
