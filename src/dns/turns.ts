import type { Clock, MonotonicMs } from "../platform/index.ts";
import { TURN_MS } from "./limits.ts";

/**
 * How long all connections together may be answered in one turn of the loop: whoever has no time left in this one goes on in the next, before those who come
 * later. A thousand busy connections hold up nothing else than each other.
 */
export class Turns {
  readonly #clock: Clock;
  #began: MonotonicMs | undefined;
  #waiting: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether there is time left in this turn. */
  hasTime(): boolean {
    const now = this.#clock.now();
    if (this.#began === undefined) {
      this.#began = now;
      this.#clock.soon(() => this.#next());
    }
    return now - this.#began < TURN_MS;
  }

  /** Runs in the next turn; whether there is time left then has to be looked at again. */
  later(run: () => void): void {
    this.hasTime(); // so that there is a next one
    this.#waiting.push(run);
  }

  #next(): void {
    this.#began = undefined;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const run of waiting) run();
  }
}
