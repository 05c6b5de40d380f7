import { SimFailure } from "./engine/scheduler.ts";

interface World {
  run(forMs: number): Promise<void>;
  calm(): Promise<void>;
  untilConverged(withinMs: number): Promise<void>;
}

const CONVERGE_WITHIN_MS = 30_000;

/** The first rule that breaks in worlds with seeds from 1 on; `undefined` when none does. What is no broken rule is thrown. */
export async function firstFailure(plan: {
  readonly seeds: number;
  readonly stormMs: number;
  readonly world: (seed: number) => World;
}): Promise<SimFailure | undefined> {
  for (let seed = 1; seed <= plan.seeds; seed++) {
    const world = plan.world(seed);
    try {
      await world.run(plan.stormMs);
      await world.calm();
      await world.untilConverged(CONVERGE_WITHIN_MS);
    } catch (error) {
      if (error instanceof SimFailure) return error;
      throw error;
    }
  }
  return undefined;
}
