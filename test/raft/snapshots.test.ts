import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { KvorumError } from "../../src/base/errors.ts";
import { recoverRaft } from "../../src/raft/index.ts";
import { FakeDisk, ListMachine } from "./fakes.ts";
import { alone, code, three, voter, worlds } from "./groups.ts";
import { World } from "./world.ts";

/** Three servers, one of which was killed before the leader's log went far beyond what it has. */
async function oneAway() {
  const world = new World();
  worlds.push(world);
  const settings = { snapshotEntries: 20, tailEntries: 5 };
  for (const name of ["a", "b", "c"]) await world.start(name, settings);
  for (const name of ["a", "b", "c"]) await world.finish(world.node(name).bootstrap(["a", "b", "c"].map(voter)));
  const leader = await world.leader();
  const away = leader === "a" ? "b" : "a";
  world.kill(away);
  for (let n = 0; n < 60; n++) await world.finish(world.propose(leader, `${n}`));
  return { world, leader, away, settings };
}

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
    const { world, leader, away, settings } = await oneAway();
    await world.start(away, settings);
    await world.until(() => world.at(away).machine.list.length === 60);
    assert.equal(world.at(away).machine.restores, 1);
    assert.equal(world.at(away).disk.snapshots.length, 1);
    await world.finish(world.propose(leader, "after"));
    await world.until(() => world.at(away).machine.list.length === 61);
  });

  it("a server that cannot restore what it received keeps its state and is tried again", async () => {
    const { world, away, settings } = await oneAway();
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
