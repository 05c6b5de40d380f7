import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { asNodeId } from "../../src/base/ids.ts";
import type { LeadershipView } from "../../src/raft/index.ts";
import { alone, code, three, voter } from "./groups.ts";

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
