import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { KvorumError } from "../../src/base/errors.ts";
import { asIndex, asNodeId } from "../../src/base/ids.ts";
import type { LeadershipView, ServerEntry } from "../../src/raft/index.ts";
import { recoverRaft } from "../../src/raft/index.ts";
import { FakeDisk, ListMachine, World } from "./world.ts";

const voter = (name: string): ServerEntry => ({ id: asNodeId(name), address: `${name}:8300`, suffrage: "voter", name });
const code = (wanted: string) => (error: unknown) => error instanceof KvorumError && error.code === wanted;
const worlds: World[] = [];

async function three(): Promise<{ readonly world: World; readonly leader: string; readonly others: readonly string[] }> {
  const world = await World.of("a", "b", "c");
  worlds.push(world);
  const leader = await world.leader();
  return { world, leader, others: ["a", "b", "c"].filter((name) => name !== leader) };
}

async function alone(more: Parameters<World["start"]>[1] = {}, disk?: FakeDisk): Promise<World> {
  const world = new World();
  worlds.push(world);
  if (disk !== undefined) world.lend("a", disk);
  const node = await world.start("a", more);
  if (node.status().lastLogIndex === 0 && node.status().snapshotIndex === 0) await world.finish(node.bootstrap([voter("a")]));
  await world.clock.settle();
  return world;
}

afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});

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

describe("startRaft, membership and hand-over", () => {
  it("adds a server, which gets the log before it votes, and removes one", async () => {
    const { world, leader, others } = await three();
    await world.finish(world.propose(leader, "x"));
    await world.start("d");
    const node = world.node(leader);
    await world.finish(node.changeMembership({ kind: "add-learner", id: asNodeId("d"), address: "d:8300", name: "d" }));
    await world.until(() => world.at("d").machine.list.length === 1);
    await world.clock.run(700);
    await world.finish(node.changeMembership({ kind: "promote", id: asNodeId("d") }));
    await world.finish(node.changeMembership({ kind: "remove", id: asNodeId(others[0] ?? "") }));
    assert.deepEqual(node.status().configuration.servers.map((server) => [server.id, server.suffrage]).length, 3);
    await assert.rejects(world.finish(node.changeMembership({ kind: "remove", id: asNodeId("zz") })), code("not-found"));
  });

  it("a change that changes nothing is done at once", async () => {
    const { world, leader, others } = await three();
    const index = world.node(leader).status().lastLogIndex;
    const [name = ""] = others;
    await world.finish(world.node(leader).changeMembership({ kind: "add-learner", id: asNodeId(name), address: `${name}:8300`, name }));
    assert.equal(world.node(leader).status().lastLogIndex, index);
  });

  it("transfers leadership, to whom one likes, and says when that is done", async () => {
    const { world, leader, others } = await three();
    const [to = ""] = others;
    await world.clock.run(60);
    await world.finish(world.node(leader).transferLeadership(asNodeId(to)));
    assert.equal(world.node(leader).status().leader?.id, to);
    assert.equal(world.node(to).status().role, "leader");
    await world.finish(world.node(to).transferLeadership(asNodeId(to)));
    await assert.rejects(world.finish(world.node(leader).transferLeadership()), code("not-leader"));
  });

  it("says so when a transfer comes to nothing", async () => {
    const { world, leader, others } = await three();
    const [to = ""] = others;
    world.cut.add(`${leader}>${to}`);
    await assert.rejects(world.finish(world.node(leader).transferLeadership(asNodeId(to))), code("timeout"));
    world.cut.clear();
    assert.equal(await world.finish(world.propose(await world.leader(), "x")), 1);
  });

  it("tells listeners of every change of leadership and configuration, in the turn of it, until they leave", async () => {
    const { world, leader, others } = await three();
    const [to = ""] = others;
    const views: LeadershipView[] = [];
    const sizes: number[] = [];
    using leadership = world.node(to).onLeadership((view) => views.push(view));
    using configuration = world.node(to).onConfiguration(({ servers }) => sizes.push(servers.length));
    await world.clock.run(60);
    await world.finish(world.node(leader).transferLeadership(asNodeId(to)));
    await world.clock.run(60);
    await world.finish(world.node(to).changeMembership({ kind: "remove", id: asNodeId(leader) }));
    assert.deepEqual(
      views.map((view) => view.role),
      ["candidate", "leader"],
    );
    assert.equal(views.at(-1)?.leader?.address, `${to}:8300`);
    assert.deepEqual(sizes, [2]);
    leadership[Symbol.dispose]();
    configuration[Symbol.dispose]();
  });

  it("starts a cluster only on an empty log", async () => {
    const world = await alone();
    await assert.rejects(world.finish(world.node("a").bootstrap([voter("a")])), code("conflict"));
  });
});

