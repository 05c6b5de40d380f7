import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Check, InstanceWish, PreparedQuery, RequestOf, ServiceInstance } from "../../src/model/index.ts";
import type { RunningNode } from "../../src/node/index.ts";
import { sampleQuery as query } from "../support/samples.ts";
import { READ, TestCluster, WRITE } from "./cluster.ts";

const SOURCE = { near: "", ip: "", agent: "s1", datacenter: "dc1" };
const WISH: InstanceWish = { tags: [], nodeMeta: {}, onlyPassing: false, order: "service", descending: false, limit: 0, after: "" };

describe("Service discovery at a server", () => {
  let cluster: TestCluster;
  let node: RunningNode;

  before(async () => {
    cluster = await TestCluster.start(1);
    node = cluster.leader;
    await register("n1", { id: "w1", tags: ["v1", "main"], meta: { env: "prod" } }, "passing");
    await register("n2", { id: "w2", tags: ["V2", "main"] }, "warning");
    await register("n3", { id: "w3", tags: ["v1"] }, "critical");
    await register("n3", { id: "d1", service: "db" }, "passing");
  });
  after(() => cluster[Symbol.asyncDispose]());

  const register = async (name: string, service: Partial<ServiceInstance> & { readonly id: string }, status: string): Promise<void> => {
    const instance = { node: name, kind: "", service: "web", tags: undefined, address: "", taggedAddresses: undefined, meta: undefined, port: 80 };
    const rest = { weights: { passing: 1, warning: 1 }, enableTagOverride: false, proxy: undefined, connect: undefined };
    const check: Omit<Check, "createIndex" | "modifyIndex"> = {
      node: name,
      checkId: `c-${service.id}`,
      name: "c",
      status,
      notes: "",
      output: "",
      serviceId: service.id,
      serviceName: "",
      serviceTags: [],
      type: "",
      definition: undefined,
    };
    const address = `10.0.0.${name.slice(1)}`;
    const registration = {
      node: { id: "", node: name, address, datacenter: "dc1", taggedAddresses: undefined, meta: { rack: name } },
      skipNodeUpdate: false,
      service: { ...instance, ...rest, ...service },
      checks: [check],
    };
    await node.backend.call("Catalog.Register", { registration, options: WRITE });
  };
  const instances = async (filter: string): Promise<readonly string[]> => {
    const request = { service: "web", connect: false, tags: [], nodeMeta: {}, near: "", options: { ...READ, filter } };
    return (await node.backend.call("Health.ServiceNodes", request)).value.map(({ service }) => service.id);
  };
  const page = async (wish: Partial<InstanceWish>, filter = 'Service.Service != "consul"') => {
    const { value } = await node.backend.call("Health.Instances", { ...WISH, ...wish, options: { ...READ, filter } });
    return { ids: value.instances.map(({ service }) => service.id), total: value.total, next: value.next };
  };
  const create = (made: PreparedQuery): Promise<string> => node.backend.call("Query.Create", { query: { ...made, id: "" }, options: WRITE });
  const execute = async (idOrName: string, how: Partial<RequestOf<"Query.Execute">> = {}) => {
    const answer = await node.backend.call("Query.Execute", { idOrName, connect: false, limit: 0, source: SOURCE, options: READ, ...how });
    return answer && { ...answer, ids: answer.found.instances.map(({ service }) => service.id) };
  };

  it("answers with those that a filter keeps, and with Consul's text when it is at fault", async () => {
    assert.deepEqual(await instances("Checks.Status != critical and Service.Tags contains main"), ["w1", "w2"]);
    await assert.rejects(instances("Nope == 1"), {
      code: "internal",
      message: 'Failed to create boolean expression evaluator: Selector "Nope" is not valid',
    });
  });

  it("passes a filter over where Consul knows none", async () => {
    const { value } = await node.backend.call("Session.List", { options: { ...READ, filter: "Nope == 1" } });

    assert.deepEqual(value, []);
  });

  it("gives instances of all services in pages that join without gaps, in each order", async () => {
    const all = await page({});
    const first = await page({ limit: 3 });
    const second = await page({ limit: 3, after: first.next });

    assert.deepEqual(all, { ids: ["d1", "w1", "w2", "w3"], total: 4, next: "" });
    assert.deepEqual([first.ids, first.total, second], [["d1", "w1", "w2"], 4, { ids: ["w3"], total: 4, next: "" }]);
    assert.deepEqual((await page({ order: "node", descending: true })).ids, ["w3", "d1", "w2", "w1"]);
    assert.deepEqual((await page({ order: "status" })).ids, ["w3", "w2", "d1", "w1"]);
    assert.deepEqual((await page({ onlyPassing: true, tags: ["V1"] })).ids, ["w1"]);
    assert.deepEqual((await page({}, "Node.Meta.rack == n3")).ids, ["d1", "w3"]);
    await assert.rejects(page({ after: "nonsense" }), { code: "bad-request" });
  });

  it("moves no row to another page when one before it goes", async () => {
    await register("n0", { id: "a1", service: "aaa" }, "passing");
    const first = await page({ limit: 2 });
    await node.backend.call("Catalog.Deregister", { node: "n0", serviceId: "a1", checkId: "", options: WRITE });

    assert.deepEqual(
      [first.ids, (await page({ limit: 2, after: first.next })).ids],
      [
        ["a1", "d1"],
        ["w1", "w2"],
      ],
    );
  });

  it("executes a query by id and by name, without those that are critical", async () => {
    const id = await create(query({ name: "q1", dns: { ttl: "10s" } }, {}));

    for (const idOrName of [id, "q1", "Q1"]) assert.deepEqual((await execute(idOrName))?.ids.toSorted(), ["w1", "w2"], idOrName);
    const { found, failovers, meta } = (await execute("q1")) ?? {};
    assert.deepEqual([found?.ttl, found?.datacenter, found?.service, failovers, meta?.index], ["10s", "dc1", "web", 0, 1]);
    assert.equal((await execute("q1", { limit: 1 }))?.ids.length, 1);
    await assert.rejects(execute("nobody"), { code: "not-found", message: "Query not found" });
  });

  it("refuses queries in Consul's words and order, and takes any meta of services", async () => {
    const template = { type: "name_prefix_match", regexp: "(", removeEmptyTags: false };
    const refused = (reason: string): object => ({ code: "internal", message: reason });
    const id = await create(query({ name: "byname-", template: { ...template, regexp: "" } }, { serviceMeta: { "": "", "bad key": "x" } }));

    await assert.rejects(create(query({ name: "BYNAME-", template }, {})), refused("name 'BYNAME-' aliases an existing query name"));
    await assert.rejects(create(query({ name: id, template }, {})), refused(`name '${id}' aliases an existing query ID`));
    await assert.rejects(
      create(query({ name: "x", template }, {})),
      refused("failed compiling template: Bad Regexp: error parsing regexp: missing closing ): `(`"),
    );
    await assert.rejects(create(query({ name: "x" }, { nodeMeta: { "bad key": "x" } })), {
      message: "Invalid prepared query: Couldn't load metadata pair ('bad key', 'x'): Key contains invalid characters",
    });
    await assert.rejects(execute(id), refused("prepared query templates can only be resolved up by name, not by ID"));
    assert.deepEqual((await execute("byname-x"))?.ids, []);
  });

  it("executes a query with what it says of tags, meta, checks and passing", async () => {
    await create(query({ name: "tags" }, { tags: ["main", "!v2"] }));
    await create(query({ name: "meta" }, { serviceMeta: { env: "prod" } }));
    await create(query({ name: "rack" }, { nodeMeta: { rack: "n2" } }));
    await create(query({ name: "passing" }, { onlyPassing: true }));
    await create(query({ name: "ignoring" }, { ignoreCheckIds: ["c-w3"] }));

    const found = await Promise.all(["tags", "meta", "rack", "passing", "ignoring"].map(async (name) => (await execute(name))?.ids.toSorted()));
    assert.deepEqual(found, [["w1"], ["w1"], ["w2"], ["w1"], ["w1", "w2", "w3"]]);
  });

  it("puts the node that is asked from first, by its name, as the agent and by its address", async () => {
    await create(query({ name: "near" }, { near: "_agent" }));
    const firsts = async (source: Partial<typeof SOURCE>) => {
      const seen = new Set<string | undefined>();
      for (let round = 0; round < 8; round++) seen.add((await execute("near", { source: { ...SOURCE, ...source } }))?.ids[0]);
      return [...seen];
    };

    assert.deepEqual(await firsts({ near: "N2" }), ["w2"]);
    assert.deepEqual(await firsts({ agent: "n1" }), ["w1"]);
    assert.deepEqual(await firsts({ near: "_ip", ip: "10.0.0.2" }), ["w2"]);
  });

  it("answers nobody where no other datacenter is known to fall back to", async () => {
    await create(query({ name: "lost" }, { service: "none", failover: { nearestN: 3, datacenters: ["dc8", "dc9"] } }));

    const answer = await execute("lost");
    assert.deepEqual([answer?.ids, answer?.failovers], [[], 0]);
  });

  it("wakes a blocking query of a node's checks for that node alone", async () => {
    const { meta } = await node.backend.call("Health.Node", { node: "n1", options: READ });
    let woken = false;
    const waiting = node.backend.call("Health.Node", { node: "n1", options: { ...READ, minIndex: meta.index, maxWaitMs: 60_000 } }).then((answer) => {
      woken = true;
      return answer;
    });

    await register("n2", { id: "w2", tags: ["V2", "main"] }, "passing");
    await register("n9", { id: "x", service: "x" }, "passing");
    assert.equal(woken, false);
    await register("n1", { id: "w1", tags: ["v1", "main"], meta: { env: "prod" } }, "warning");

    assert.equal((await waiting).value[0]?.status, "warning");
  });

  it("does not answer at once for what happened to others since the client's last look", async () => {
    const { meta } = await node.backend.call("Catalog.NodeServices", { node: "n1", options: READ });
    await register("n8", { id: "y", service: "y" }, "passing");

    const began = performance.now();
    await node.backend.call("Catalog.NodeServices", { node: "n1", options: { ...READ, minIndex: meta.index, maxWaitMs: 200 } });
    assert.ok(performance.now() - began >= 150);
  });

  it("answers a blocking query of a node that goes", async () => {
    const { meta } = await node.backend.call("Catalog.NodeServices", { node: "n8", options: READ });
    const waiting = node.backend.call("Catalog.NodeServices", { node: "n8", options: { ...READ, minIndex: meta.index, maxWaitMs: 60_000 } });
    await node.backend.call("Catalog.Deregister", { node: "n8", serviceId: "", checkId: "", options: WRITE });

    assert.equal((await waiting).value, undefined);
  });
});
