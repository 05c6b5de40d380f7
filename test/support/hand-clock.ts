import type { Clock, MonotonicMs, UnixMs } from "../../src/platform/index.ts";

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

/** A clock that the test turns, with any number of timers; those of one time run in the order in which they were set. */
export class HandClock implements Clock {
  /** How many were set so far. */
  timers = 0;
  readonly #timers = new Set<Timer>();
  #now = 0;

  now(): MonotonicMs {
    return this.#now as MonotonicMs;
  }
  wall(): UnixMs {
    return this.#now as UnixMs;
  }
  soon(run: () => void): void {
    run();
  }
  after(ms: number, run: () => void): Disposable {
    this.timers++;
    const timer = { at: this.#now + ms, run };
    this.#timers.add(timer);
    return { [Symbol.dispose]: () => void this.#timers.delete(timer) };
  }
  turn(to: number): void {
    for (let next = this.#next(to); next !== undefined; next = this.#next(to)) {
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.run();
    }
    this.#now = to;
  }

  #next(to: number): Timer | undefined {
    return [...this.#timers].filter(({ at }) => at <= to).sort((a, b) => a.at - b.at)[0];
  }
}
