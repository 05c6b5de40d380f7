import { join } from "node:path";
import { freeLoopback } from "../../test/support/addresses.ts";
import { statuses } from "../../test/support/catalog.ts";
import { Cluster } from "../../test/support/cluster.ts";
import { removeFolder, scratchFolder } from "../../test/support/processes.ts";
import { ServerProcess } from "../../test/support/server-process.ts";
import { sleep, until } from "../../test/support/until.ts";
import { alternate, type Bench, type Contestant } from "./contestants.ts";

const CLIENTS = 4;
const CONFIG = { log_level: "err" };
const ALIVE = 1;
const FAILED = 4;
/** Both print what they counted in the last whole interval of ten seconds. */
const METRICS_SECONDS = 10;

/** A contestant's pool: three servers and some clients, with the timing of a LAN. */
interface Standing extends Contestant {
  readonly agents: readonly ServerProcess[];
  readonly clients: readonly ServerProcess[];
}

/**
 * One pool of three servers and four clients with everybody's own defaults: how long until all have heard an event, until all see a killed member fail, and
 * until all see one alive again that stood still for so long that it had failed; and what a client costs that has nothing to do.
 */
export async function benchGossip(bench: Bench): Promise<void> {
  const folder = scratchFolder("gossip");
  const clusters: Cluster[] = [];
  const standings: Standing[] = [];
  try {
    for (const contestant of bench.contestants) {
      const cluster = await Cluster.form({ servers: 3, program: contestant.program, config: CONFIG });
      clusters.push(cluster);
      const clients = await startClients(contestant, cluster.servers[0]?.address ?? "", join(folder, contestant.name));
      standings.push({ ...contestant, clients, agents: [...cluster.servers, ...clients] });
    }
    for (const { agents } of standings) await allSee(agents, agents, ALIVE);
    await alternate(Math.max(5, bench.rounds), standings, async (standing, round) => {
      bench.figures.add(standing.at, `event told to all ${3 + CLIENTS} agents have it`, "ms", "less", await spread(standing, `round-${round}`));
    });
    await cost(bench, standings);
    await alternate(Math.max(3, Math.floor(bench.rounds / 2)), standings, async (standing) => {
      bench.figures.add(standing.at, "member killed to all see it failed", "s", "less", await detection(standing));
      bench.figures.add(standing.at, "failed member goes on to all see it alive", "s", "less", await refutation(standing));
    });
  } finally {
    for (const client of standings.flatMap(({ clients }) => clients)) {
      if (client.running) client.thaw();
      await client.kill();
    }
    for (const cluster of clusters) await cluster[Symbol.asyncDispose]();
    removeFolder(folder);
  }
}

async function startClients({ program }: Contestant, server: string, folder: string): Promise<readonly ServerProcess[]> {
  const net = await freeLoopback();
  const clients = Array.from({ length: CLIENTS }, (_, at) => {
    const name = `c${at + 1}`;
    return new ServerProcess({ program, name, address: `${net}.${at + 1}`, folder: join(folder, name), config: { ...CONFIG, server: false } });
  });
  for (const client of clients) client.start([`-retry-join=${server}`]);
  await Promise.all(clients.map((client) => client.answers(30_000)));
  return clients;
}

/** Waits until each of `agents` sees each of `whom` so; gives the time of that. */
async function allSee(agents: readonly ServerProcess[], whom: readonly ServerProcess[], status: number): Promise<number> {
  const sees = async (agent: ServerProcess): Promise<boolean> => {
    const seen = await statuses(agent);
    return whom.every(({ name }) => seen.get(name) === status);
  };
  await Promise.all(agents.map((agent) => until(`${agent.name} sees status ${status}`, () => sees(agent), 120_000, 20)));
  return performance.now();
}

async function spread({ agents, clients }: Standing, name: string): Promise<number> {
  const begun = performance.now();
  await clients[0]?.api.json("PUT", `/v1/event/fire/${name}`);
  const has = async (agent: ServerProcess): Promise<boolean> => ((await agent.api.json("GET", `/v1/event/list?name=${name}`)) as readonly object[]).length > 0;
  await Promise.all(agents.map((agent) => until(`${agent.name} has the event`, () => has(agent), 60_000, 5)));
  return performance.now() - begun;
}

async function detection({ agents, clients }: Standing): Promise<number> {
  const [, victim] = clients;
  if (victim === undefined) return Number.NaN;
  const others = agents.filter((agent) => agent !== victim);
  const begun = performance.now();
  await victim.kill();
  const seen = await allSee(others, [victim], FAILED);
  victim.start();
  await victim.answers(30_000);
  await allSee(agents, agents, ALIVE);
  return (seen - begun) / 1000;
}

async function refutation({ agents, clients }: Standing): Promise<number> {
  const [, , victim] = clients;
  if (victim === undefined) return Number.NaN;
  const others = agents.filter((agent) => agent !== victim);
  victim.freeze();
  await allSee(others, [victim], FAILED);
  const begun = performance.now();
  victim.thaw();
  return ((await allSee(others, [victim], ALIVE)) - begun) / 1000;
}

async function cost(bench: Bench, standings: readonly Standing[]): Promise<void> {
  await sleep(METRICS_SECONDS * 1000); // whatever came with the events is over
  const before = standings.map(({ clients }) => clients.map((client) => client.process.processorMs()));
  await sleep(METRICS_SECONDS * 1000);
  for (const [index, { at, clients }] of standings.entries()) {
    const usedMs = clients.map((client, each) => client.process.processorMs() - (before[index]?.[each] ?? 0));
    bench.figures.add(at, "processor of a client that is idle", "% of a core", "less", mean(usedMs) / METRICS_SECONDS / 10);
    bench.figures.add(at, "gossip of a client that is idle, sent", "bytes/s", "less", mean(await Promise.all(clients.map(bytesSent))) / METRICS_SECONDS);
    bench.figures.add(at, "memory of a client that is idle", "MB", "less", mean(clients.map((client) => client.process.memory())) / 2 ** 20);
  }
}

/** Bytes of datagrams and streams in the last interval. */
async function bytesSent(agent: ServerProcess): Promise<number> {
  const { Counters } = (await agent.api.json("GET", "/v1/agent/metrics")) as { readonly Counters: readonly { readonly Name: string; readonly Sum: number }[] };
  return Counters.filter(({ Name }) => /memberlist\.(udp|tcp)\.sent$/.test(Name)).reduce((sum, { Sum }) => sum + Sum, 0);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
