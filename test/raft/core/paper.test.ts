import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { asIndex, asTerm } from "../../../src/base/ids.ts";
import { DEFAULT_TIMING } from "../../../src/raft/core/index.ts";
import type { RaftMessage } from "../../../src/raft/core/messages.ts";
import type { Entry } from "../../../src/raft/core/types.ts";
import { bootstrapped, Cluster, type Disk, emptyDisk, id, Server, text, voters } from "./cluster.ts";

const { electionTicks, heartbeatTicks, withholdTicks } = DEFAULT_TIMING;

/** A disk whose log has these terms, from index 1 on; index 1 is the configuration. */
function diskOf(terms: readonly number[], names: readonly string[], term = terms.at(-1) ?? 0): Disk {
  const entries = terms.map((each, at): Entry => {
    const place = { term: asTerm(each), index: asIndex(at + 1) };
    return at === 0 ? { kind: "config", ...place, configuration: voters(...names) } : { kind: "command", ...place, data: text(`${each}.${at + 1}`) };
  });
  return { hardState: { term: asTerm(term), votedFor: undefined }, snapshot: undefined, entries };
}

function termsOf(server: Server): number[] {
  const terms: number[] = [];
  for (let index = server.core.firstIndex as number; index <= server.core.lastIndex; index++) terms.push(server.core.entryAt(index)?.term ?? 0);
  return terms;
}

function receive(server: Server, from: string, message: RaftMessage): readonly { readonly to: string; readonly message: RaftMessage }[] {
  const out = [...server.step({ kind: "receive", from: id(from), message })];
  while (server.writes.length > 0) out.push(...server.sync());
  return out;
}

function append(term: number, prev: readonly [index: number, term: number], entries: readonly number[], commit = 0): RaftMessage {
  const [prevIndex, prevTerm] = prev;
  return {
    kind: "append",
    term: asTerm(term),
    prevIndex: asIndex(prevIndex),
    prevTerm: asTerm(prevTerm),
    commit: asIndex(commit),
    entries: entries.map((each, at) => ({ kind: "command", term: asTerm(each), index: asIndex(prevIndex + 1 + at), data: text("x") })),
  };
}

const voteRequest = (term: number, last: readonly [index: number, term: number], extra: { pre?: boolean; force?: boolean } = {}): RaftMessage => ({
  kind: "vote-request",
  term: asTerm(term),
  pre: false,
  force: false,
  lastIndex: asIndex(last[0]),
  lastTerm: asTerm(last[1]),
  ...extra,
});

function grants(answers: readonly ({ readonly message: RaftMessage } | undefined)[]): boolean {
  const message = answers[0]?.message;
  return message?.kind === "vote-response" && message.granted;
}

function silent(server: Server): Server {
  for (let n = 0; n < withholdTicks; n++) server.step({ kind: "tick", elapsed: 1 });
  return server;
}

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

