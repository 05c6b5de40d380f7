import type { History } from "./checkers/history.ts";
import type { RaftRules } from "./checkers/raft-rules.ts";
import type { Scheduler } from "./engine/scheduler.ts";
import { RaftWorld } from "./raft/raft-world.ts";

export const WORLD_KINDS = ["raft", "server"] as const;
export type WorldKind = (typeof WORLD_KINDS)[number];

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

interface World {
  readonly scheduler: Scheduler;
  readonly rules: RaftRules;
  run(forMs: number): Promise<void>;
  calm(): Promise<void>;
  untilConverged(withinMs: number): Promise<void>;
  /** What is tried once the history has been judged. */
  afterwards(withinMs: number): Promise<void>;
}

const CONVERGE_WITHIN_MS = 15_000;

/** One seed from start to end. Rejects with a `SimFailure` when a rule is broken. */
export async function runSeed({ seed, world, servers, stormMs, onLine }: SeedRun): Promise<SeedResult> {
  switch (world) {
    case "raft": {
      const made = new RaftWorld({ seed, servers, onLine });
      return through(made, made.clients.history, stormMs);
    }
    case "server": {
      const { ServerWorld } = await import("./server/server-world.ts");
      const made = new ServerWorld({ seed, servers, onLine });
      return through(made, made.client.history, stormMs);
    }
  }
}

async function through<Input, Output>(world: World, { operations }: History<Input, Output>, stormMs: number): Promise<SeedResult> {
  await world.run(stormMs);
  await world.calm();
  await world.untilConverged(CONVERGE_WITHIN_MS);
  // A tar holds the time of the machine it was made on: the trace is taken before archives are.
  const { traceHash } = world.scheduler;
  await world.afterwards(CONVERGE_WITHIN_MS);
  return {
    events: world.scheduler.events,
    traceHash,
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
export function replayCommand({ seed, world, servers, stormMs }: Omit<SeedRun, "onLine">): string {
  return `npm run sim -- --world ${world} --servers ${servers} --storm-ms ${stormMs} --first ${seed} --seeds 1 --trace`;
}
