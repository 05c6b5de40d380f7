import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { asIndex, asTerm } from "../../../src/base/ids.ts";
import { DEFAULT_TIMING } from "../../../src/raft/core/index.ts";
import { Cluster, emptyDisk, Server } from "./cluster.ts";
import { append, diskOf, grants, receive, silent, termsOf, voteRequest } from "./letters.ts";

const { electionTicks, heartbeatTicks, withholdTicks } = DEFAULT_TIMING;

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
