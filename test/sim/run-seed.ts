import { RaftWorld } from "./raft/raft-world.ts";

export type WorldKind = "raft";
export const WORLD_KINDS: readonly WorldKind[] = ["raft"];

export interface SeedRun {
  readonly seed: number;
  readonly world: WorldKind;
  readonly servers: number;
  /** How long the weather rages, in virtual milliseconds. */
  readonly stormMs: number;
  /** Gets every line of the trace. */
  readonly onLine?: ((line: string) => void) | undefined;
}

export interface SeedResult {
  readonly events: number;
  readonly traceHash: number;
  readonly virtualMs: number;
  readonly operations: number;
  readonly acknowledged: number;
  readonly terms: number;
  readonly committed: number;
}

const CONVERGE_WITHIN_MS = 30_000;

/** One seed from start to end. Rejects with a `SimFailure` when a rule is broken. */
export async function runSeed(run: SeedRun): Promise<SeedResult> {
  const world = new RaftWorld({ seed: run.seed, servers: run.servers, onLine: run.onLine });
  await world.run(run.stormMs);
  await world.calm();
  await world.untilConverged(CONVERGE_WITHIN_MS);
  const { operations } = world.clients.history;
  return {
    events: world.scheduler.events,
    traceHash: world.scheduler.traceHash,
    virtualMs: world.scheduler.now,
    operations: operations.length,
    acknowledged: operations.filter(({ outcome }) => outcome === "ok").length,
    terms: world.rules.terms,
    committed: world.rules.committedUpTo,
  };
}

/** How many servers a seed begins with, when nobody says: mostly 3, also 1, 2, 4 and 5. */
export function serversFor(seed: number): number {
  return [3, 3, 3, 5, 3, 3, 4, 3, 5, 3, 1, 3, 2][seed % 13] ?? 3;
}

/** How somebody sees this seed again. */
export function replayCommand(run: Pick<SeedRun, "seed" | "world" | "servers">): string {
  return `npm run sim -- --world ${run.world} --servers ${run.servers} --first ${run.seed} --seeds 1 --trace`;
}
