import { randomBytes, randomFillSync } from "node:crypto";
import { assert } from "../base/assert.ts";
import { RANDOM_POOL_BYTES } from "./limits.ts";
import type { Random } from "./ports.ts";

const MAX_WORD = 2 ** 48;
const WORD_BYTES = 6;

/** Chance from the system's generator, fetched a page at a time. */
export class SystemRandom implements Random {
  readonly #pool = Buffer.alloc(RANDOM_POOL_BYTES);
  #used = RANDOM_POOL_BYTES;

  int(below: number): number {
    assert(Number.isSafeInteger(below) && below > 0 && below <= MAX_WORD, "a bound for chance is a whole number from 1 to 2^48");
    const fair = MAX_WORD - (MAX_WORD % below); // words from here on would make small results likelier
    for (;;) {
      const word = this.#pool.readUIntBE(this.#taken(WORD_BYTES), WORD_BYTES);
      if (word < fair) return word % below;
    }
  }

  bytes(count: number): Uint8Array {
    return count > RANDOM_POOL_BYTES / 4 ? new Uint8Array(randomBytes(count)) : new Uint8Array(this.#pool.subarray(this.#taken(count), this.#used));
  }

  /** Where in the pool so many bytes stand that nobody was given. */
  #taken(count: number): number {
    if (this.#used + count > this.#pool.length) {
      randomFillSync(this.#pool);
      this.#used = 0;
    }
    this.#used += count;
    return this.#used - count;
  }
}
