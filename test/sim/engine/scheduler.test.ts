import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SimProcess } from "./process.ts";
import { SimRandom } from "./random.ts";
import { Scheduler, SimFailure } from "./scheduler.ts";

describe("Scheduler", () => {
  it("runs events in the order of their times, and of their planning at one time", async () => {
    const scheduler = new Scheduler();
    const seen: string[] = [];
    scheduler.world(2, () => seen.push("b"));
    scheduler.world(1, () => seen.push("a"));
    scheduler.world(2, () => seen.push("c"));

    await scheduler.run(1.5);
    assert.deepEqual(seen, ["a"]);
    await scheduler.run(1);

    assert.deepEqual(seen, ["a", "b", "c"]);
    assert.equal(scheduler.now, 2.5);
  });

  it("lets promises run out before the next event", async () => {
    const scheduler = new Scheduler();
    const seen: string[] = [];
    scheduler.world(1, () => void manySteps().then(() => seen.push("steps")));
    scheduler.world(1, () => seen.push("next"));

    await scheduler.run(2);

    assert.deepEqual(seen, ["steps", "next"]);
  });

  it("rejects when a rule is broken", async () => {
    const scheduler = new Scheduler();
    scheduler.world(1, () => scheduler.fail("a rule", "broken"));
    scheduler.world(2, () => assert.fail("nothing happens after a failure"));

    await assert.rejects(scheduler.run(5), SimFailure);
  });
});

describe("SimProcess", () => {
  it("holds what happens in a stall and does it in one burst, timers first", async () => {
    const scheduler = new Scheduler();
    const process = new SimProcess(scheduler, "n1", 1);
    const seen: string[] = [];
    process.plan(2, "io", () => seen.push(`io ${scheduler.now}`));
    process.after(3, () => {
      seen.push(`timer ${scheduler.now}`);
      process.soon(() => seen.push("soon"));
    });

    process.stall(10);
    await scheduler.run(20);

    assert.deepEqual(seen, ["timer 10", "io 10", "soon"]);
  });

  it("does nothing any more when it is dead, and forgets cancelled timers", async () => {
    const scheduler = new Scheduler();
    const process = new SimProcess(scheduler, "n1", 1);
    process.after(1, () => assert.fail("cancelled"))[Symbol.dispose]();
    process.after(2, () => assert.fail("dead"));

    process.kill();
    await scheduler.run(5);

    assert.equal(process.alive, false);
  });
});

describe("SimRandom", () => {
  it("gives the same numbers for the same seed, others for another, all in range", () => {
    const draw = (seed: number): readonly number[] => {
      const random = new SimRandom(seed, "x");
      return Array.from({ length: 100 }, () => random.int(1000));
    };
    assert.deepEqual(draw(7), draw(7));
    assert.notDeepEqual(draw(7), draw(8));
    assert.ok(draw(7).every((n) => n >= 0 && n < 1000));
  });
});

async function manySteps(): Promise<void> {
  for (let step = 0; step < 50; step++) await Promise.resolve();
}
