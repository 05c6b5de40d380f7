import assert from "node:assert/strict";
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
const SERVICES = 100;
const CHECKS = 5;
const AT_ONCE = 16;
const PATIENCE_MS = 40_000;

/** The full size, a thousand services and five thousand checks, is measured by the section `agents` of the benchmark. */
describe(`an agent with ${SERVICES} services and ${SERVICES * CHECKS} checks`, { timeout: 120_000 }, () => {
  let cluster: Cluster;
  let agent: ServerProcess;
  let folder: string;

  before(async () => {
    cluster = await Cluster.form({ servers: 1, config: SETTINGS });
    folder = scratchFolder("many");
    const address = `${await freeLoopback()}.1`;
    agent = new ServerProcess({ program: PROGRAM, name: "many", address, folder: join(folder, "many"), config: { ...SETTINGS, server: false } });
    start();
    await agent.answers();
  });
  after(async () => {
    await agent.kill();
    await cluster[Symbol.asyncDispose]();
    removeFolder(folder);
  });

  const start = (): void => agent.start([`-retry-join=${cluster.servers[0]?.address ?? ""}`, "-retry-interval=1s"]);
  const server = (): ServerProcess["api"] => {
    const api = cluster.servers[0]?.api;
    assert(api !== undefined);
    return api;
  };
  /** Its services in the catalog, and the checks of each state that they have there. */
  const inCatalog = async (): Promise<string> => {
    const { Services } = (await server().json("GET", "/v1/catalog/node/many")) as { readonly Services: Readonly<Record<string, unknown>> };
    const checks = (await server().json("GET", "/v1/health/node/many")) as readonly { readonly ServiceID: string; readonly Status: string }[];
    const own = checks.filter(({ ServiceID }) => ServiceID !== "");
    const of = (status: string): number => own.filter(({ Status }) => Status === status).length;
    return `${Object.keys(Services).length} services, ${of("passing")} passing, ${of("warning")} warning, ${of("critical")} critical`;
  };
  const see = (expected: string): Promise<unknown> => until(expected, async () => assert.equal(await inCatalog(), expected) === undefined, PATIENCE_MS, 100);
  const all = async (count: number, work: (at: number) => Promise<void>): Promise<void> => {
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < count) await work(next++);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  };
  const put = async (path: string, body?: object): Promise<void> => {
    const answer = await agent.api.ask("PUT", path, { timeoutMs: 30_000, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    assert.equal(answer.status, 200, `${path}: ${answer.body.toString()}`);
  };

  it("has all of them in the catalog, also those that were changed and taken out while it was at it", async () => {
    await all(SERVICES, async (at) => {
      const checks = Array.from({ length: CHECKS }, (_, which) => ({ CheckID: `c-${at}-${which}`, Name: `check ${which}`, TTL: "30m", Status: "passing" }));
      await put("/v1/agent/service/register", { ID: `s-${at}`, Name: `service-${at % 20}`, Port: 1_000 + at, Checks: checks });
      if (at % 4 === 1) await put(`/v1/agent/check/warn/c-${at}-0`);
      if (at % 4 === 2) await put(`/v1/agent/check/fail/c-${at}-1`);
      if (at % 4 === 3) await put(`/v1/agent/service/deregister/s-${at}`);
    });

    await see("75 services, 325 passing, 25 warning, 25 critical");
  });

  it("knows all of them again after kill -9, with the last reports", async () => {
    await agent.kill();
    start();
    await agent.answers();

    const checks = await until("it answers for them", async () => {
      const found = Object.values((await agent.api.json("GET", "/v1/agent/checks")) as Readonly<Record<string, { readonly Status: string }>>);
      return found.length === 375 ? found : undefined;
    });
    // Of those that were never reported on nobody knows how they are.
    assert.deepEqual(new Set(checks.map(({ Status }) => Status)), new Set(["warning", "critical"]));
    await see("75 services, 0 passing, 25 warning, 350 critical");
  });

  it("brings everything back that the catalog has lost while it was away, and nothing that it was told to take out", async () => {
    await agent.kill();
    assert.equal((await server().ask("PUT", "/v1/catalog/deregister", { body: JSON.stringify({ Node: "many" }) })).status, 200);
    start();

    await see("75 services, 0 passing, 25 warning, 350 critical");
    await all(SERVICES, (at) => put(`/v1/agent/service/deregister/s-${at}`));
    await see("0 services, 0 passing, 0 warning, 0 critical");
  });

  it("waits for none of its checks when it ends", async () => {
    const check = { TCP: "127.0.0.1:1", Interval: "10s", Status: "passing" };
    await all(SERVICES, (at) => put("/v1/agent/service/register", { ID: `s-${at}`, Name: "s", Check: check }));

    assert.equal(await agent.stop(), 0, "it has left by itself");
  });
});
