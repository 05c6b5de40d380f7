import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Coordinate } from "../../src/base/network-coordinate.ts";
import type { RunningNode } from "../../src/node/index.ts";
import { until } from "../support/until.ts";
import { configOf, READ, TestCluster, WRITE } from "./cluster.ts";

function at(first: number): Coordinate {
  return { vec: [first, 0, 0, 0, 0, 0, 0, 0], error: 1, adjustment: 0, height: 0.001 };
}

describe("Coordinates (Consul api-docs, coordinate; near of catalog and health)", () => {
  let cluster: TestCluster;
  let node: RunningNode;
  const places = { a: 0, b: 9, c: 3 };

  before(async () => {
    const { gossip } = configOf(1);
    cluster = await TestCluster.start(1, { gossip: { ...gossip, coordinates: { ...gossip.coordinates, flushMs: 20 } } });
    node = cluster.leader;
    for (const name of ["a", "b", "c", "d"]) {
      const registered = { id: "", node: name, address: "10.0.0.1", datacenter: "dc1", taggedAddresses: undefined, meta: undefined };
      const check = { node: name, checkId: "c", name: "c", status: "passing", notes: "", output: "", serviceId: "web", serviceName: "", serviceTags: [] };
      const service = { node: name, id: "web", kind: "", service: "web", tags: [], address: "", taggedAddresses: undefined, meta: undefined, port: 0 };
      await node.backend.call("Catalog.Register", {
        registration: {
          node: registered,
          skipNodeUpdate: false,
          service: { ...service, weights: { passing: 1, warning: 1 }, enableTagOverride: false, proxy: undefined, connect: undefined },
          checks: [{ ...check, type: "", definition: undefined }],
        },
        options: WRITE,
      });
    }
    for (const [name, place] of Object.entries(places)) await update(name, at(place));
    await until("they are written", async () => (await known()).length >= 3, 60_000, 5);
  });
  after(() => cluster[Symbol.asyncDispose]());

  const update = (name: string, coord: Coordinate) => node.backend.call("Coordinate.Update", { update: { node: name, segment: "", coord }, options: WRITE });
  const known = async () => (await node.backend.call("Coordinate.ListNodes", { options: READ })).value.filter(({ node: name }) => Object.hasOwn(places, name));

  it("are written some time later, those of strangers not at all", async () => {
    await update("nobody", at(1));
    await update("a", at(7));
    await update("a", at(0));
    await until("the last one counts", async () => (await node.backend.call("Coordinate.Node", { node: "a", options: READ })).value[0]?.coord.vec[0] === 0);
    assert.deepEqual(
      (await known()).map(({ node: name, coord }) => [name, coord.vec[0]]),
      Object.entries(places),
    );
    assert.deepEqual((await node.backend.call("Coordinate.Node", { node: "nobody", options: READ })).value, []);
  });

  it("are refused when they have another number of dimensions, or parts that are no numbers", async () => {
    await assert.rejects(update("a", { ...at(0), vec: [1, 2] }), { code: "internal", message: "incompatible coordinate" });
    await assert.rejects(update("a", at(Number.NaN)), { code: "internal", message: "invalid coordinate" });
  });

  it("sort lists by distance, what has none last", async () => {
    const list = { nodeMeta: {}, options: READ };
    const instances = { ...list, service: "web", connect: false, tags: [] };
    const names = {
      nodes: async (near: string) => (await node.backend.call("Catalog.Nodes", { ...list, near })).value.map((one) => one.node),
      instances: async (near: string) => (await node.backend.call("Catalog.ServiceNodes", { ...instances, near })).value.map((one) => one.node.node),
      checked: async (near: string) => (await node.backend.call("Health.ServiceNodes", { ...instances, near })).value.map((one) => one.node.node),
      checks: async (near: string) => (await node.backend.call("Health.Checks", { ...list, service: "web", near })).value.map((one) => one.node),
      state: async (near: string) => (await node.backend.call("Health.State", { ...list, state: "passing", near })).value.map((one) => one.node),
    };
    for (const [what, listed] of Object.entries(names)) {
      const near = async (name: string) => (await listed(name)).filter((one) => one.length === 1).join("");
      assert.equal(await near("a"), "acbd", what);
      assert.equal(await near("b"), "bcad", what);
      assert.equal(await near("B"), "bcad", what);
      assert.equal(await near("d"), "abcd", `${what}: nothing is known of d`);
      assert.equal(await near(""), "abcd", what);
    }
  });
});
