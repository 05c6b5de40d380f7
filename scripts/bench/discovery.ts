import type { ServerProcess } from "../../test/support/server-process.ts";
import { sleep, until } from "../../test/support/until.ts";
import { alternate, type Bench, type Standing, withClusters } from "./contestants.ts";
import { RawConnection, requestBytes } from "./raw-connection.ts";

const CONNECTIONS = [1, 64] as const;
const WATCHERS = 1_000;
/** Instances of the service that is watched: an answer has as many. */
const WATCHED = 10;
/** Instances whose memory is looked at; so many lie on a node, and have so many different names. */
const INSTANCES = 20_000;
const ON_A_NODE = 100;
const NAMES = 500;

/** The catalog at the leader of three servers: writes a second, a check that flips under a thousand watchers, memory of instances. */
export async function benchDiscovery(bench: Bench): Promise<void> {
  await withClusters(bench, { servers: 3 }, async (standings) => {
    for (const standing of standings) await registrations(await standing.leader(), { connections: 64, seconds: 1, round: -1 });
    for (const connections of CONNECTIONS) {
      await alternate(bench.rounds, standings, async (standing, round) => {
        const rate = await registrations(await standing.leader(), { connections, seconds: bench.seconds, round });
        bench.figures.add(standing.at, `catalog/register, ${connections} connections`, "a second", "more", rate);
      });
    }
    for (const standing of standings) await watchedService(await standing.leader());
    await alternate(Math.max(3, bench.rounds), standings, async (standing, round) => {
      const ms = await flip(await standing.leader(), round);
      bench.figures.add(standing.at, `a check's flip to ${WATCHERS} watchers of its service, to the last`, "ms", "less", ms);
    });
  });
  await withClusters(bench, { servers: 1 }, async (standings) => {
    for (const standing of standings) {
      const bytes = await memoryOfInstance(standing);
      bench.figures.add(standing.at, `memory of an instance with its check (of ${INSTANCES})`, "KB", "less", bytes / 1024);
    }
  });
}

/** An instance with a check, as the catalog is told of it; another `port` is another content. */
function registration(node: number, service: string, port: number, status = "passing"): string {
  return JSON.stringify({
    Node: `node-${node}`,
    Address: `10.${node >> 16}.${(node >> 8) & 255}.${node & 255}`,
    Service: { ID: `${service}-1`, Service: service, Port: port, Tags: ["primary", `v${port % 10}`], Meta: { version: "1.2.3" } },
    Check: { Node: `node-${node}`, CheckID: `service:${service}-1`, Name: `Service '${service}' check`, ServiceID: `${service}-1`, Status: status },
  });
}

/** How many registrations a second one server takes on so many connections, each of which has a node of its own. */
async function registrations(
  server: ServerProcess,
  { connections, seconds, round }: { readonly connections: number; readonly seconds: number; readonly round: number },
): Promise<number> {
  let done = 0;
  let sent = 0;
  let stopAt = Number.POSITIVE_INFINITY;
  const open: RawConnection[] = [];
  const begin: (() => void)[] = [];
  const ends = Array.from({ length: connections }, async (_, node) => {
    let ended: (failed?: Error) => void = () => undefined;
    const end = new Promise<void>((resolve, reject) => {
      ended = (failed) => (failed === undefined ? resolve() : reject(failed));
    });
    const next = (): void =>
      connection.send(requestBytes("PUT", "/v1/catalog/register", Buffer.from(registration(node, "load", 1 + (++sent % 60_000), "passing"))));
    const answered = (status: number): void => {
      if (status === 200) done++;
      else ended(new Error(`catalog/register, round ${round}: ${status}`));
      if (performance.now() >= stopAt) ended();
      else next();
    };
    const connection = await RawConnection.open(server.address, 8500, answered);
    open.push(connection);
    begin.push(next);
    return end;
  });
  await until("all connections are open", () => begin.length === connections, 10_000, 1);
  const begun = performance.now();
  stopAt = begun + seconds * 1000;
  for (const run of begin) run();
  await Promise.all(ends);
  for (const connection of open) connection.close();
  return done / ((performance.now() - begun) / 1000);
}

async function watchedService(server: ServerProcess): Promise<void> {
  for (let node = 0; node < WATCHED; node++) await put(server, registration(1_000 + node, "watched", 80));
}

async function put(server: ServerProcess, body: string): Promise<void> {
  const answer = await server.api.ask("PUT", "/v1/catalog/register", { body });
  if (answer.status !== 200) throw new Error(`catalog/register: ${answer.status} ${answer.body.toString()}`);
}

/** Milliseconds from sending the news of a check to the last watcher's answer. */
async function flip(server: ServerProcess, round: number): Promise<number> {
  const path = "/v1/health/service/watched";
  const index = (await server.api.ask("GET", path)).headers["x-consul-index"];
  let answered = 0;
  let lastAt = 0;
  const onAnswer = (): void => {
    answered++;
    lastAt = performance.now();
  };
  const watchers: RawConnection[] = [];
  while (watchers.length < WATCHERS) {
    watchers.push(...(await Promise.all(Array.from({ length: 100 }, () => RawConnection.open(server.address, 8500, onAnswer)))));
  }
  const request = requestBytes("GET", `${path}?index=${index}&wait=10m`);
  for (const watcher of watchers) watcher.send(request);
  await sleep(700); // the queries are with the server before the news is sent
  if (answered > 0) throw new Error(`${answered} watchers were answered before there was a change`);
  const begun = performance.now();
  await put(server, registration(1_000, "watched", 80, round % 2 === 0 ? "critical" : "passing"));
  await until("all watchers are answered", () => answered === WATCHERS, 30_000, 1);
  for (const watcher of watchers) watcher.close();
  return lastAt - begun;
}

/** Bytes by which the server grows for each instance. */
async function memoryOfInstance({ leader }: Standing): Promise<number> {
  const server = await leader();
  const before = server.process.memory();
  let next = 0;
  const writer = async (): Promise<void> => {
    while (next < INSTANCES) {
      const at = next++;
      await put(server, registration(2_000 + Math.floor(at / ON_A_NODE), `name-${at % NAMES}`, 1_024 + at));
    }
  };
  await Promise.all(Array.from({ length: 32 }, writer));
  await sleep(2_000); // what was garbage is gone, as far as it goes by itself
  return (server.process.memory() - before) / INSTANCES;
}
