import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { messageOf } from "../../src/base/errors.ts";
import { replayCommand, runSeed, type SeedRun, serversFor, WORLD_KINDS } from "./run-seed.ts";

/** Short storms, many of them: what one seed does not meet, the next does. */
const STORM_MS = 4_000;
const SEEDS = 150;
/** One test for so many seeds: the report stays readable. */
const BATCH = 10;

for (const world of WORLD_KINDS) {
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
  });
}

/** Seeds with which something was wrong once; here it was the simulation's own judgement. */
const PINNED: readonly SeedRun[] = [
  // The same command stood in an entry that was overwritten and in the one that was committed there, by then in snapshots alone.
  { world: "server", seed: 50_727, servers: 3, stormMs: 8_000 },
  // An order given to a server that was stopping passed for one that was carried out, and its machine was taken away.
  { world: "server", seed: 51_136, servers: 3, stormMs: 8_000 },
];

describe("a cluster in weather that found a fault once", () => {
  for (const run of PINNED) it(`keeps its promises, ${run.world}, seed ${run.seed}`, () => runOrTell(run));
});

async function runOrTell(run: SeedRun): Promise<void> {
  try {
    await runSeed(run);
  } catch (error) {
    assert.fail(`seed ${run.seed}: ${messageOf(error)}\nTo see it again: ${replayCommand(run)}`);
  }
}
