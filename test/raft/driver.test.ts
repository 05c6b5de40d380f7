import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { KvorumError } from "../../src/base/errors.ts";
import { asIndex } from "../../src/base/ids.ts";
import { alone, code, three } from "./groups.ts";

describe("startRaft, proposals", () => {
  it("makes three servers one group that applies every proposal on all of them, in one order", async () => {
    const { world, leader } = await three();
    const results = await world.finish(Promise.all(["x", "y", "z"].map((text) => world.propose(leader, text))));
    await world.clock.run(20);
    assert.deepEqual(results, [1, 2, 3]);
    for (const name of ["a", "b", "c"]) assert.deepEqual(world.at(name).machine.list, ["x", "y", "z"]);
  });

  it("makes the proposals of one turn one write and one message to each peer", async () => {
    const { world, leader, others } = await three();
    await world.clock.run(20);
    const writes = world.at(leader).disk.writes.length;
    world.sent.length = 0;
    await world.finish(Promise.all(Array.from({ length: 50 }, (_, at) => world.propose(leader, `${at}`))));
    assert.equal(world.at(leader).disk.writes.length, writes + 1);
    const appends = world.sent.filter(({ message }) => (message as { kind: string }).kind === "append");
    assert.deepEqual(appends.map(({ to }) => to).sort(), others);
  });

  it("gathers proposals while a write is under way, and wakes the machine's readers once a turn", async () => {
    const world = await alone();
    const { disk, machine } = world.at("a");
    let open = (): void => {};
    disk.gate = () =>
      new Promise((resolve) => {
        open = resolve;
      });
    const first = world.propose("a", "first");
    await world.clock.settle();
    const rest = Promise.all(["b", "c", "d"].map((text) => world.propose("a", text)));
    await world.clock.settle();
    const writes = disk.writes.length;
    const turns = machine.turns.length;
    disk.gate = () => Promise.resolve();
    open();
    await world.finish(Promise.all([first, rest]));
    assert.equal(disk.writes.length, writes + 2);
    assert.equal(machine.turns.length, turns + 2);
  });

  it("answers nothing before a majority has it on disk", async () => {
    const { world, leader, others } = await three();
    for (const name of others) world.at(name).disk.hold();
    let answered = false;
    world.propose(leader, "x").then(
      () => {
        answered = true;
      },
      () => {},
    );
    await world.clock.run(200);
    assert.equal(answered, false);
    assert.deepEqual(world.at(leader).machine.list, []);
  });

  it("refuses with not-leader on a follower, and nothing was done", async () => {
    const { world, others } = await three();
    await assert.rejects(world.propose(others[0] ?? "", "x"), code("not-leader"));
    await assert.rejects(world.node(others[0] ?? "").readBarrier(), code("not-leader"));
  });

  it("says leadership-lost for what was on its way when the office was lost", async () => {
    const { world, leader, others } = await three();
    for (const name of others) world.cut.add(`${leader}>${name}`).add(`${name}>${leader}`);
    const lost = world.propose(leader, "x");
    const read = world.node(leader).readBarrier();
    lost.catch(() => {});
    read.catch(() => {});
    await world.clock.run(1500);
    await assert.rejects(lost, code("leadership-lost"));
    await assert.rejects(read, code("not-leader"));
    world.cut.clear();
    const next = await world.leader();
    assert.deepEqual(world.at(next).machine.list, []);
  });

  it("refuses with unavailable when too many wait", async () => {
    const world = await alone();
    world.at("a").disk.hold();
    const waiting = Array.from({ length: 16_384 }, () => world.propose("a", "x"));
    for (const each of waiting) each.catch(() => {});
    await assert.rejects(world.propose("a", "one too many"), code("unavailable"));
  });

  it("applies in slices that leave the loop to others", async () => {
    const world = await alone();
    const { machine } = world.at("a");
    machine.onApply = () => world.clock.freeze(0.5);
    const turns = machine.turns.length;
    await world.finish(Promise.all(Array.from({ length: 200 }, (_, at) => world.propose("a", `${at}`))));
    assert.ok(machine.turns.length - turns >= 6, `${machine.turns.length - turns} turns`);
  });
});

