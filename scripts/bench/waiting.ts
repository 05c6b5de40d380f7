import type { ServerProcess } from "../../test/support/server-process.ts";
import { sleep } from "../../test/support/until.ts";
import { alternate, type Bench, type Standing, withClusters } from "./contestants.ts";
import { RawConnection, requestBytes } from "./raw-connection.ts";

const IDLE = 10_000;
const IDLE_SECONDS = 5;
const WATCHERS = 1_000;

/** Blocking queries at the leader of three servers: what ten thousand cost that wait, and how soon a thousand hear of a write. */
export async function benchWaiting(bench: Bench): Promise<void> {
  await withClusters(bench, { servers: 3 }, async (standings) => {
    for (const { cluster } of standings) {
      const leader = await cluster.leader();
      await leader.api.put("watched", "0");
      await wakeUp(leader, "to warm up");
    }
    await alternate(Math.max(3, bench.rounds), standings, async (standing, round) => {
      bench.figures.add(standing.at, `wake-up of ${WATCHERS} watchers, to the last`, "ms", "less", await wakeUp(await standing.leader(), `${round}`));
    });
    for (const standing of standings) await idle(bench, standing);
  });
}

/** Milliseconds from sending a write to the last watcher's answer. */
async function wakeUp(server: ServerProcess, round: string): Promise<number> {
  const index = (await server.api.ask("GET", "/v1/kv/watched")).headers["x-consul-index"];
  let answered = 0;
  let lastAt = 0;
  const watchers = await waiters(server, WATCHERS, String(index), () => {
    answered++;
    lastAt = performance.now();
  });
  await sleep(500); // the queries are with the server before the write is sent
  if (answered > 0) throw new Error(`${answered} watchers were answered before there was a change`);
  const begun = performance.now();
  await server.api.put("watched", `${round} ${begun}`);
  while (answered < WATCHERS) {
    if (performance.now() - begun > 30_000) throw new Error(`Only ${answered} of ${WATCHERS} watchers heard of the write`);
    await sleep(1);
  }
  for (const watcher of watchers) watcher.close();
  return lastAt - begun;
}

async function idle(bench: Bench, standing: Standing): Promise<void> {
  const server = await standing.leader();
  const quietFrom = server.process.processorMs();
  await sleep(IDLE_SECONDS * 1000);
  const quiet = server.process.processorMs() - quietFrom;
  const before = server.process.memory();
  const connections = await waiters(server, IDLE, "1000000000", () => {});
  await sleep(1000);
  const after = server.process.memory();
  const from = server.process.processorMs();
  await sleep(IDLE_SECONDS * 1000);
  const used = server.process.processorMs() - from;
  bench.figures.add(standing.at, `memory of an idle blocking query (of ${IDLE})`, "KB", "less", (after - before) / IDLE / 1024);
  bench.figures.add(standing.at, `processor with ${IDLE} idle blocking queries`, "% of a core", "less", used / IDLE_SECONDS / 10);
  bench.figures.add(standing.at, "processor with none", "% of a core", "less", quiet / IDLE_SECONDS / 10);
  for (const connection of connections) connection.close();
}

async function waiters(server: ServerProcess, count: number, index: string, onAnswer: () => void): Promise<readonly RawConnection[]> {
  const request = requestBytes("GET", `/v1/kv/watched?index=${index}&wait=10m`);
  const made: RawConnection[] = [];
  while (made.length < count) {
    const some = Array.from({ length: Math.min(100, count - made.length) }, () => RawConnection.open(server.address, 8500, onAnswer));
    made.push(...(await Promise.all(some)));
  }
  for (const connection of made) connection.send(request);
  return made;
}
