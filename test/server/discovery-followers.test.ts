import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { RunningNode } from "../../src/node/index.ts";
import { sampleQuery as query } from "../support/samples.ts";
import { until } from "../support/until.ts";
import { READ, TestCluster, WRITE } from "./cluster.ts";

const SOURCE = { near: "", ip: "", agent: "s1", datacenter: "dc1" };
const NODE = { id: "", node: "n1", address: "10.0.0.1", datacenter: "dc1", taggedAddresses: undefined, meta: undefined };
const CHECK = { node: "n1", name: "c", notes: "", output: "", serviceId: "", serviceName: "", serviceTags: [], type: "", definition: undefined };
const SERVICE = {
  node: "n1",
  id: "w1",
  kind: "odd",
  service: "web",
  tags: undefined,
  address: "",
  taggedAddresses: undefined,
  meta: undefined,
  port: 1,
  weights: { passing: 1, warning: 1 },
  enableTagOverride: false,
  proxy: undefined,
  connect: undefined,
};

describe("Service discovery by way of a follower", () => {
  let cluster: TestCluster;
  let follower: RunningNode;

  before(async () => {
    cluster = await TestCluster.start(3);
    const [first] = cluster.followers;
    assert.ok(first);
    follower = first;
  });
  after(() => cluster[Symbol.asyncDispose]());

  it("takes a check in a state that nobody knows, as Consul does", async () => {
    const registration = { node: NODE, skipNodeUpdate: false, service: SERVICE, checks: [{ ...CHECK, checkId: "c", status: "fine" }] };
    await follower.backend.call("Catalog.Register", { registration, options: WRITE });

    const { value } = await follower.backend.call("Health.Node", { node: "n1", options: { ...READ, filter: "Status == fine" } });
    assert.deepEqual(
      value.map(({ checkId }) => checkId),
      ["c"],
    );
  });

  it("passes the leader's word on a filter on", async () => {
    await assert.rejects(follower.backend.call("Catalog.Nodes", { nodeMeta: {}, near: "", options: { ...READ, filter: "Nope == 1" } }), {
      code: "internal",
      message: 'rpc error making call: Failed to create boolean expression evaluator: Selector "Nope" is not valid',
    });
  });

  it("executes queries, asking the leader or from what it has", async () => {
    await follower.backend.call("Query.Create", { query: query({ name: "q" }, {}), options: WRITE });
    const execute = (consistency: "default" | "stale") =>
      follower.backend.call("Query.Execute", { idOrName: "q", connect: false, limit: 0, source: SOURCE, options: { ...READ, consistency } });
    const there = () =>
      execute("stale").then(
        () => true,
        () => false,
      );
    await until("the follower has it", there, 60_000, 5);

    for (const consistency of ["default", "stale"] as const) assert.equal((await execute(consistency))?.found.instances.length, 1);
  });

  it("gives pages of all instances, and wakes for new ones", async () => {
    const wish = { tags: [], nodeMeta: {}, onlyPassing: false, order: "service", descending: false, limit: 1, after: "" } as const;
    const { value, meta } = await follower.backend.call("Health.Instances", { ...wish, options: READ });
    const waiting = follower.backend.call("Health.Instances", { ...wish, options: { ...READ, minIndex: meta.index, maxWaitMs: 60_000 } });
    const service = { ...SERVICE, node: "n2" };
    const registration = { node: { ...NODE, node: "n2" }, skipNodeUpdate: false, service, checks: [] };
    await follower.backend.call("Catalog.Register", { registration, options: WRITE });

    assert.equal(value.instances.length, 1);
    assert.ok((await waiting).meta.index > meta.index);
  });
});
