import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { asNodeId } from "../../src/base/ids.ts";
import { World } from "./world.ts";

describe("startRaft", () => {
  it("makes three servers one group that applies every proposal on all of them", async () => {
    const world = await World.of("a", "b", "c");
    const leader = await world.leader();

    const results = await world.finish(Promise.all([world.propose(leader, "x"), world.propose(leader, "y"), world.propose(leader, "z")]));
    await world.clock.run(100);

    assert.deepEqual(results, [1, 2, 3]);
    for (const name of ["a", "b", "c"]) assert.deepEqual(world.at(name).machine.list, ["x", "y", "z"]);
    await world.close();
  });

  it("starts a single server that leads at once", async () => {
    const world = new World();
    const node = await world.start("a");
    await world.finish(node.bootstrap([{ id: asNodeId("a"), address: "a:8300", suffrage: "voter", name: "a" }]));
    await world.clock.settle();
    assert.equal(node.status().role, "leader");
    assert.equal(await world.finish(world.propose("a", "x")), 1);
    assert.equal(node.holdsLease(), true);
    await world.close();
  });
});
