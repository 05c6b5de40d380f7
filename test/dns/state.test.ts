import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { RunningNode } from "../../src/node/index.ts";
import { configOf, TestCluster, WRITE } from "../server/cluster.ts";
import { until } from "../support/until.ts";
import { ask, type Heard } from "./asking.ts";

const DNS = { ...configOf(1).dns, listen: ["127.0.0.1:0"] };

async function asked(node: RunningNode, text: string): Promise<Heard | undefined> {
  return ask({ server: "127.0.0.1", port: Number(node.dnsAddresses[0]?.split(":")[1]), text });
}

/** Puts an instance of `web` on a node of its own into the catalog, or takes it out. */
async function web(node: RunningNode, name: string, address: string, status = "passing"): Promise<void> {
  const service = {
    node: name,
    id: "web",
    kind: "",
    service: "web",
    tags: [],
    address: "",
    taggedAddresses: undefined,
    meta: undefined,
    port: 80,
    weights: { passing: 1, warning: 1 },
  };
  const check = {
    node: name,
    checkId: "c",
    name: "c",
    status,
    notes: "",
    output: "",
    serviceId: "web",
    serviceName: "web",
    serviceTags: [],
    type: "",
    definition: undefined,
  };
  await node.backend.call("Catalog.Register", {
    registration: {
      node: { id: "", node: name, address, datacenter: "dc1", taggedAddresses: undefined, meta: undefined },
      skipNodeUpdate: false,
      service: { ...service, enableTagOverride: false, proxy: undefined, connect: undefined },
      checks: [check],
    },
    options: WRITE,
  });
}

describe("DNS of a server", () => {
  it("shows a change in the first answer after it was written, however often the question was answered before", async () => {
    await using cluster = await TestCluster.start(1, { dns: DNS });
    const [node] = cluster.nodes;
    assert(node !== undefined);
    for (let n = 1; n <= 20; n++) {
      assert.equal((await asked(node, "A web.service.consul"))?.answer.length, n - 1 > 3 ? 3 : n - 1);
      assert.equal((await asked(node, "A web.service.consul edns=4096"))?.answer.length, n - 1);
      await web(node, `n${n}`, `10.0.0.${n}`);
    }
    await web(node, "n7", "10.0.0.7", "critical");
    const { answer = [] } = (await asked(node, "A web.service.consul edns=4096")) ?? {};
    assert.equal(answer.length, 19);
    assert.ok(!answer.some((record) => record.endsWith(" 10.0.0.7")));
    await node.backend.call("Catalog.Deregister", { node: "n1", serviceId: "", checkId: "", options: WRITE });
    assert.equal((await asked(node, "A n1.node.consul"))?.head, "NXDOMAIN qr aa rd");
    assert.equal((await asked(node, "A web.service.consul edns=4096"))?.answer.length, 18);
    assert.equal((await asked(node, "PTR 2.0.0.10.in-addr.arpa"))?.answer[0], "2.0.0.10.in-addr.arpa 0 IN PTR n2.node.dc1.consul");
    await web(node, "n2", "10.0.9.2");
    assert.equal((await asked(node, "PTR 2.9.0.10.in-addr.arpa"))?.answer[0], "2.9.0.10.in-addr.arpa 0 IN PTR n2.node.dc1.consul");
  });

  it("answers from its state when there is no leader, unless allow_stale is off or max_stale has passed", async () => {
    await using cluster = await TestCluster.start(3, { dns: DNS, rpcHoldTimeoutMs: 300 });
    const [first, second, third] = cluster.nodes;
    assert(first !== undefined && second !== undefined && third !== undefined);
    await web(first, "n1", "10.0.0.1");
    await until("the third has it", async () => (await asked(third, "A web.service.consul"))?.answer.length === 1);
    await first[Symbol.asyncDispose]();
    await second[Symbol.asyncDispose]();
    await until("there is no leader", () => third.raft.status().leader === undefined);
    for (const name of ["web.service.consul", "n1.node.consul"]) assert.equal((await asked(third, `A ${name}`))?.answer.length, 1);
  });

  it("asks the leader where allow_stale is off, and fails without one, as Consul does: SERVFAIL without SOA", async () => {
    await using cluster = await TestCluster.start(2, { dns: { ...DNS, allowStale: false }, rpcHoldTimeoutMs: 300 });
    const [first, second] = cluster.nodes;
    assert(first !== undefined && second !== undefined);
    await web(first, "n1", "10.0.0.1");
    assert.equal((await asked(second, "A web.service.consul"))?.answer.length, 1);
    await first[Symbol.asyncDispose]();
    await until("there is no leader", () => second.raft.status().leader === undefined);
    const heard = await asked(second, "A web.service.consul");
    assert.deepEqual([heard?.head, heard?.authority], ["SERVFAIL qr aa rd", []]);
  });
});
