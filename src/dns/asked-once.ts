import type { MonotonicMs } from "../platform/index.ts";
import { ASKED_ONCE_MAX, KEPT_MS } from "./limits.ts";

/**
 * Knows what comes again within a second: what is asked but once is not worth being kept. Remembers hashes alone, so that nothing stays in memory for it;
 * now and then two keys have one place, and the second is taken for new.
 */
export class AskedOnce {
  readonly #marks = new Uint32Array(ASKED_ONCE_MAX);
  readonly #askedAt = new Float64Array(ASKED_ONCE_MAX);

  /** Whether this was asked in the second before. */
  again(key: string, now: MonotonicMs): boolean {
    let hash = FNV_OFFSET;
    for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), FNV_PRIME);
    const mark = hash >>> 0;
    const place = ((mark ^ (mark >>> 15)) >>> 0) % ASKED_ONCE_MAX;
    const known = this.#marks[place] === mark && now - (this.#askedAt[place] ?? 0) < KEPT_MS;
    this.#marks[place] = mark;
    this.#askedAt[place] = now;
    return known;
  }
}

/** FNV-1a, 32 bits. */
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
