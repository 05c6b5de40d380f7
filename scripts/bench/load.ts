// The load generator, in a process of its own: gets jobs from its parent, one at a time, and sends back what was measured.
import { keyName } from "./fill.ts";
import { RawConnection, requestBytes } from "./raw-connection.ts";

/** Asks one server in a loop on each of some connections. */
export interface LoadJob {
  readonly host: string;
  readonly operation: "put" | "get";
  /** What goes behind the key: `stale`, `consistent` or nothing. */
  readonly query: string;
  readonly connections: number;
  readonly seconds: number;
  readonly valueBytes: number;
  /** Keys go from 0 to this, in turn. */
  readonly keys: number;
}

export interface LoadResult {
  readonly count: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly errors: number;
}

/** Requests that are made beforehand for each connection and then sent in turn. */
const PREPARED = 64;

async function run(job: LoadJob): Promise<LoadResult> {
  const latencies: number[] = [];
  let errors = 0;
  let stopAt = Number.POSITIVE_INFINITY;
  const loops = Array.from({ length: job.connections }, (_, at) => {
    const requests = Array.from({ length: PREPARED }, (_, turn) => requestFor(job, (at * PREPARED + turn) % job.keys));
    return { requests, next: 0, sentAt: 0, connection: undefined as RawConnection | undefined, ended: () => {} };
  });
  await Promise.all(
    loops.map(async (loop) => {
      const answered = (status: number): void => {
        const now = performance.now();
        if (status === 200) latencies.push(now - loop.sentAt);
        else errors++;
        if (now >= stopAt) loop.ended();
        else send(loop, now);
      };
      loop.connection = await RawConnection.open(job.host, 8500, answered, () => loop.ended());
    }),
  );
  const begun = performance.now();
  stopAt = begun + job.seconds * 1000;
  await Promise.all(
    loops.map(
      (loop) =>
        new Promise<void>((resolve) => {
          loop.ended = resolve;
          send(loop, performance.now());
        }),
    ),
  );
  const elapsedSeconds = (performance.now() - begun) / 1000;
  for (const loop of loops) loop.connection?.close();
  latencies.sort((a, b) => a - b);
  const at = (share: number): number => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? Number.NaN;
  return { count: latencies.length, perSecond: latencies.length / elapsedSeconds, p50Ms: at(0.5), p99Ms: at(0.99), errors };
}

function send(loop: { readonly requests: readonly Buffer[]; next: number; sentAt: number; readonly connection: RawConnection | undefined }, now: number): void {
  const request = loop.requests[loop.next];
  loop.next = (loop.next + 1) % PREPARED;
  loop.sentAt = now;
  if (request !== undefined) loop.connection?.send(request);
}

function requestFor(job: LoadJob, key: number): Buffer {
  const path = `/v1/kv/${keyName("load", key)}${job.query === "" ? "" : `?${job.query}`}`;
  // A different value each time: a write that changes nothing is not a write.
  return job.operation === "get" ? requestBytes("GET", path) : requestBytes("PUT", path, randomValue(job.valueBytes));
}

function randomValue(bytes: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(bytes));
}

process.on("message", (job: LoadJob) => {
  run(job).then(
    (result) => process.send?.(result),
    (error: unknown) => process.send?.({ failed: String(error) }),
  );
});
