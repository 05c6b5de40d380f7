import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { asIndex, asTerm } from "../../../src/base/ids.ts";
import { DEFAULT_TIMING } from "../../../src/raft/core/index.ts";
import { ConfigurationHistory, configurationFault, configurationOf, planChange } from "../../../src/raft/core/membership.ts";
import type { Entry, MembershipChange } from "../../../src/raft/core/types.ts";
import { bootstrapped, Cluster, emptyDisk, id, server, text, voters } from "./cluster.ts";

const { electionTicks, withholdTicks } = DEFAULT_TIMING;
const add = (name: string): MembershipChange & { readonly kind: "add-learner" } => ({ kind: "add-learner", id: id(name), address: `${name}:8300`, name });

function refusals(cluster: Cluster, name: string): string[] {
  return cluster.at(name).effects.flatMap((effect) => (effect.kind === "refused" ? [effect.code] : []));
}

function withNew(name = "d"): Cluster {
  const three = voters("a", "b", "c");
  return new Cluster({ a: bootstrapped(three), b: bootstrapped(three), c: bootstrapped(three), [name]: emptyDisk() }).elect("a");
}

function change(cluster: Cluster, name: string, what: MembershipChange): Cluster {
  cluster.step(name, { kind: "change", change: what });
  return cluster.settle();
}

describe("planChange (thesis §4.1)", () => {
  const now = configurationOf([server("a"), server("b", "learner")]);
  for (const [what, outcome] of [
    [add("c"), "change"],
    [add("a"), "nothing"],
    [{ ...add("a"), address: "elsewhere:1" }, "change"],
    [{ kind: "promote", id: id("b") }, "change"],
    [{ kind: "promote", id: id("a") }, "nothing"],
    [{ kind: "promote", id: id("z") }, "not-found"],
    [{ kind: "demote", id: id("a") }, "conflict"],
    [{ kind: "demote", id: id("b") }, "nothing"],
    [{ kind: "remove", id: id("a") }, "conflict"],
    [{ kind: "remove", id: id("b") }, "change"],
    [{ kind: "remove", id: id("z") }, "not-found"],
  ] as const) {
    it(`${what.kind} ${what.id}: ${outcome}`, () => {
      const plan = planChange(now, what);
      assert.equal(plan.kind === "refused" ? plan.code : plan.kind, outcome);
    });
  }

  it("keeps a server's suffrage when its address changes, and the order by id", () => {
    const plan = planChange(now, { ...add("a"), address: "elsewhere:1" });
    assert.deepEqual(plan.kind === "change" && plan.configuration.servers, [{ ...server("a"), address: "elsewhere:1" }, server("b", "learner")]);
  });

  it("says what is wrong with a configuration to begin with", () => {
    assert.equal(configurationFault([server("a")]), undefined);
    assert.equal(configurationFault([server("a", "learner")]), "no voter");
    assert.equal(configurationFault([server("a"), server("a")]), 'server "a" twice');
    assert.equal(configurationFault([{ ...server("a"), address: "" }]), "a server without id or address");
  });
});

describe("ConfigurationHistory (thesis §4.1)", () => {
  const config = (index: number, ...names: string[]): Entry => ({ kind: "config", term: asTerm(1), index: asIndex(index), configuration: voters(...names) });

  it("goes back to the one before when the log is truncated, and forgets when it is compacted", () => {
    const history = new ConfigurationHistory(undefined, [config(1, "a"), config(5, "a", "b"), config(9, "a", "b", "c")]);
    assert.deepEqual([history.currentIndex, history.current], [9, voters("a", "b", "c")]);
    assert.deepEqual(history.at(asIndex(8)).index, 5);

    history.truncateFrom(9);
    assert.deepEqual([history.currentIndex, history.current], [5, voters("a", "b")]);

    history.compact(asIndex(7));
    history.truncateFrom(5);
    assert.equal(history.currentIndex, 5);
  });

  it("takes the snapshot's word over older entries in the log's tail", () => {
    const meta = { index: asIndex(6), term: asTerm(1), configuration: voters("z"), configurationIndex: asIndex(6) };
    assert.deepEqual(new ConfigurationHistory(meta, [config(5, "a", "b"), config(7, "y")]).current, voters("y"));
    assert.deepEqual(new ConfigurationHistory(meta, [config(5, "a", "b")]).current, voters("z"));
  });
});