describe("RaftCore, log replication (Raft paper §5.3)", () => {
  it("appends a command, sends it to everybody, and applies it when a majority has it on disk (§5.3)", () => {
    const cluster = Cluster.of(3).elect("a").propose("a", "x");
    const a = cluster.at("a");
    assert.deepEqual(
      cluster.letters.map(({ to, message }) => [to, message.kind]),
      [
        ["b", "append"],
        ["c", "append"],
      ],
    );
    for (const letter of cluster.letters.splice(0)) cluster.deliver(letter);
    assert.deepEqual([a.content, cluster.letters], [[], []]);

    cluster.post("b", cluster.at("b").sync());
    for (const letter of cluster.letters.splice(0)) cluster.deliver(letter);
    assert.deepEqual(a.content, [], "the leader's own disk does not have it, so two of three do not");

    cluster.post("a", a.sync());
    assert.deepEqual(a.content, ["x"]);
  });

  it("applies without its own disk when a majority of the others has it (thesis §10.2.1)", () => {
    const cluster = Cluster.of(3).elect("a");
    cluster.stuck.add("a");
    cluster.propose("a", "x").settle();
    assert.deepEqual(cluster.at("a").content, ["x"]);
  });

  it("the leader's commit index comes with the next message, and followers apply up to it (§5.3)", () => {
    const b = new Server("b", diskOf([1, 1, 1], ["a", "b", "c"], 1), {});
    receive(b, "a", append(2, [3, 1], [2], 3));
    assert.equal(b.core.commitIndex, 3);
    receive(b, "a", { kind: "commit", term: asTerm(2), commit: asIndex(4) });
    assert.equal(b.core.commitIndex, 4);
  });

  it("commits no further than what the message has made sure of (§5.3, figure 2: AppendEntries 5)", () => {
    const b = new Server("b", diskOf([1, 1, 1, 1], ["a", "b", "c"], 1), {});
    receive(b, "a", append(2, [2, 1], [], 4));
    assert.equal(b.core.commitIndex, 2);
  });

  it("refuses entries whose predecessor it does not have, and says where the logs part (§5.3)", () => {
    const b = new Server("b", diskOf([1, 1, 2, 2, 2], ["a", "b", "c"]), {});
    const [short] = receive(b, "a", append(4, [9, 3], [4]));
    assert.deepEqual(short?.message, { kind: "append-reject", term: 4, prevIndex: 9, conflictIndex: 6, conflictTerm: 0 });
    const [other] = receive(b, "a", append(4, [5, 3], [4]));
    assert.deepEqual(other?.message, { kind: "append-reject", term: 4, prevIndex: 5, conflictIndex: 3, conflictTerm: 2 });
  });

  it("takes the same append twice, and an old shorter one later, without harm (§5.3)", () => {
    const b = new Server("b", diskOf([1], ["a", "b", "c"]), {});
    receive(b, "a", append(2, [1, 1], [2, 2, 2]));
    receive(b, "a", append(2, [1, 1], [2, 2, 2]));
    const [late] = receive(b, "a", append(2, [1, 1], [2]));
    assert.deepEqual(termsOf(b), [1, 2, 2, 2]);
    assert.deepEqual(late?.message, { kind: "append-ok", term: 2, match: 2 });
  });

  // The six followers of figure 7; the leader of term 8 has 1 1 1 4 4 5 5 6 6 6.
  const FIGURE_7: Readonly<Record<string, readonly number[]>> = {
    a: [1, 1, 1, 4, 4, 5, 5, 6, 6],
    b: [1, 1, 1, 4],
    c: [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6],
    d: [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7],
    e: [1, 1, 1, 4, 4, 4, 4],
    f: [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3],
  };
  for (const [which, terms] of Object.entries(FIGURE_7)) {
    it(`brings follower (${which}) of figure 7 to the leader's log, in few steps (§5.3)`, () => {
      const names = ["L", "x", "y"];
      const leader = diskOf([1, 1, 1, 4, 4, 5, 5, 6, 6, 6], names, 7);
      const cluster = new Cluster({ L: leader, x: diskOf(terms, names, 7), y: diskOf([1, 1, 1, 4, 4, 5, 5, 6, 6, 6], names, 7) });
      let rejects = 0;
      cluster.watch = ({ message }) => {
        if (message.kind === "append-reject") rejects++;
        return true;
      };
      cluster.elect("L").run(20);
      assert.deepEqual(termsOf(cluster.at("x")), [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 8]);
      assert.deepEqual(
        cluster.at("x").disk.entries.map((entry) => entry.term),
        [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 8],
      );
      assert.ok(rejects <= 3, `${rejects} refusals`);
    });
  }
});

