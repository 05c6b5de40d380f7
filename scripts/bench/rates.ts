import { alternate, type Bench, withClusters } from "./contestants.ts";
import { fill } from "./fill.ts";

const OPERATIONS = [
  { name: "put", operation: "put", query: "" },
  { name: "get default", operation: "get", query: "" },
  { name: "get stale", operation: "get", query: "stale" },
  { name: "get consistent", operation: "get", query: "consistent" },
] as const;
const CONNECTIONS = [1, 16, 64, 256] as const;
const KEYS = 10_000;
const VALUE_BYTES = 100;

/** KV writes and reads at the leader of three servers: rate, middle and 99th percentile of the time an answer takes. */
export async function benchRates(bench: Bench): Promise<void> {
  await withClusters(bench, { servers: 3 }, async (standings) => {
    for (const standing of standings) {
      const leader = await standing.leader();
      const { address } = leader;
      // Every key that will be read is there, and both sides have warmed up.
      await fill(leader, "load", { keys: KEYS, valueBytes: VALUE_BYTES });
      await bench.loader.run({ host: address, operation: "put", query: "", connections: 64, seconds: 1, valueBytes: VALUE_BYTES, keys: KEYS });
      await bench.loader.run({ host: address, operation: "get", query: "", connections: 64, seconds: 1, valueBytes: VALUE_BYTES, keys: KEYS });
    }
    for (const { name, operation, query } of OPERATIONS) {
      for (const connections of CONNECTIONS) {
        await alternate(bench.rounds, standings, async (standing) => {
          const { address } = await standing.leader();
          const result = await bench.loader.run({ host: address, operation, query, connections, seconds: bench.seconds, valueBytes: VALUE_BYTES, keys: KEYS });
          if (result.errors > 0) console.log(`${standing.name}: ${result.errors} answers of ${name} at ${connections} were errors`);
          const label = `${name}, ${connections} connections`;
          bench.figures.add(standing.at, label, "a second", "more", result.perSecond);
          bench.figures.add(standing.at, `${label}: p50`, "ms", "less", result.p50Ms);
          bench.figures.add(standing.at, `${label}: p99`, "ms", "less", result.p99Ms);
        });
      }
    }
  });
}
