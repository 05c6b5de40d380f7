import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { TURN_MS } from "../../src/dns/limits.ts";
import { Turns } from "../../src/dns/turns.ts";
import type { Clock, MonotonicMs } from "../../src/platform/index.ts";

describe("Turns of connections", () => {
  it("have a time in common, after which each goes on in the next turn, in the order in which they were held up", () => {
    let now = 0;
    const soon: (() => void)[] = [];
    const clock = { now: () => now as MonotonicMs, soon: (run: () => void) => soon.push(run) } as unknown as Clock;
    const turns = new Turns(clock);
    const done: string[] = [];
    /** A connection with so many messages, each of which takes half a turn. */
    const connection = (name: string, messages: number): (() => void) => {
      let left = messages;
      const work = (): void => {
        for (; left > 0; left--) {
          if (!turns.hasTime()) return turns.later(work);
          done.push(name);
          now += TURN_MS / 2;
        }
      };
      return work;
    };

    for (const begin of [connection("a", 3), connection("b", 1), connection("c", 2)]) begin();
    const inTurns = [done.splice(0)];
    for (let run = soon.shift(); run !== undefined; run = soon.shift()) {
      run();
      if (done.length > 0) inTurns.push(done.splice(0));
    }

    assert.deepEqual(inTurns, [
      ["a", "a"],
      ["a", "b"],
      ["c", "c"],
    ]);
  });
});
