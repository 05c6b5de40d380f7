import type { ServerProcess } from "../../test/support/server-process.ts";
import { sleep, until } from "../../test/support/until.ts";
import { type Bench, type Standing, withClusters } from "./contestants.ts";
import { fill, keyName } from "./fill.ts";

const VALUE_BYTES = 100;

/** One server with a million keys of 100 bytes: memory, snapshot, the longest time it did not answer meanwhile, restart. */
export async function benchMillion(bench: Bench): Promise<void> {
  await withClusters(bench, { servers: 1 }, async (standings) => {
    for (const standing of standings) await million(bench, standing);
  });
}

async function million(bench: Bench, standing: Standing): Promise<void> {
  const add = (name: string, unit: string, value: number): void =>
    bench.figures.add(standing.at, `${name} (${bench.manyKeys.toLocaleString("en-US")} keys)`, unit, "less", value);
  const server = await standing.leader();
  add("writing them, 64 in a transaction", "s", await fill(server, "million", { keys: bench.manyKeys, valueBytes: VALUE_BYTES }));
  await sleep(3_000);
  add("memory", "MB", server.process.memory() / 1e6);
  const calm = await longestGap(server, sleep(3_000));
  const before = await intervalBegins(server);
  const begun = performance.now();
  const lag = longestLag(server, before);
  const saved = server.api.ask("GET", "/v1/snapshot", { timeoutMs: 300_000 });
  const stalled = await longestGap(server, saved);
  const answer = await saved;
  if (answer.status !== 200) throw new Error(`Snapshot: ${answer.status} ${answer.body.toString()}`);
  add("snapshot saved", "s", (performance.now() - begun) / 1000);
  const lagMs = await lag;
  if (lagMs !== undefined) add("longest stall of the event loop around it", "ms", lagMs);
  add("snapshot archive", "MB", answer.body.length / 1e6);
  add("longest wait for a stale read in calm", "ms", calm);
  add("longest wait for a stale read during a snapshot", "ms", stalled);
  add("memory after a snapshot", "MB", server.process.memory() / 1e6);
  await server.kill();
  const startedAt = performance.now();
  server.start();
  await until(
    "the last key after a restart",
    async () => (await server.api.ask("GET", `/v1/kv/${keyName("million", bench.manyKeys - 1)}?consistent`)).status === 200,
    300_000,
    20,
  );
  add("killed, started, last key read", "s", (performance.now() - startedAt) / 1000);
}

/** Reads one key every millisecond or so until `done`, and gives the longest time that one of these reads took. */
async function longestGap(server: ServerProcess, done: Promise<unknown>): Promise<number> {
  let finished = false;
  const settle = (): void => {
    finished = true;
  };
  done.then(settle, settle);
  let longest = 0;
  while (!finished) {
    const begun = performance.now();
    await server.api.ask("GET", `/v1/kv/${keyName("million", 0)}?stale`, { timeoutMs: 60_000 });
    longest = Math.max(longest, performance.now() - begun);
    await sleep(1);
  }
  return longest;
}

interface Report {
  /** When the interval began that is shown: the last one that is over. */
  readonly Timestamp: string;
  readonly Samples: readonly { readonly Name: string; readonly Max?: number }[];
}

async function reportOf(server: ServerProcess): Promise<Report> {
  return JSON.parse((await server.api.ask("GET", "/v1/agent/metrics", { timeoutMs: 60_000 })).body.toString()) as Report;
}

/** Resolves when one of the intervals of ten seconds by which a server counts has just begun, with the timestamp of the one before it. */
async function intervalBegins(server: ServerProcess): Promise<string> {
  const { Timestamp: first } = await reportOf(server);
  return until(
    "the next interval of the metrics",
    async () => {
      const { Timestamp: shown } = await reportOf(server);
      return shown === first ? undefined : shown;
    },
    30_000,
    100,
  );
}

/**
 * What the server itself says of its event loop in the two intervals that follow the one that began at `before`; `undefined` where it says nothing
 * of it. What happened earlier, such as the writing of the keys, does not count.
 */
async function longestLag(server: ServerProcess, before: string): Promise<number | undefined> {
  let longest: number | undefined;
  for (let second = 0; second < 21; second++) {
    await sleep(1_000);
    const { Timestamp: shown, Samples: samples } = await reportOf(server);
    const max = shown === before ? undefined : samples.find(({ Name: name }) => name === "consul.runtime.loop_lag")?.Max;
    if (max !== undefined) longest = Math.max(longest ?? 0, max);
  }
  return longest;
}
