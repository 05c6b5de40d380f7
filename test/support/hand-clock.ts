import type { Clock, MonotonicMs, UnixMs } from "../../src/platform/index.ts";

/** A clock whose hands the test turns. */
export class HandClock implements Clock {
  timers = 0;
  #now = 0;
  #next: { readonly at: number; readonly run: () => void } | undefined;

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
    this.#next = timer;
    return {
      [Symbol.dispose]: () => {
        if (this.#next === timer) this.#next = undefined;
      },
    };
  }
  turn(to: number): void {
    while (this.#next !== undefined && this.#next.at <= to) {
      const { at, run } = this.#next;
      this.#next = undefined;
      this.#now = at;
      run();
    }
    this.#now = to;
  }
}
