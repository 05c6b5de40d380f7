import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ask } from "../dns/asking.ts";
import { freeLoopback } from "../support/addresses.ts";
import { health, holdKey, isHeld, QUICK_GOSSIP } from "../support/catalog.ts";
import { Cluster } from "../support/cluster.ts";
import { removeFolder, scratchFolder } from "../support/processes.ts";
import { PROGRAM } from "../support/programs.ts";
import { ServerProcess } from "../support/server-process.ts";
import { until } from "../support/until.ts";

const SETTINGS = { ...QUICK_GOSSIP, performance: { raft_multiplier: 1, leave_drain_time: "100ms" } };

describe("an agent that is no server", { timeout: 400_000 }, () => {
  let cluster: Cluster;
  let client: ServerProcess;
  let folder: string;

  before(async () => {
    // Servers are killed in turn: one that is slow to come back on a busy machine is still to vote when the next one goes.
    cluster = await Cluster.form({ servers: 3, config: { ...SETTINGS, autopilot: { cleanup_dead_servers: false } } });
    folder = scratchFolder("client");
    client = new ServerProcess({
      program: PROGRAM,
      name: "c1",
      address: `${await freeLoopback()}.1`,
      folder: join(folder, "c1"),
      config: { ...SETTINGS, server: false },
    });
  });
  after(async () => {
    await client.kill();
    await cluster[Symbol.asyncDispose]();
    removeFolder(folder);
  });

  it("says that it knows no server, with status 500, until it has met one (Consul 1.8.7)", async () => {
    client.start(["-retry-join=127.0.0.254", "-retry-interval=1s"]);
    const answer = await until("it answers", () => client.api.ask("GET", "/v1/kv/formed"));
    assert.equal(answer.status, 500);
    assert.equal(answer.body.toString(), "No known Consul servers");
    const [first] = cluster.servers;
    assert.equal((await client.api.ask("PUT", `/v1/agent/join/${first?.address ?? ""}`)).status, 200);
    await until("it answers from the store", async () => (await client.api.get("formed")) === "yes");
  });

  it("is a node of the catalog without a service, and owns the sessions made at it", async () => {
    await until("it is passing", async () => (await health(client)).get("c1") === "passing");
    const services = (await client.api.json("GET", "/v1/catalog/node/c1")) as { readonly Services: object };
    assert.deepEqual(Object.keys(services.Services), []);
    await holdKey(client, "held/client");
    const sessions = (await client.api.json("GET", "/v1/session/node/c1")) as readonly object[];
    assert.equal(sessions.length, 1);
  });

  it("answers DNS by asking servers, and names that are in another datacenter with nothing", async () => {
    const asked = (text: string) => ask({ server: client.address, port: 8600, text }, 20_000);
    const servers = cluster.servers.map(({ address }) => `consul.service.consul 0 IN A ${address}`);
    await until("it finds all servers", async () => (await asked("A consul.service.consul"))?.answer.join() === servers.sort().join());
    // each question goes to some server, and not every one has to know already what another knows
    await until("all name servers are there", async () => (await asked("NS consul"))?.answer.length === 3);
    assert.deepEqual((await asked("A c1.node.consul"))?.answer, [`c1.node.consul 0 IN A ${client.address}`]);
    const reverse = `${client.address.split(".").reverse().join(".")}.in-addr.arpa`;
    assert.deepEqual((await asked(`PTR ${reverse}`))?.answer, [`${reverse} 0 IN PTR c1.node.dc1.consul`]);
    assert.equal((await client.api.ask("POST", "/v1/query", { body: JSON.stringify({ Name: "servers", Service: { Service: "consul" } }) })).status, 200);
    await until("the query finds all servers", async () => (await asked("A servers.query.consul"))?.answer.length === 3);
    for (const name of ["nobody.query", "nobody.service", "nobody.node", "c1.node.dc7", "consul.service.dc7"])
      assert.equal((await asked(`A ${name}.consul`))?.head, "NXDOMAIN qr aa rd", name);
  });

  it("takes writes, stale and consistent reads, blocking queries and snapshots", async () => {
    assert.equal(await client.api.put("by/client", "1"), true);
    for (const mode of ["", "consistent"]) assert.equal(await client.api.get("by/client", mode), "1");
    await until("a stale read shows it", async () => (await client.api.get("by/client", "stale")) === "1");
    const before = await client.api.askLeader("GET", "/v1/kv/by/client");
    const waiting = client.api.ask("GET", `/v1/kv/by/client?raw&index=${String(before.headers["x-consul-index"])}&wait=10m`, { timeoutMs: 60_000 });
    await cluster.servers[0]?.api.put("by/client", "2");
    assert.equal((await waiting).body.toString(), "2");
    const saved = await client.api.ask("GET", "/v1/snapshot");
    assert.equal(saved.status, 200);
    await client.api.put("by/client", "3");
    assert.equal((await client.api.ask("PUT", "/v1/snapshot", { body: saved.body })).status, 200);
    assert.equal(await client.api.get("by/client"), "2");
  });

  it("goes on with another server when the one it asks is killed, its waiting reads too", async () => {
    for (const victim of cluster.servers) {
      const before = await client.api.askLeader("GET", "/v1/kv/by/client");
      const waiting = client.api.ask("GET", `/v1/kv/by/client?raw&index=${String(before.headers["x-consul-index"])}&wait=10m`, { timeoutMs: 120_000 });
      await victim.kill();
      await until("it writes", () => client.api.put("by/client", victim.name));
      assert.equal((await waiting).body.toString(), victim.name);
      victim.start();
      await cluster.allVote();
    }
  });

  it("that is killed is critical and its sessions end; that leaves is gone", async () => {
    const [first] = cluster.servers;
    assert(first !== undefined);
    await holdKey(client, "held/again");
    await client.kill();
    await until("it is critical", async () => (await health(first)).get("c1") === "critical");
    assert.equal(await isHeld(first, "held/again"), false);
    const starts = (): number => client.process.log().split("Client started").length;
    const before = starts();
    client.start();
    await until("it is back without a word", async () => (await health(first)).get("c1") === "passing");
    await until("it listens to signals", () => starts() > before); // the pool has it back while it is still starting
    assert.equal(await client.stop(), 0);
    await until("it is gone", async () => !(await health(first)).has("c1"));
  });
});
