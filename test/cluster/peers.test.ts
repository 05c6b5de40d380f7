import assert from "node:assert/strict";
import { after, before, describe, it, type TestContext } from "node:test";
import { CONSUL, ConsulAgent } from "../gossip/support/consul-agent.ts";
import { SERF, SerfAgent } from "../gossip/support/serf-agent.ts";
import { freeLoopback } from "../support/addresses.ts";
import { health, QUICK_GOSSIP, statuses } from "../support/catalog.ts";
import { Cluster } from "../support/cluster.ts";
import { cannotRun } from "../support/missing.ts";
import { removeFolder, scratchFolder } from "../support/processes.ts";
import type { ServerProcess } from "../support/server-process.ts";
import { until } from "../support/until.ts";

const DEAD_WITHIN_MS = 90_000;
const TAGS = ["role=node", "dc=dc1", "segment=", "vsn=2", "vsn_min=2", "vsn_max=3", "build=1.8.7:"];

describe("a pool of Kvorum's servers and others", { timeout: 400_000 }, () => {
  let cluster: Cluster;
  let server: ServerProcess;
  let folder: string;
  let net: string;

  before(async () => {
    if (SERF === undefined && CONSUL === undefined) return;
    cluster = await Cluster.form({ servers: 3, config: QUICK_GOSSIP });
    const [first] = cluster.servers;
    assert(first !== undefined);
    server = first;
    folder = scratchFolder("peers");
    net = await freeLoopback();
  });
  after(async () => {
    await cluster?.[Symbol.asyncDispose]();
    if (folder !== undefined) removeFolder(folder);
  });

  const passing = (name: string): Promise<unknown> => until(`${name} is passing`, async () => (await health(server)).get(name) === "passing");
  const critical = (name: string): Promise<unknown> =>
    until(`${name} is critical`, async () => (await health(server)).get(name) === "critical", DEAD_WITHIN_MS);
  const gone = (name: string): Promise<unknown> => until(`${name} is gone`, async () => !(await health(server)).has(name), DEAD_WITHIN_MS);

  it("has a real serf agent with a client's tags in the catalog: passing, critical when killed, gone when it leaves", async (t: TestContext) => {
    if (SERF === undefined) return cannotRun(t, "serf (a serf agent in Kvorum's pool)");
    const id = "4e2e6f5c-8f0a-4b9c-9d3e-0c1b2a3d4e5f";
    const args = [...TAGS, `id=${id}`].flatMap((tag) => ["-tag", tag]);
    await using agent = await SerfAgent.start({ name: "outsider", host: `${net}.1`, folder, args });
    await agent.command("join", `${server.address}:8301`);
    await passing("outsider");
    const [node] = ((await server.api.json("GET", "/v1/catalog/nodes")) as readonly { readonly Node: string; readonly ID: string }[]).filter(
      ({ Node }) => Node === "outsider",
    );
    assert.equal(node?.ID, id);
    for (const one of cluster.servers) await until("it sees us", async () => (await agent.statuses()).get(one.name) === "alive");

    await agent.kill();
    await critical("outsider");
    await agent.restart();
    await agent.command("join", `${server.address}:8301`);
    await passing("outsider");
    await agent.command("leave");
    await gone("outsider");
  });

  it("has a real Consul client agent in the catalog, which sees Kvorum's servers as Consul's", async (t: TestContext) => {
    if (CONSUL === undefined) return cannotRun(t, "consul (a Consul client agent in Kvorum's pool)");
    const agent = await ConsulAgent.start({ name: "client", host: `${net}.2`, folder, args: [`-retry-join=${server.address}`] });
    await passing("client");
    await until("it sees all", async () => (await agent.statuses()).size >= 4);
    await until("its list has them as Consul's", async () => {
      const members = await agent.command("members");
      return cluster.servers.every(({ name }) => new RegExp(`^${name} .*alive +server +1\\.8\\.7 +2 +dc1`, "m").test(members));
    });
    await until("it has them as its servers", async () => {
      const self = (await agent.get("/v1/agent/self")) as { readonly Stats: { readonly consul: { readonly known_servers: string } } };
      return self.Stats.consul.known_servers === "3";
    });

    const victim = (await cluster.followers()).find((one) => one !== server);
    assert(victim !== undefined);
    await victim.kill();
    await until("it sees that one of us died", async () => (await agent.statuses()).get(victim.name) !== 1, DEAD_WITHIN_MS);
    victim.start();
    await until("and that it came back", async () => (await agent.statuses()).get(victim.name) === 1, DEAD_WITHIN_MS);

    await agent.kill();
    await critical("client");
    await using back = await ConsulAgent.start({ name: "client", host: `${net}.2`, folder, args: [] });
    await passing("client");
    await back.command("leave");
    await gone("client");
    await until("it has left", async () => (await statuses(server)).get("client") === 3);
  });
});
