import type { Clock, MonotonicMs, UnixMs } from "./ports.ts";

/** The longest wait one timer of Node can hold, milliseconds; it fires at once for anything above. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The clock of this machine. */
export const realClock: Clock = {
  now: () => performance.now() as MonotonicMs,
  wall: () => Date.now() as UnixMs,
  after(ms, run) {
    return ms > 0 ? new Timer(ms, run) : new Immediate(run);
  },
  soon(run) {
    setImmediate(run);
  },
};

class Immediate implements Disposable {
  readonly #handle: NodeJS.Immediate;

  constructor(run: () => void) {
    this.#handle = setImmediate(run);
  }

  [Symbol.dispose](): void {
    clearImmediate(this.#handle);
  }
}

class Timer implements Disposable {
  #handle: NodeJS.Timeout;

  constructor(ms: number, run: () => void) {
    this.#handle = this.#start(ms, run);
  }

  #start(ms: number, run: () => void): NodeJS.Timeout {
    if (ms <= MAX_TIMER_MS) return setTimeout(run, ms);
    return setTimeout(() => {
      this.#handle = this.#start(ms - MAX_TIMER_MS, run);
    }, MAX_TIMER_MS);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#handle);
  }
}
