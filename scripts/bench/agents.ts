import { freeLoopback } from "../../test/support/addresses.ts";
import { removeFolder, scratchFolder } from "../../test/support/processes.ts";
import { ServerProcess } from "../../test/support/server-process.ts";
import { sleep, until } from "../../test/support/until.ts";
import { alternate, type Bench, type Standing, withClusters } from "./contestants.ts";

const SERVICES = 1_000;
const CHECKS = 5;
/** Registrations under way at a time: containers that start together. */
const REGISTRARS = 16;
/** Reports of checks that change their status, one after the other for each check. */
const REPORTS = 5_000;
const NAME = "many";

/** An agent with a thousand services and five thousand checks, beside one server: registering, churn, restart, syncing, its end. */
export async function benchAgents(bench: Bench): Promise<void> {
  await withClusters(bench, { servers: 1 }, async (standings) => {
    await alternate(Math.ceil(bench.rounds / 2), standings, (standing) => life(bench, standing));
  });
}

/** One agent from its start to its end. */
async function life(bench: Bench, { at, program, leader }: Standing): Promise<void> {
  const server = await leader();
  const note = (name: string, unit: string, value: number): void => {
    bench.figures.add(at, name, unit, unit === "a second" ? "more" : "less", value);
  };
  const folder = scratchFolder("agents");
  const agent = new ServerProcess({
    program,
    name: NAME,
    address: `${await freeLoopback()}.1`,
    folder,
    config: { server: false, retry_join: [server.address], log_level: "err", limits: { http_max_conns_per_client: 2_000 } },
  });
  try {
    agent.start();
    await agent.answers();
    await until("the catalog knows it", async () => (await inCatalog(server)) >= 0, 30_000);
    await sleep(4_000); // its first sync, which waits by chance up to three seconds for its turn, is over
    const empty = agent.process.memory();
    note(`agent/service/register with ${CHECKS} checks, to the catalog`, "a second", await registered(agent, server));
    note(`memory of a service with ${CHECKS} checks at its agent`, "KB", (agent.process.memory() - empty) / SERVICES / 1024);
    const churn = await reported(agent, server);
    note("reports of checks, to the catalog", "a second", churn.perSecond);
    note("processor of the agent for a thousand of them", "ms", churn.processorMs);
    await agent.kill();
    note(`agent killed, started, knows its ${SERVICES} services`, "ms", await restarted(agent));
    await sleep(4_000); // as above
    note(`node removed from the catalog, agent started: ${SERVICES} services there, to the last`, "ms", await synced(agent, server));
    const begun = performance.now();
    await agent.stop();
    note(`agent with ${SERVICES} services and ${SERVICES * CHECKS} checks stopped`, "ms", performance.now() - begun);
  } finally {
    await agent.kill();
    removeFolder(folder);
    await server.api.ask("PUT", `/v1/agent/force-leave/${NAME}?prune`);
    await remove(server);
  }
}

async function remove(server: ServerProcess): Promise<void> {
  await server.api.ask("PUT", "/v1/catalog/deregister", { body: JSON.stringify({ Node: NAME }) });
}

/** Services of the agent that the catalog has; below 0 when it does not have the node. */
async function inCatalog(server: ServerProcess): Promise<number> {
  const found = (await server.api.json("GET", `/v1/catalog/node/${NAME}`)) as { readonly Services: Readonly<Record<string, unknown>> } | null;
  return found === null ? -1 : Object.keys(found.Services).length;
}

async function all(count: number, atOnce: number, work: (at: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

async function put(agent: ServerProcess, path: string, body?: string): Promise<void> {
  const answer = await agent.api.ask("PUT", path, { timeoutMs: 60_000, ...(body === undefined ? {} : { body }) });
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.body.toString()}`);
}

/** Services a second, until the catalog has the last one. */
async function registered(agent: ServerProcess, server: ServerProcess): Promise<number> {
  const begun = performance.now();
  await all(SERVICES, REGISTRARS, async (at) => {
    const checks = Array.from({ length: CHECKS }, (_, which) => ({ CheckID: `c-${at}-${which}`, Name: `check ${which}`, TTL: "30m", Status: "passing" }));
    await put(
      agent,
      "/v1/agent/service/register",
      JSON.stringify({ ID: `s-${at}`, Name: `service-${at % 100}`, Port: 1_000 + at, Tags: ["a", "b"], Checks: checks }),
    );
  });
  await until("the catalog has all", async () => (await inCatalog(server)) === SERVICES, 120_000, 20);
  return SERVICES / ((performance.now() - begun) / 1000);
}

/** Each check turns to a warning; a second, until the catalog has the last one. */
async function reported(agent: ServerProcess, server: ServerProcess): Promise<{ readonly perSecond: number; readonly processorMs: number }> {
  const begun = performance.now();
  const used = agent.process.processorMs();
  await all(REPORTS, REGISTRARS, (at) => put(agent, `/v1/agent/check/warn/c-${at % SERVICES}-${Math.floor(at / SERVICES)}?note=n`));
  const warned = async (): Promise<boolean> => ((await server.api.json("GET", "/v1/health/state/warning")) as readonly unknown[]).length === REPORTS;
  await until("the catalog has all", warned, 120_000, 100);
  return { perSecond: REPORTS / ((performance.now() - begun) / 1000), processorMs: ((agent.process.processorMs() - used) / REPORTS) * 1000 };
}

async function restarted(agent: ServerProcess): Promise<number> {
  const begun = performance.now();
  agent.start();
  await until("it knows its services", async () => Object.keys((await agent.api.json("GET", "/v1/agent/services")) as object).length === SERVICES, 60_000, 5);
  return performance.now() - begun;
}

/** The agent is away while somebody removes its node; how long after its start until the catalog has everything again. */
async function synced(agent: ServerProcess, server: ServerProcess): Promise<number> {
  await agent.kill();
  await remove(server);
  const begun = performance.now();
  agent.start();
  await until("the catalog has all", async () => (await inCatalog(server)) === SERVICES, 120_000, 20);
  return performance.now() - begun;
}
