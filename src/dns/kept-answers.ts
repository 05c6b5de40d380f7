import type { MonotonicMs } from "../platform/index.ts";
import { AskedOnce } from "./asked-once.ts";
import { KEPT_BYTES_MAX, KEPT_MS, KEPT_ORDER_USES, KEPT_ORDERS, KEPT_QUESTIONS_MAX } from "./limits.ts";
import type { Trail } from "./trail.ts";

export interface KeptAnswer {
  readonly message: Buffer;
  /** Whether the name of an address was asked for. */
  readonly reverse: boolean;
}

interface Order extends KeptAnswer {
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
 * Answers kept ready, under the key of the question (`kept-key.ts`), from the second time on that it is asked within a second. An entry is given up when
 * anything that it was made of changes, and after a second in any case; when there is no room, none is begun until the oldest has had its second: pushing it
 * out would have all of them pushed out before they are of use, where more questions take turns than there is room for.
 */
export class KeptAnswers {
  readonly #entries = new Map<string, Entry>();
  readonly #askedOnce = new AskedOnce();
  #bytes = 0;

  get size(): number {
    return this.#entries.size;
  }

  /** An answer to this question with any id; `undefined` when none is kept, or a new order is due. `chance` is a whole number from 0. */
  get(key: string, now: MonotonicMs, chance: number): KeptAnswer | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (now - entry.bornAt >= KEPT_MS) {
      this.#giveUp(key, entry);
      return undefined;
    }
    const order = entry.orders[chance % entry.orders.length];
    if (order === undefined || order.uses === 0) return undefined;
    order.uses -= 1;
    return order;
  }

  /** Keeps an answer made of what `trail` says; `chance` as it was with `get`. `varies`: another order of records would do as well. */
  put(
    key: string,
    answer: KeptAnswer,
    { trail, varies, now, chance }: { readonly trail: Trail; readonly varies: boolean; readonly now: MonotonicMs; readonly chance: number },
  ): void {
    const { message, reverse } = answer;
    const known = this.#entries.get(key);
    if (known === undefined && !this.#askedOnce.again(key, now)) return;
    if (!this.#hasRoom(message.length + ENTRY_BYTES + key.length, now)) return;
    const entry = known ?? this.#begin(key, trail, varies, now);
    const at = chance % entry.orders.length;
    const before = entry.orders[at]?.message.length ?? 0;
    entry.orders[at] = { message, reverse, uses: varies ? KEPT_ORDER_USES : Number.POSITIVE_INFINITY };
    entry.bytes += message.length - before;
    this.#bytes += message.length - before;
  }

  clear(): void {
    for (const [key, entry] of this.#entries) this.#giveUp(key, entry);
  }

  #hasRoom(bytes: number, now: MonotonicMs): boolean {
    for (const [oldest, entry] of this.#entries) {
      if (this.#bytes + bytes <= KEPT_BYTES_MAX && this.#entries.size < KEPT_QUESTIONS_MAX) return true;
      if (now - entry.bornAt < KEPT_MS) return false;
      this.#giveUp(oldest, entry);
    }
    return true;
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
