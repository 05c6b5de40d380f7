// What the state costs at a million keys: memory a key, time a write, a snapshot and a restore. Run with `node --expose-gc --import tsx scripts/measure-state.ts`.
import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import type { ByteString } from "../src/base/byte-string.ts";
import { encodeCommand, StateStore } from "../src/state/index.ts";

const KEYS = Number(process.argv[2] ?? 1_000_000);
const VALUE_BYTES = 100;
const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const collect = globalThis.gc ?? (() => {});

/** Milliseconds that this thread had a processor, so that a busy machine does not spoil the figures; elsewhere than on Linux, by the clock. */
function now(): number {
  try {
    return Number(readFileSync("/proc/self/schedstat", "utf8").split(" ")[0]) / 1e6;
  } catch {
    return performance.now();
  }
}
function heapBytes(): number {
  collect();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + external + arrayBuffers;
}
function command(n: number): Uint8Array {
  // Spread over the key space, so that writes do not come in order.
  const key = `bench/${String((n * 7_919) % KEYS).padStart(7, "0")}` as ByteString;
  return encodeCommand({ type: "kv.write", body: { verb: "set", key, value: Buffer.alloc(VALUE_BYTES, 97 + (n % 26)), flags: 0n } });
}
function perCall(count: number, run: (n: number) => void): string {
  const start = now();
  for (let n = 0; n < count; n++) run(n);
  return `${(((now() - start) * 1000) / count).toFixed(2)} us`;
}
function say(what: string, figure: string): void {
  process.stdout.write(`${what.padEnd(44)}${figure}\n`);
}

const empty = heapBytes();
const store = new StateStore({ pause });
let index = 0;
const write = (n: number): void => {
  index += 1;
  store.apply(index, command(n));
  store.applied(index);
};
say(`first write of ${KEYS} keys, encoding included`, perCall(KEYS, write));
say("heap a key", `${Math.round((heapBytes() - empty) / KEYS)} bytes`);
const more = Array.from({ length: 200_000 }, (_, n) => command(n * 31 + 1));
const overwrite = (n: number): void => {
  index += 1;
  store.apply(index, more[n % more.length] ?? new Uint8Array());
  store.applied(index);
};
say("encoding of a write", perCall(200_000, command));
say(
  "apply of a write",
  perCall(200_000, (n) => overwrite(n)),
);
const started = now();
const snapshot = store.snapshot();
say("snapshot()", `${(now() - started).toFixed(3)} ms`);
say(
  "apply of a write after it",
  perCall(200_000, (n) => overwrite(n * 3 + 1)),
);

const chunks: Uint8Array[] = [];
const walk = snapshot.chunks()[Symbol.iterator]();
let longest = 0;
let total = 0;
for (;;) {
  const from = now();
  const next = walk.next();
  const took = now() - from;
  total += took;
  longest = Math.max(longest, took);
  if (next.done === true) break;
  chunks.push(next.value);
}
say("all chunks", `${total.toFixed(0)} ms, ${chunks.length} pieces, longest step ${longest.toFixed(2)} ms`);
snapshot.release();

const copy = new StateStore({ pause });
const before = heapBytes();
let at = 0;
const from = now();
await copy.restore(() => Promise.resolve(chunks[at++] ?? new Uint8Array()), { index });
say("restore", `${(now() - from).toFixed(0)} ms`);
say("heap a key after it", `${Math.round((heapBytes() - before) / KEYS)} bytes`);
say("the same state", String(copy.stateHash() === store.stateHash()));
