import type { ByteString } from "../base/byte-string.ts";
import { Heap, type HeapItem } from "../base/heap.ts";
import type { Clock } from "../platform/index.ts";
import { maxLockDelays } from "./limits.ts";

interface Delay extends HeapItem {
  readonly key: ByteString;
  readonly until: number;
}

/**
 * Keys that nobody may lock for a while, since a session that held them ended without a word. Consul api-docs, sessions.
 * In memory on every server, filled as commits are applied: so a new leader knows those of its predecessor.
 */
export class LockDelays {
  readonly #clock: Clock;
  readonly #byKey = new Map<ByteString, Delay>();
  readonly #heap = new Heap<Delay>((a, b) => a.until < b.until);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  hold(key: ByteString, delayNs: number): void {
    const until = this.#clock.now() + delayNs / 1e6;
    const before = this.#byKey.get(key);
    if (before !== undefined) this.#forget(before);
    this.#sweep();
    if (this.#byKey.size >= maxLockDelays) {
      const soonest = this.#heap.peek();
      if (soonest !== undefined) this.#forget(soonest);
    }
    const delay: Delay = { key, until, heapAt: -1 };
    this.#byKey.set(key, delay);
    this.#heap.add(delay);
  }

  holds(key: ByteString): boolean {
    const delay = this.#byKey.get(key);
    return delay !== undefined && delay.until > this.#clock.now();
  }

  #sweep(): void {
    const now = this.#clock.now();
    for (let next = this.#heap.peek(); next !== undefined && next.until <= now; next = this.#heap.peek()) this.#forget(next);
  }

  #forget(delay: Delay): void {
    this.#heap.remove(delay);
    this.#byKey.delete(delay.key);
  }
}
