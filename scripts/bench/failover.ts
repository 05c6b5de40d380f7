import type { ServerProcess } from "../../test/support/server-process.ts";
import { sleep } from "../../test/support/until.ts";
import { alternate, type Bench, type Standing, withClusters } from "./contestants.ts";

/** The leader of three servers is killed with SIGKILL: how long until a write is acknowledged again. */
export async function benchFailover(bench: Bench): Promise<void> {
  await withClusters(bench, { servers: 3 }, async (standings) => {
    await alternate(Math.max(5, bench.rounds), standings, async (standing) => {
      bench.figures.add(standing.at, "leader killed to first write", "ms", "less", await failover(standing));
    });
  });
}

async function failover({ cluster }: Standing): Promise<number> {
  await cluster.allVote();
  await sleep(1_500); // everybody has heard from the leader for a while, as in ordinary life
  const leader = await cluster.leader();
  const others = cluster.servers.filter((server) => server !== leader);
  const killedAt = performance.now();
  leader.process.signal("SIGKILL");
  const doneAt = await Promise.any(others.map(firstWrite));
  await leader.kill();
  leader.start();
  await leader.answers(30_000);
  return doneAt - killedAt;
}

/** Writes at this server again and again until one is acknowledged; gives the time of that. */
async function firstWrite(server: ServerProcess): Promise<number> {
  for (let tries = 0; tries < 10_000; tries++) {
    const answer = await server.api.ask("PUT", "/v1/kv/failover", { body: `${tries} ${performance.now()}`, timeoutMs: 15_000 }).catch(() => undefined);
    if (answer?.status === 200) return performance.now();
    await sleep(5);
  }
  throw new Error(`No write through ${server.name}`);
}