describe("RaftCore, membership (Raft paper §6, thesis §4)", () => {
  it("bootstraps only an empty log, and only with a configuration that works", () => {
    const cluster = new Cluster({ a: emptyDisk() });
    cluster.step("a", { kind: "bootstrap", servers: [] });
    cluster.step("a", { kind: "bootstrap", servers: [server("a")] });
    cluster.settle();
    cluster.step("a", { kind: "bootstrap", servers: [server("a")] });
    assert.deepEqual(refusals(cluster, "a"), ["bad-request", "conflict"]);
    assert.deepEqual([cluster.at("a").core.role, cluster.at("a").core.commitIndex], ["leader", 2]);
  });

  it("uses a configuration as soon as it is in the log (§6)", () => {
    const cluster = withNew();
    cluster.stuck.add("a").add("b").add("c");
    change(cluster, "a", add("d"));
    assert.deepEqual(
      cluster.at("b").core.configuration.servers.map((each) => each.id),
      ["a", "b", "c", "d"],
    );
    assert.ok(cluster.at("a").core.commitIndex < cluster.at("a").core.configurationIndex);
  });

  it("makes one change at a time, and none before an entry of its own term is committed (§4.1)", () => {
    const cluster = withNew();
    cluster.stuck.add("b").add("c");
    cluster.step("a", { kind: "change", change: add("d") });
    cluster.step("a", { kind: "change", change: { kind: "remove", id: id("b") } });
    assert.deepEqual(refusals(cluster, "a"), ["conflict"]);
    cluster.stuck.clear();
    change(cluster.settle(), "a", { kind: "remove", id: id("b") });
    assert.deepEqual(
      cluster.at("a").core.configuration.servers.map((each) => each.id),
      ["a", "c", "d"],
    );

    const fresh = Cluster.of(3);
    for (const name of ["b", "c"]) fresh.tick(name, withholdTicks);
    fresh.tick("a", electionTicks);
    while (fresh.at("a").core.role !== "leader") fresh.nudge();
    fresh.step("a", { kind: "change", change: add("d") });
    assert.deepEqual(refusals(fresh, "a"), ["conflict"]);
  });

  it("takes an uncommitted configuration back when another leader's log overrules it (§4.1)", () => {
    const cluster = withNew();
    cluster.isolate("a");
    change(cluster, "a", add("d"));
    assert.equal(cluster.at("a").core.configuration.servers.length, 4);
    cluster.tick("c", withholdTicks);
    cluster.tick("b", electionTicks);
    cluster.settle().heal();
    cluster.run(10);
    assert.deepEqual(cluster.at("a").core.configuration, voters("a", "b", "c"));
  });

  it("does not count learners, for votes or for commits (§4.2.1)", () => {
    const cluster = change(withNew(), "a", add("d"));
    cluster.isolate("b");
    cluster.isolate("c");
    cluster.propose("a", "x").settle();
    assert.deepEqual(cluster.at("a").content, []);
    cluster.tick("d", 5 * electionTicks);
    assert.equal(cluster.at("d").core.role, "follower");
  });

  it("promotes a learner only when it has caught up (§4.2.1)", () => {
    const cluster = withNew();
    cluster.isolate("d");
    change(cluster, "a", add("d"));
    cluster.propose("a", "x", "y").settle();
    change(cluster, "a", { kind: "promote", id: id("d") });
    assert.deepEqual(refusals(cluster, "a"), ["conflict"]);

    cluster.heal();
    cluster.run(10);
    change(cluster, "a", { kind: "promote", id: id("d") });
    assert.deepEqual(cluster.at("a").core.configuration, voters("a", "b", "c", "d"));
    assert.deepEqual(cluster.at("d").content, ["x", "y"]);
  });

  it("tells a removed server that it is out, then forgets it (§4.2.2)", () => {
    const cluster = change(Cluster.of(3).elect("a"), "a", { kind: "remove", id: id("c") }).run(10);
    assert.equal(cluster.at("c").core.commitIndex, cluster.at("c").core.configurationIndex);
    assert.deepEqual(
      cluster.at("a").core.peers.map((peer) => peer.id),
      ["b"],
    );
    cluster.run(3 * electionTicks);
    assert.deepEqual(cluster.leaders, ["a"]);
  });

  it("a leader that removes itself leads until that is committed, without counting itself, then goes (§4.2.2)", () => {
    const cluster = Cluster.of(3).elect("a");
    cluster.stuck.add("b");
    change(cluster, "a", { kind: "remove", id: id("a") });
    assert.equal(cluster.at("a").core.role, "leader", "one of the two that count does not have it");
    cluster.stuck.clear();
    cluster.settle();
    assert.equal(cluster.at("a").core.role, "follower");
    assert.equal(cluster.leaders.length, 1, "a successor was asked to stand at once");
    cluster.run(3 * electionTicks);
    assert.ok(!cluster.leaders.includes("a"));
  });

  it("a leader that dies with its own removal only in its log is still able to come back (§4.2.2)", () => {
    const cluster = new Cluster({ a: bootstrapped(voters("a", "b")), b: bootstrapped(voters("a", "b")) }).elect("a");
    cluster.isolate("a");
    cluster.step("a", { kind: "change", change: { kind: "remove", id: id("a") } });
    cluster.settle();
    cluster.at("a").crash();
    cluster.heal();
    cluster.run(8 * electionTicks);
    assert.deepEqual(cluster.leaders, ["b"]);
    assert.deepEqual(cluster.at("b").core.configuration, voters("b"));
  });

  it("a removed server that was not told cannot disturb the others (§4.2.3)", () => {
    const cluster = Cluster.of(3).elect("a");
    cluster.isolate("c");
    change(cluster, "a", { kind: "remove", id: id("c") });
    cluster.run(2 * electionTicks);
    cluster.heal();
    const { term } = cluster.at("a").core;
    for (let n = 0; n < 5; n++) {
      cluster.tick("c", electionTicks);
      cluster.run(10);
    }
    assert.deepEqual([cluster.leaders, cluster.at("a").core.term], [["a"], term]);
  });

  it("ignores answers, and their terms, of servers that are no members", () => {
    const cluster = Cluster.of(3).elect("a");
    const { term, commitIndex } = cluster.at("a").core;
    cluster.step("a", { kind: "receive", from: id("stranger"), message: { kind: "append-ok", term: asTerm(99), match: asIndex(1000) } });
    cluster.step("a", { kind: "receive", from: id("stranger"), message: { kind: "vote-response", term: asTerm(99), pre: false, granted: false } });
    assert.deepEqual([cluster.at("a").core.term, cluster.at("a").core.commitIndex, cluster.leaders], [term, commitIndex, ["a"]]);
  });

  it("follows a leader that its own configuration does not know yet", () => {
    const joining = new Cluster({ d: emptyDisk() });
    joining.step("d", {
      kind: "receive",
      from: id("a"),
      message: {
        kind: "append",
        term: asTerm(3),
        prevIndex: asIndex(0),
        prevTerm: asTerm(0),
        commit: asIndex(1),
        entries: [{ kind: "command", term: asTerm(1), index: asIndex(1), data: text("x") }],
      },
    });
    joining.settle();
    assert.deepEqual([joining.at("d").core.leader, joining.at("d").content], ["a", ["x"]]);
  });
});
