import { LAN, type Timing } from "../../../src/gossip/core/index.ts";
import { Pool } from "./pool.ts";

/** How long until a share of the pool has heard something, against the published model. Milliseconds. */
export interface Spread {
  readonly share: number;
  readonly measuredMs: number;
  readonly modelMs: number;
}

/** Share of `n` members that have heard after so many rounds. Serf's convergence simulator. */
export function modelShare(options: { readonly n: number; readonly fanout: number; readonly loss: number; readonly rounds: number }): number {
  const { n, fanout, loss, rounds } = options;
  return 1 / (1 + (n + 1) * Math.exp(-fanout * (1 - loss) * rounds));
}

/** When the model reaches a share. */
export function modelMs(options: { readonly n: number; readonly share: number; readonly loss: number; readonly timing: Timing }): number {
  const { n, share, loss, timing } = options;
  const rounds = Math.log(((n + 1) * share) / (1 - share)) / (timing.gossipNodes * (1 - loss));
  return rounds * timing.gossipIntervalMs;
}

/** The median over some changes of when each share of the others knew. */
export function measureSpread(options: {
  readonly n: number;
  readonly loss: number;
  readonly seed: number;
  readonly changes: number;
  readonly shares: readonly number[];
}): readonly Spread[] {
  const { n, loss, seed, changes, shares } = options;
  const pool = new Pool({ seed, size: n, timing: LAN, loss, formed: true });
  pool.run(2_000);
  const times = shares.map(() => [] as number[]);
  for (let change = 0; change < changes; change++) {
    const origin = pool.random(n);
    const began = pool.nowMs;
    const from = pool.events.length;
    pool.update(origin);
    pool.run(5_000);
    const heard = pool.events
      .slice(from)
      .filter(({ member, observer, change: what }) => member === `m${origin}` && observer !== member && what === "update:alive");
    for (const [at, share] of shares.entries()) times[at]?.push((heard[Math.ceil(share * (n - 1)) - 1]?.atMs ?? Number.POSITIVE_INFINITY) - began);
  }
  return shares.map((share, at) => ({ share, measuredMs: median(times[at] ?? []), modelMs: modelMs({ n, share, loss, timing: LAN }) }));
}

export interface Detection {
  /** From the kill until the first member knew, and until all did. */
  readonly firstMs: number;
  readonly allMs: number;
  readonly bytesPerNodeSecond: number;
}

export function measureDetection(options: { readonly n: number; readonly loss: number; readonly seed: number; readonly timing?: Timing }): Detection {
  const { n, loss, seed, timing = LAN } = options;
  const pool = new Pool({ seed, size: n, timing, loss, formed: true });
  pool.run(3_000);
  const began = pool.nowMs;
  const bytes = pool.bytes;
  pool.kill(1);
  let dead = 0;
  let at = pool.events.length;
  let firstMs = Number.NaN;
  const all = pool.run(300_000, () => {
    for (; at < pool.events.length; at++) if (pool.events[at]?.change === "leave:dead" && pool.events[at]?.member === "m1") dead++;
    if (dead > 0 && Number.isNaN(firstMs)) firstMs = pool.nowMs - began;
    return dead >= n - 1;
  });
  const allMs = all ? pool.nowMs - began : Number.POSITIVE_INFINITY;
  return { firstMs, allMs, bytesPerNodeSecond: ((pool.bytes - bytes) * 1000) / n / (pool.nowMs - began) };
}

/** Failures of members that were well the whole time, as others that were well saw them; Lifeguard's experiment (arXiv 1707.00788, §V). */
export interface FalsePositives {
  readonly aboutHealthy: number;
  /** Of members that stood still and came back: whether their failure counts as false is a matter of taste. */
  readonly aboutStalled: number;
}

/** Some members stand still again and again while the rest is well. */
export function measureFalsePositives(options: {
  readonly n: number;
  readonly stalled: number;
  readonly stallMs: number;
  readonly betweenMs: number;
  readonly loss: number;
  readonly seed: number;
  readonly timing: Timing;
  readonly runMs: number;
}): FalsePositives {
  const { n, stalled, stallMs, betweenMs, loss, seed, timing, runMs } = options;
  const pool = new Pool({ seed, size: n, timing, loss, formed: true });
  pool.run(2_000);
  for (const end = pool.nowMs + runMs; pool.nowMs < end; ) {
    for (let at = 0; at < stalled; at++) pool.stall(at, stallMs);
    pool.run(stallMs + betweenMs);
  }
  const isStalled = (name: string): boolean => Number(name.slice(1)) < stalled;
  const failures = pool.events.filter(({ change, observer }) => change === "leave:dead" && !isStalled(observer));
  return { aboutHealthy: failures.filter(({ member }) => !isStalled(member)).length, aboutStalled: failures.filter(({ member }) => isStalled(member)).length };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
