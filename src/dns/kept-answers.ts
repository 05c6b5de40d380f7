import type { MonotonicMs } from "../platform/index.ts";
import { KEPT_BYTES_MAX, KEPT_MS, KEPT_ORDER_USES, KEPT_ORDERS, KEPT_QUESTIONS_MAX } from "./limits.ts";
import type { Trail } from "./trail.ts";

interface Order {
  readonly message: Buffer;
  uses: number;
}

interface Entry {
  readonly bornAt: MonotonicMs;
  /** Several where the order of records is left to chance: one of them is given, and each of them not too often. */
  readonly orders: (Order | undefined)[];
  bytes: number;
  armed: Disposable | undefined;
}

/** What a message costs besides its bytes: its key, its entry, its watches. */
const ENTRY_BYTES = 512;

/**
 * Answers kept ready, under the very bytes of the question. An entry is given up when anything that it was made of changes, after a second in any case,
 * and when room is needed, the oldest first.
 */
export class KeptAnswers {
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  get size(): number {
    return this.#entries.size;
  }

  /** An answer to this question with any id; `undefined` when none is kept, or a new order is due. `chance` is a whole number from 0. */
  get(key: string, now: MonotonicMs, chance: number): Buffer | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (now - entry.bornAt >= KEPT_MS) {
      this.#giveUp(key, entry);
      return undefined;
    }
    const order = entry.orders[chance % entry.orders.length];
    if (order === undefined || order.uses === 0) return undefined;
    order.uses -= 1;
    return order.message;
  }

  /** Keeps an answer made of what `trail` says; `chance` as it was with `get`. `varies`: another order of records would do as well. */
  put(
    key: string,
    kept: { readonly message: Buffer; readonly trail: Trail; readonly varies: boolean; readonly now: MonotonicMs; readonly chance: number },
  ): void {
    const { message, trail, varies, now, chance } = kept;
    const entry = this.#entries.get(key) ?? this.#begin(key, trail, varies, now);
    const at = chance % entry.orders.length;
    const before = entry.orders[at]?.message.length ?? 0;
    entry.orders[at] = { message, uses: varies ? KEPT_ORDER_USES : Number.POSITIVE_INFINITY };
    entry.bytes += message.length - before;
    this.#bytes += message.length - before;
    for (const [oldest, old] of this.#entries) {
      if (this.#bytes <= KEPT_BYTES_MAX && this.#entries.size <= KEPT_QUESTIONS_MAX) break;
      this.#giveUp(oldest, old);
    }
  }

  clear(): void {
    for (const [key, entry] of this.#entries) this.#giveUp(key, entry);
  }

  #begin(key: string, trail: Trail, varies: boolean, bornAt: MonotonicMs): Entry {
    const bytes = key.length + ENTRY_BYTES;
    const entry: Entry = { bornAt, orders: Array.from({ length: varies ? KEPT_ORDERS : 1 }), bytes, armed: undefined };
    entry.armed = trail.arm(() => this.#giveUp(key, entry));
    this.#entries.set(key, entry);
    this.#bytes += bytes;
    return entry;
  }

  #giveUp(key: string, entry: Entry): void {
    entry.armed?.[Symbol.dispose]();
    if (this.#entries.get(key) !== entry) return;
    this.#entries.delete(key);
    this.#bytes -= entry.bytes;
  }
}
