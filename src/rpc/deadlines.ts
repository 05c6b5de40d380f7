import { Heap, type HeapItem } from "../base/heap.ts";
import type { Clock } from "../platform/index.ts";

/** One thing to be done at a time; made by `Deadlines.add`. */
export interface Deadline extends HeapItem {
  /** Monotonic milliseconds. */
  readonly at: number;
  readonly run: () => void;
}

/**
 * Many deadlines on one timer: ten thousand blocking queries are ten thousand entries of a heap, not ten thousand timers.
 * None runs early.
 */
export class Deadlines implements Disposable {
  readonly #clock: Clock;
  readonly #heap = new Heap<Deadline>((a, b) => a.at < b.at);
  #timer: Disposable | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#heap.size;
  }

  add(afterMs: number, run: () => void): Deadline {
    const deadline: Deadline = { at: this.#clock.now() + Math.max(0, afterMs), run, heapAt: -1 };
    this.#heap.add(deadline);
    if (deadline.at < this.#timerAt) this.#arm();
    return deadline;
  }

  /** Nothing happens when it ran already. */
  cancel(deadline: Deadline): void {
    this.#heap.remove(deadline);
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#timer?.[Symbol.dispose]();
    while (this.#heap.pop() !== undefined);
  }

  #arm(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    this.#timerAt = Number.POSITIVE_INFINITY;
    const next = this.#heap.peek();
    if (next === undefined || this.#closed) return;
    this.#timerAt = next.at;
    // Timers of the system may fire a fraction of a millisecond early; a whole one more keeps the promise.
    this.#timer = this.#clock.after(Math.ceil(Math.max(0, next.at - this.#clock.now())), () => this.#fire());
  }

  #fire(): void {
    this.#timer = undefined;
    this.#timerAt = Number.POSITIVE_INFINITY;
    const now = this.#clock.now();
    for (let next = this.#heap.peek(); next !== undefined && next.at <= now; next = this.#heap.peek()) {
      this.#heap.remove(next);
      next.run();
    }
    if (this.#timer === undefined) this.#arm();
  }
}
