import { randomBytes, randomFillSync } from "node:crypto";
import { assert } from "../base/assert.ts";
import { RANDOM_POOL_BYTES } from "./limits.ts";
import type { Random } from "./ports.ts";

const MAX_WORD = 2 ** 48;

/** Chance from the system's generator, fetched a page at a time. */
export class SystemRandom implements Random {
  readonly #pool = Buffer.alloc(RANDOM_POOL_BYTES);
  #used = RANDOM_POOL_BYTES;

  int(below: number): number {
    assert(Number.isSafeInteger(below) && below > 0 && below <= MAX_WORD, "a bound for chance is a whole number from 1 to 2^48");
    const fair = MAX_WORD - (MAX_WORD % below); // words from here on would make small results likelier
    for (;;) {
      const word = this.#take(6).readUIntBE(0, 6);
      if (word < fair) return word % below;
    }
  }

  bytes(count: number): Uint8Array {
    return count > RANDOM_POOL_BYTES / 4 ? new Uint8Array(randomBytes(count)) : new Uint8Array(this.#take(count));
  }

  #take(count: number): Buffer {
    if (this.#used + count > this.#pool.length) {
      randomFillSync(this.#pool);
      this.#used = 0;
    }
    const taken = this.#pool.subarray(this.#used, this.#used + count);
    this.#used += count;
    return taken;
  }
}