describe("RaftCore, safety (Raft paper §5.4)", () => {
  const MINE = [3, 2] as const;
  for (const [last, granted] of [
    [[3, 2], true],
    [[4, 2], true],
    [[2, 3], true],
    [[2, 2], false],
    [[9, 1], false],
  ] as const) {
    it(`${granted ? "votes" : "does not vote"} for a log that ends at ${last[0]} of term ${last[1]}, its own ending at ${MINE[0]} of term ${MINE[1]} (§5.4.1)`, () => {
      for (const pre of [true, false]) {
        const a = silent(new Server("a", diskOf([1, 2, 2], ["a", "b", "c"]), {}));
        const [answer] = receive(a, "b", voteRequest(4, last, { pre }));
        assert.equal(grants([answer]), granted);
      }
    });
  }

  it("never commits an entry of an older term by counting, only with one of its own (§5.4.2, figure 8)", () => {
    const names = ["a", "b", "c", "d", "e"];
    // S1 has been leader of term 2, and is elected again for term 4; S5 has an entry of term 3 at index 3.
    const cluster = new Cluster({
      a: diskOf([1, 1, 2], names, 3),
      b: diskOf([1, 1, 2], names, 3),
      c: diskOf([1, 1], names, 3),
      d: diskOf([1, 1], names, 3),
      e: diskOf([1, 1, 3], names, 3),
    });
    cluster.isolate("e");
    for (const name of ["b", "c", "d"]) cluster.tick(name, withholdTicks);
    cluster.tick("a", electionTicks);
    // Entry 3 gets to c, the entry of term 4 to nobody.
    cluster.watch = (letter) => {
      const { message } = letter;
      if (message.kind !== "append" || message.entries.every((entry) => entry.term < 4)) return true;
      cluster.letters.push({ ...letter, message: { ...message, entries: message.entries.filter((entry) => entry.term < 4) } });
      return false;
    };
    cluster.settle();
    for (let n = 0; n < 4; n++) {
      cluster.tick("a", heartbeatTicks);
      cluster.settle();
    }
    assert.equal(cluster.at("a").core.role, "leader");
    assert.deepEqual(termsOf(cluster.at("c")), [1, 1, 2]);
    assert.equal(cluster.at("a").core.commitIndex, 0, "entry 3 is on a, b and c, and still not committed");

    cluster.watch = () => true;
    cluster.heal();
    cluster.run(50);
    assert.deepEqual(termsOf(cluster.at("e")), [1, 1, 2, 4]);
    assert.equal(cluster.at("a").core.commitIndex, 4);
  });

  it("begins its term with an entry of its own, which commits what came before (§8)", () => {
    const names = ["a", "b", "c"];
    const cluster = new Cluster({ a: diskOf([1, 1, 2], names), b: diskOf([1, 1, 2], names), c: diskOf([1], names) });
    cluster.elect("a");
    assert.equal(cluster.at("a").core.entryAt(4)?.kind, "noop");
    assert.equal(cluster.at("a").core.commitIndex, 4);
    assert.deepEqual(cluster.at("a").content, ["1.2", "2.3"]);
  });

  it("keeps what was acknowledged through the loss of any minority's memory (figure 2: what is persistent)", () => {
    const cluster = Cluster.of(3, { random: (name, below) => (name.charCodeAt(0) * 17) % below });
    cluster.run(2 * electionTicks);
    cluster.propose(cluster.leaders[0] ?? "", "x").settle();
    for (const name of ["a", "b", "c"]) {
      cluster.letters = [];
      cluster.at(name).crash();
    }
    cluster.run(3 * electionTicks);
    const [leader = ""] = cluster.leaders;
    assert.deepEqual(cluster.at(leader).content, ["x"]);
  });

  it("a server with an empty disk waits to be told: it neither stands nor upsets anybody (§6)", () => {
    const lonely = new Server("z", emptyDisk(), {});
    for (let n = 0; n < 10 * electionTicks; n++) lonely.step({ kind: "tick", elapsed: 1 });
    assert.deepEqual([lonely.core.role, lonely.core.term, lonely.effects.filter((effect) => effect.kind === "send")], ["follower", 0, []]);
  });
});