describe("startRaft, snapshots", () => {
  it("takes one after so many entries, and cuts the log on disk", async () => {
    const world = await alone({ snapshotEntries: 20, tailEntries: 5 });
    for (let n = 0; n < 30; n++) await world.finish(world.propose("a", `${n}`));
    await world.clock.run(20);
    const { disk } = world.at("a");
    assert.ok(disk.snapshots.length >= 1);
    assert.ok((disk.entries[0]?.index ?? 0) > 10);
    assert.equal(world.node("a").status().snapshotIndex, disk.snapshots.at(-1)?.meta.index);
  });

  it("takes one when asked, once for all who ask, and none when nothing has changed", async () => {
    const world = await alone();
    await world.finish(world.propose("a", "x"));
    const [first, second] = await world.finish(Promise.all([world.node("a").snapshotNow(), world.node("a").snapshotNow()]));
    assert.equal(first, second);
    assert.equal((await world.finish(world.node("a").snapshotNow())).index, first.index);
    assert.equal(world.at("a").disk.snapshots.length, 1);
  });

  it("refuses to take one of nothing", async () => {
    const world = new World();
    worlds.push(world);
    const node = await world.start("a");
    await assert.rejects(node.snapshotNow(), code("conflict"));
  });

  it("a snapshot that cannot be written harms nothing, and is not tried again at once", async () => {
    const world = await alone({ snapshotEntries: 5 });
    let attempts = 0;
    world.at("a").disk.snapshotGate = () => {
      attempts++;
      return Promise.reject(new KvorumError("disk", "no space left on device"));
    };
    for (let n = 0; n < 30; n++) await world.finish(world.propose("a", `${n}`));
    assert.equal(attempts, 1);
    await world.clock.run(31_000, 1000);
    await world.finish(world.propose("a", "again"));
    assert.equal(attempts, 2);
  });

  it("goes on from its snapshot and its log after a restart", async () => {
    const world = await alone({ snapshotEntries: 20, tailEntries: 5 });
    for (let n = 0; n < 30; n++) await world.finish(world.propose("a", `${n}`));
    const { list } = world.at("a").machine;
    world.kill("a");
    await world.start("a");
    await world.until(() => world.at("a").machine.list.length === 30);
    assert.deepEqual([world.at("a").machine.list, world.at("a").machine.restores], [list, 1]);
    assert.equal(await world.finish(world.propose("a", "next")), 31);
  });

  it("brings a server that was away for long up with a snapshot", async () => {
    const world = new World();
    worlds.push(world);
    const settings = { snapshotEntries: 20, tailEntries: 5 };
    for (const name of ["a", "b", "c"]) await world.start(name, settings);
    for (const name of ["a", "b", "c"]) await world.finish(world.node(name).bootstrap(["a", "b", "c"].map(voter)));
    const leader = await world.leader();
    const away = leader === "a" ? "b" : "a";
    world.kill(away);
    for (let n = 0; n < 60; n++) await world.finish(world.propose(leader, `${n}`));
    await world.start(away, settings);
    await world.until(() => world.at(away).machine.list.length === 60);
    assert.equal(world.at(away).machine.restores, 1);
    assert.equal(world.at(away).disk.snapshots.length, 1);
    await world.finish(world.propose(leader, "after"));
    await world.until(() => world.at(away).machine.list.length === 61);
  });

  it("a server that cannot restore what it received keeps its state and is tried again", async () => {
    const world = new World();
    worlds.push(world);
    const settings = { snapshotEntries: 20, tailEntries: 5 };
    for (const name of ["a", "b", "c"]) await world.start(name, settings);
    for (const name of ["a", "b", "c"]) await world.finish(world.node(name).bootstrap(["a", "b", "c"].map(voter)));
    const leader = await world.leader();
    const away = leader === "a" ? "b" : "a";
    world.kill(away);
    for (let n = 0; n < 60; n++) await world.finish(world.propose(leader, `${n}`));
    let broken = true;
    world.at(away).disk.snapshotGate = () => (broken ? Promise.reject(new KvorumError("disk", "no space left on device")) : Promise.resolve());
    await world.start(away, settings);
    await world.clock.run(1500);
    assert.deepEqual(world.at(away).machine.list, []);
    broken = false;
    await world.until(() => world.at(away).machine.list.length === 60);
  });
});

describe("recoverRaft", () => {
  async function left(): Promise<FakeDisk> {
    const { world, leader, others } = await three();
    await world.finish(world.propose(leader, "x"));
    await world.clock.run(50);
    for (const name of others) world.kill(name);
    const late = world.propose(leader, "never acknowledged");
    late.catch(() => {});
    await world.clock.run(20);
    world.kill(leader);
    return world.at(leader).disk;
  }

  it("a server starts alone with what it has, committed or not", async () => {
    const disk = await left();
    const world = await alone({ recover: { servers: [voter("a")] } }, disk);
    await world.until(() => world.node("a").status().role === "leader");
    assert.deepEqual(world.at("a").machine.list, ["x", "never acknowledged"]);
    assert.deepEqual(world.node("a").status().configuration, { servers: [voter("a")] });
    assert.equal(await world.finish(world.propose("a", "y")), 3);
    assert.deepEqual(disk.entries[0]?.index, (disk.snapshots.at(-1)?.meta.index ?? 0) + 1);
  });

  it("works on a closed server's disk too, and again", async () => {
    const disk = await left();
    const world = new World();
    for (let n = 0; n < 2; n++) {
      const machine = new ListMachine();
      const { stored } = await recoverRaft({ storage: disk.open(), machine, clock: world.clock, configuration: { servers: [voter("a")] } });
      assert.deepEqual([machine.list, stored.entries, stored.snapshot?.configuration], [["x", "never acknowledged"], [], { servers: [voter("a")] }]);
    }
  });

  it("refuses an empty disk, and a configuration without voters", async () => {
    const world = new World();
    const from = (disk: FakeDisk) => ({ storage: disk.open(), machine: new ListMachine(), clock: world.clock });
    await assert.rejects(recoverRaft({ ...from(new FakeDisk()), configuration: { servers: [voter("a")] } }), code("conflict"));
    await assert.rejects(recoverRaft({ ...from(await left()), configuration: { servers: [] } }), code("bad-request"));
  });
});
