import { LAMPORT_MAX } from "./limits.ts";
import type { LamportTime } from "./messages.ts";

/** A Lamport clock as Serf has it: the current value stamps the next thing sent. Lamport 1978. */
export class LamportClock {
  #now: LamportTime;

  constructor(start: LamportTime = 1n) {
    this.#now = start;
  }

  get now(): LamportTime {
    return this.#now;
  }

  /** The stamp for something that is sent; later stamps are greater. */
  increment(): LamportTime {
    return this.#now++;
  }

  /** What was seen is in the past from now on. What nobody can have counted up to is not believed. */
  witness(seen: LamportTime): void {
    if (seen >= this.#now && seen < LAMPORT_MAX) this.#now = seen + 1n;
  }
}
