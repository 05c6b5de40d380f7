import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { freeLoopback } from "../support/addresses.ts";
import { QUICK_GOSSIP } from "../support/catalog.ts";
import { Cluster } from "../support/cluster.ts";
import { removeFolder, scratchFolder } from "../support/processes.ts";
import { PROGRAM } from "../support/programs.ts";
import { ServerProcess } from "../support/server-process.ts";
import { until } from "../support/until.ts";

const SETTINGS = { ...QUICK_GOSSIP, performance: { raft_multiplier: 1, leave_drain_time: "100ms" } };
const WEB = JSON.stringify({ Name: "web", Port: 80, Check: { TTL: "120s" } });

describe("services of an agent that is no server", { timeout: 400_000 }, () => {
  let cluster: Cluster;
  let client: ServerProcess;
  let folder: string;
  let definitions: string;

  before(async () => {
    cluster = await Cluster.form({ servers: 1, config: SETTINGS });
    folder = scratchFolder("services");
    definitions = join(folder, "services.json");
    mkdirSync(folder, { recursive: true });
    writeFileSync(definitions, JSON.stringify({ service: { name: "configured", port: 1 } }));
    const address = `${await freeLoopback()}.1`;
    client = new ServerProcess({ program: PROGRAM, name: "c1", address, folder: join(folder, "c1"), config: { ...SETTINGS, server: false } });
    start();
  });
  after(async () => {
    await client.kill();
    await cluster[Symbol.asyncDispose]();
    removeFolder(folder);
  });

  const start = (): void => client.start([`-retry-join=${cluster.servers[0]?.address ?? ""}`, "-retry-interval=1s", `-config-file=${definitions}`]);
  const server = (): ServerProcess["api"] => {
    const api = cluster.servers[0]?.api;
    assert(api !== undefined);
    return api;
  };
  const inCatalog = async (): Promise<readonly string[]> => {
    const found = (await server().json("GET", "/v1/catalog/node/c1")) as { readonly Services: Readonly<Record<string, unknown>> } | null;
    return Object.keys(found?.Services ?? {}).sort();
  };
  const passing = async (): Promise<number> => ((await server().json("GET", "/v1/health/service/web?passing")) as readonly unknown[]).length;

  it("are in the catalog at once, with their checks", async () => {
    await until("the configured one is there", async () => (await inCatalog()).includes("configured"));
    assert.equal((await client.api.ask("PUT", "/v1/agent/service/register", { body: WEB })).status, 200);
    await until("it is there", async () => (await inCatalog()).includes("web"));
    assert.equal(await passing(), 0);
    await client.api.ask("PUT", "/v1/agent/check/pass/service:web");
    await until("it is passing", async () => (await passing()) === 1);
  });

  it("outlive a kill -9 of their agent, with the last report", async () => {
    await client.kill();
    start();
    await until("it answers", async () => Object.keys((await client.api.json("GET", "/v1/agent/services")) as object).length === 2);
    await until("it is passing", async () => (await passing()) === 1);
  });

  it("stay away when they are taken out of the catalog at a server", async () => {
    const body = JSON.stringify({ Node: "c1", ServiceID: "web" });
    assert.equal((await server().ask("PUT", "/v1/catalog/deregister", { body })).status, 200);
    await until("the agent has heard of it", async () => !Object.hasOwn((await client.api.json("GET", "/v1/agent/services")) as object, "web"));
    await until("the catalog has followed", async () => (await inCatalog()).join() === "configured");
  });

  it("follow their configuration when it is read anew", async () => {
    writeFileSync(definitions, JSON.stringify({ service: { name: "another", port: 1 } }));
    assert.equal((await client.api.ask("PUT", "/v1/agent/reload")).status, 200);
    await until("the catalog has followed", async () => (await inCatalog()).join() === "another");
  });
});
