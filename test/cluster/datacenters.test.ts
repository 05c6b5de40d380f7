import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { QUICK_GOSSIP, statuses } from "../support/catalog.ts";
import { Cluster } from "../support/cluster.ts";
import { PROGRAM } from "../support/programs.ts";
import type { ServerProcess } from "../support/server-process.ts";
import { until } from "../support/until.ts";

const [KEY, NEXT_KEY] = [1, 2].map((byte) => Buffer.alloc(32, byte).toString("base64"));
const SETTINGS = { ...QUICK_GOSSIP, encrypt: KEY };
const run = promisify(execFile);

/** A WAN pool exchanges whole lists once a minute, and one such exchange may go to somebody who knows no more. */
const PUSH_PULL_MS = 130_000;

describe("two datacenters", { timeout: 400_000 }, () => {
  let near: Cluster;
  let far: Cluster;
  let asked: ServerProcess;

  before(async () => {
    near = await Cluster.form({ servers: 2, config: { ...SETTINGS, translate_wan_addrs: true } });
    far = await Cluster.form({ servers: 3, prefix: "f", config: { ...SETTINGS, datacenter: "far" } });
    const [first] = near.servers;
    assert(first !== undefined);
    asked = first;
  });
  after(async () => {
    await near[Symbol.asyncDispose]();
    await far[Symbol.asyncDispose]();
  });

  it("do not know each other at first", async () => {
    const answer = await asked.api.ask("GET", "/v1/kv/formed?dc=far");
    assert.equal(answer.status, 500);
    assert.equal(answer.body.toString(), "No path to datacenter");
    assert.deepEqual(await asked.api.json("GET", "/v1/catalog/datacenters"), ["dc1"]);
  });

  it("are one WAN pool after one server has joined one other", async () => {
    const [there] = far.servers;
    assert.equal((await asked.api.ask("PUT", `/v1/agent/join/${there?.address ?? ""}?wan=1`)).status, 200);
    // Whom the news misses, as happens to one now and then, learns them when whole lists are exchanged.
    for (const server of [...near.servers, ...far.servers])
      await until(`${server.name} sees all`, async () => (await statuses(server, "?wan=1")).size === 5, PUSH_PULL_MS);
    assert.deepEqual([...(await statuses(asked, "?wan=1")).keys()].sort(), ["f1.far", "f2.far", "f3.far", "s1.dc1", "s2.dc1"]);
    for (const [server, names] of [
      [asked, ["dc1", "far"]],
      [there, ["far", "dc1"]],
    ] as const)
      await until("it lists both, its own first", async () => String(await server?.api.json("GET", "/v1/catalog/datacenters")) === names.join());
  });

  it("answer each other's writes, reads, sessions and blocking queries, by any server", async () => {
    for (const server of near.servers) {
      assert.equal(await server.api.put("far/key", server.name, "?dc=far"), true);
      assert.equal(await server.api.get("far/key", "dc=far"), server.name);
      assert.equal(await server.api.get("far/key"), undefined);
    }
    assert.equal(await far.servers[0]?.api.get("far/key"), near.servers.at(-1)?.name);
    const nodes = (await asked.api.json("GET", "/v1/catalog/nodes?dc=far")) as readonly { readonly Node: string }[];
    assert.deepEqual(nodes.map(({ Node }) => Node).sort(), ["f1", "f2", "f3"]);
    const before = await asked.api.askLeader("GET", "/v1/kv/far/key?dc=far");
    const waiting = asked.api.ask("GET", `/v1/kv/far/key?raw&dc=far&index=${String(before.headers["x-consul-index"])}&wait=10m`, { timeoutMs: 60_000 });
    await far.servers[1]?.api.put("far/key", "woken");
    assert.equal((await waiting).body.toString(), "woken");
    assert.equal((await asked.api.ask("GET", "/v1/snapshot?dc=far")).status, 200);
  });

  it("give what is over there by its WAN addresses where translate_wan_addrs is on", async () => {
    const [there] = far.servers;
    const TaggedAddresses = { lan: "10.0.0.1", wan: "198.18.0.1" };
    const Service = { Service: "shop", Address: "10.0.0.2", Port: 80, TaggedAddresses: { wan: { Address: "198.18.0.2", Port: 8080 } } };
    await there?.api.ask("PUT", "/v1/catalog/register", { body: JSON.stringify({ Node: "n", Address: "10.0.0.1", TaggedAddresses, Service }) });
    await there?.api.ask("POST", "/v1/query", { body: JSON.stringify({ Name: "shop", Service: { Service: "shop" } }) });
    for (const [server, expected] of [
      [asked, "198.18.0.1 198.18.0.2 8080"],
      [there, "10.0.0.1 10.0.0.2 80"],
    ] as const) {
      type Found = { readonly Node: { readonly Address: string }; readonly Service: { readonly Address: string; readonly Port: number } };
      const shown = (found: Found | undefined): string => `${found?.Node.Address} ${found?.Service.Address} ${found?.Service.Port}`;
      const healthy = (await server?.api.json("GET", "/v1/health/service/shop?dc=far")) as readonly Found[];
      const executed = (await server?.api.json("GET", "/v1/query/shop/execute?dc=far")) as { readonly Nodes: readonly Found[] };
      assert.deepEqual([healthy[0], executed.Nodes[0]].map(shown), [expected, expected]);
    }
  });

  it("change the key of all three pools at once while they run, and count who holds it", async () => {
    const keyring = async (...args: readonly string[]): Promise<string> =>
      (await run(PROGRAM, ["keyring", `-http-addr=http://${asked.address}:8500`, ...args])).stdout;
    const held = (list: string): readonly string[] =>
      [...list.matchAll(/^(WAN|\S+ \(LAN\)):|^ {2}(\S+) \[(\d+\/\d+)\]/gm)].map(([, pool, key, count]) => pool ?? `${key} ${count}`);
    const pools = (...keys: readonly (string | undefined)[]): readonly string[] =>
      (["WAN", "dc1 (LAN)", "far (LAN)"] as const).flatMap((pool, at) => [pool, ...keys.map((key) => `${key} ${[5, 2, 3][at]}/${[5, 2, 3][at]}`)]);
    const shows = (keys: readonly string[], ...args: readonly string[]): Promise<true> =>
      until(`${args.join(" ")} shows ${keys.join(", ")}`, async () => {
        assert.deepEqual(held(await keyring(...args)), keys);
        return true;
      });
    // a query that misses somebody is asked again
    const change = (...args: readonly string[]): Promise<true> => until(args.join(" "), async () => (await keyring(...args)) !== "");
    await shows(pools(KEY), "-list");
    await change(`-install=${NEXT_KEY}`, "-relay-factor=2");
    await shows(pools(KEY, NEXT_KEY), "-list");
    await change(`-use=${NEXT_KEY}`);
    await shows(pools(NEXT_KEY), "-list-primary");
    await assert.rejects(keyring(`-remove=${NEXT_KEY}`), { code: 1 });
    await change(`-remove=${KEY}`, "-relay-factor=1");
    await shows(pools(NEXT_KEY).slice(2, 4), "-list", "-local-only");
  });

  it("know how far apart their servers are", async () => {
    const rtt = (...args: readonly string[]): Promise<{ readonly stdout: string }> => run(PROGRAM, ["rtt", `-http-addr=http://${asked.address}:8500`, ...args]);
    await until("there are coordinates of both", async () =>
      /^Estimated f1\.far <-> s1\.dc1 rtt: \d+\.\d{3} ms \(using WAN coordinates\)/.test((await rtt("-wan", "f1.far", "s1.dc1")).stdout),
    );
    await until("the agent's own is the other one", async () => /^Estimated f2\.far <-> s1\.dc1 rtt/.test((await rtt("-wan", "f2.far")).stdout));
    await assert.rejects(rtt("-wan", "f1"), { code: 1 });
  });

  it("are still answered when a server there is killed", async () => {
    const victim = await far.leader();
    await victim.kill();
    await until("it answers", () => asked.api.put("far/key", "after", "?dc=far"));
    assert.equal(await asked.api.get("far/key", "dc=far"), "after");
  });
});
