import { massFailedLeast, massFailedShare, massFailedWindowMs } from "../limits.ts";

/**
 * How many members the leader lets fail in the catalog in a while. When half of a pool falls silent at once, the fault is more often the network's, or this
 * server's, than theirs, and most of them are back within seconds: those beyond the cap stay as they are until their turn comes.
 */
export class FailedCap {
  /** When members were let fail, the oldest first: those of the last window. */
  #lately: number[] = [];

  /** Whether one more may fail now, in a pool of so many. */
  take(nowMs: number, members: number): boolean {
    this.#lately = this.#lately.filter((at) => nowMs - at < massFailedWindowMs);
    if (this.#lately.length >= Math.max(massFailedLeast, Math.floor(members * massFailedShare))) return false;
    this.#lately.push(nowMs);
    return true;
  }

  clear(): void {
    this.#lately = [];
  }
}
