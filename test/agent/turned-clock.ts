import { setImmediate } from "node:timers/promises";
import type { Clock, MonotonicMs, UnixMs } from "../../src/platform/index.ts";

/** A clock with any number of timers, whose hands the test turns; what was woken gets to its end before the hands go on. */
export class TurnedClock implements Clock {
  #now = 0;
  #made = 0;
  readonly #timers = new Set<{ readonly at: number; readonly made: number; readonly run: () => void }>();

  now(): MonotonicMs {
    return this.#now as MonotonicMs;
  }
  wall(): UnixMs {
    return (1_000_000 + this.#now) as UnixMs;
  }
  soon(run: () => void): void {
    this.after(0, run);
  }
  after(ms: number, run: () => void): Disposable {
    const timer = { at: this.#now + ms, made: this.#made++, run };
    this.#timers.add(timer);
    return { [Symbol.dispose]: () => void this.#timers.delete(timer) };
  }

  get pending(): number {
    return this.#timers.size;
  }

  async pass(ms: number): Promise<void> {
    const until = this.#now + ms;
    await settled();
    for (let next = this.#first(until); next !== undefined; next = this.#first(until)) {
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.run();
      await settled();
    }
    this.#now = until;
  }

  #first(until: number): { readonly at: number; readonly made: number; readonly run: () => void } | undefined {
    const due = [...this.#timers].filter(({ at }) => at <= until);
    return due.sort((a, b) => a.at - b.at || a.made - b.made)[0];
  }
}

/** Until promises and files that are under way have got to their next step. */
async function settled(): Promise<void> {
  for (let turns = 0; turns < 3; turns++) await setImmediate();
}