describe("startRaft, reads and waits", () => {
  it("a barrier waits for a majority's word and for what was committed before it (thesis §6.4)", async () => {
    const { world, leader } = await three();
    await world.finish(world.propose(leader, "x"));
    const index = await world.finish(world.node(leader).readBarrier());
    assert.equal(index, world.node(leader).status().commitIndex);
  });

  it("barriers of one turn share one round", async () => {
    const { world, leader } = await three();
    await world.clock.run(20);
    world.sent.length = 0;
    const all = Promise.all(Array.from({ length: 20 }, () => world.node(leader).readBarrier()));
    await world.clock.settle();
    assert.equal(world.sent.filter(({ from }) => from === leader).length, 2);
    await world.finish(all);
  });

  it("holds the lease while others answer, loses it by the clock, also when the loop stood still", async () => {
    const { world, leader } = await three();
    await world.clock.run(100);
    assert.equal(world.node(leader).holdsLease(), true);
    world.clock.freeze(250);
    assert.equal(world.node(leader).holdsLease(), false);
  });

  it("waits until an index is applied, or says timeout", async () => {
    const { world, leader, others } = await three();
    const follower = world.node(others[0] ?? "");
    const next = asIndex(follower.status().lastLogIndex + 1);
    const waiting = follower.waitApplied(next, 5000);
    const late = follower.waitApplied(asIndex(next + 100), 50);
    late.catch(() => {});
    await world.finish(world.propose(leader, "x"));
    await world.finish(waiting);
    await world.clock.run(100);
    await assert.rejects(late, code("timeout"));
  });

  it("tells what it knows: role, leader, indexes, contact, peers", async () => {
    const { world, leader, others } = await three();
    await world.finish(world.propose(leader, "x"));
    await world.clock.run(60);
    const status = world.node(leader).status();
    assert.deepEqual([status.role, status.leader, status.lastContactMs], ["leader", { id: leader, address: `${leader}:8300` }, 0]);
    assert.equal(status.appliedIndex, status.commitIndex);
    assert.deepEqual(
      status.peers.map((peer) => [peer.id, peer.state, peer.matchIndex]),
      others.map((name) => [name, "replicate", status.lastLogIndex]),
    );
    assert.ok(status.peers.every((peer) => peer.lastContactMs !== undefined && peer.lastContactMs <= 60));
    const other = world.node(others[0] ?? "").status();
    assert.ok(other.lastContactMs !== undefined && other.lastContactMs <= 60);
    assert.deepEqual([other.role, other.peers], ["follower", []]);
  });
});

describe("startRaft, failures", () => {
  it("elects another leader soon when the leader is killed, and loses nothing acknowledged", async () => {
    const { world, leader } = await three();
    await world.finish(world.propose(leader, "x"));
    const before = world.clock.now();
    world.kill(leader);
    const next = await world.leader();
    assert.ok(world.clock.now() - before <= 450, `${world.clock.now() - before} ms`);
    assert.equal(await world.finish(world.propose(next, "y")), 2);
  });

  it("a killed server comes back from its disk and catches up", async () => {
    const { world, leader, others } = await three();
    await world.finish(world.propose(leader, "x"));
    const [dead = ""] = others;
    world.kill(dead);
    await world.finish(world.propose(leader, "y"));
    await world.start(dead);
    await world.until(() => world.at(dead).machine.list.length === 2);
    assert.deepEqual(world.at(dead).machine.list, ["x", "y"]);
  });

  it("a failed write ends its part: it leads no more, answers with disk, tells once; the others go on", async () => {
    const { world, leader, others } = await three();
    world.at(leader).disk.gate = () => Promise.reject(new KvorumError("disk", "no space left on device"));
    const doomed = world.propose(leader, "x");
    doomed.catch(() => {});
    await world.until(() => world.at(leader).failures.length > 0);
    await assert.rejects(doomed, code("leadership-lost"));
    await assert.rejects(world.propose(leader, "y"), code("disk"));
    await assert.rejects(world.node(leader).readBarrier(), code("disk"));
    assert.equal(world.node(leader).holdsLease(), false);
    await world.until(() => others.some((name) => world.node(name).status().role === "leader"), 200);
    await world.clock.run(500);
    assert.equal(world.at(leader).failures.length, 1);
  });

  it("a leader whose disk stands still hands over; a write that waits there is not lost", async () => {
    const { world, leader, others } = await three();
    await world.clock.run(60);
    world.at(leader).disk.hold();
    assert.equal(await world.finish(world.propose(leader, "x")), 1, "two other disks are a majority");
    await world.until(() => others.some((name) => world.node(name).status().role === "leader"), 1500);
    assert.equal(world.at(leader).metrics.values.get("raft.stalls"), 1);
  });

  it("a server that stood still handles what waits in its sockets before it stands for election", async () => {
    const { world, leader, others } = await three();
    const { term } = world.node(leader).status();
    await world.clock.run(100);
    world.clock.freeze(5000);
    await world.clock.run(300);
    // All three stood still, as on a laptop that slept: whoever leads now leads by the same term or was handed the office.
    const candidates = others.map((name) => world.at(name).metrics.values.get("raft.state.precandidate") ?? 0);
    assert.ok(
      candidates.every((count) => count <= 1),
      `${candidates}`,
    );
    assert.ok((await world.leader()) !== "" && world.node(leader).status().term <= term + 1);
  });

  it("refuses a message that is none, and lives", async () => {
    const { world, leader } = await three();
    world.inject(leader, "b", { kind: "append", term: -1 });
    world.inject(leader, "b", "rubbish");
    assert.equal(await world.finish(world.propose(leader, "x")), 1);
  });

  it("closing fails what waits with unavailable or leadership-lost, and hands over", async () => {
    const { world, leader, others } = await three();
    await world.clock.run(60);
    const wait = world.node(leader).waitApplied(asIndex(10_000), 60_000);
    wait.catch(() => {});
    await world.node(leader)[Symbol.asyncDispose]();
    await assert.rejects(wait, code("unavailable"));
    await assert.rejects(world.propose(leader, "x"), code("unavailable"));
    await world.until(() => others.some((name) => world.node(name).status().role === "leader"), 100);
  });
});
