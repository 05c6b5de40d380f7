import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { messageOf } from "../../src/base/errors.ts";
import { replayCommand, runSeed, type SeedRun, serversFor, type WorldKind } from "./run-seed.ts";

/** Short storms, many of them: what one seed does not meet, the next does. */
const STORM_MS = 4_000;
const SEEDS = 150;
/** One test for so many seeds: the report stays readable. */
const BATCH = 10;

/** The tests of one world: many seeds, and those with which something was wrong once. Each world has a file, so that two run at a time. */
export function seedTests(world: WorldKind, pinned: readonly Omit<SeedRun, "world">[] = []): void {
  describe(`a cluster in any weather (${world})`, () => {
    for (let first = 1; first <= SEEDS; first += BATCH) {
      it(`keeps its promises, seeds ${first} to ${first + BATCH - 1}`, async () => {
        for (let seed = first; seed < first + BATCH; seed++) await runOrTell({ seed, world, servers: serversFor(seed), stormMs: STORM_MS });
      });
    }

    it("is the same run when the seed is the same, and another when it is another", async () => {
      const run = (seed: number): Promise<unknown> => runSeed({ seed, world, servers: 3, stormMs: STORM_MS });
      assert.deepEqual(await run(7), await run(7));
      assert.notDeepEqual(await run(7), await run(8));
    });

    for (const run of pinned) it(`keeps its promises in weather that found a fault once, seed ${run.seed}`, () => runOrTell({ ...run, world }));
  });
}

async function runOrTell(run: SeedRun): Promise<void> {
  try {
    await runSeed(run);
  } catch (error) {
    assert.fail(`seed ${run.seed}: ${messageOf(error)}\nTo see it again: ${replayCommand(run)}`);
  }
}
