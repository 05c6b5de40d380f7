import type { ReadOptions, RequestOf, ResponseOf } from "../model/index.ts";
import { type CachedMethod, CacheEntry, type EntryOptions } from "./cache-entry.ts";
import { CACHE_DEFAULT_WAIT_MS, CACHE_ENTRIES_MAX, CACHE_SWEEP_MS, CACHE_TTL_MS } from "./limits.ts";

/** What a client wants of an answer that does not keep itself up to date. */
interface Wish {
  readonly maxAgeMs: number | undefined;
  readonly staleIfErrorMs: number;
  readonly mustRevalidate: boolean;
}

interface Cached<T> {
  readonly answer: T;
  readonly hit: boolean;
  readonly ageMs: number;
}

/**
 * The agent's cache of reads. What is asked once is kept for three days from the last question, and kept up to date in the background; when
 * there is too much of it, what was not asked for longest is given up. Consul api-docs, agent caching.
 */
export class ReadCache implements Disposable {
  readonly #with: EntryOptions;
  /** In the order of their last use. */
  readonly #entries = new Map<string, CacheEntry>();
  #sweep: Disposable | undefined;

  constructor(options: EntryOptions) {
    this.#with = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** `hit`: it was there; `ageMs`: how long ago it was known to be true. Rejects as the backend does. */
  async get<M extends CachedMethod>(method: M, request: RequestOf<M>, wish: Wish, onCancel: (cancel: () => void) => void): Promise<Cached<ResponseOf<M>>> {
    const { minIndex, waitMs } = blockingOf(request);
    const entry = this.#entryOf(method, request);
    if (entry.answer !== undefined && (minIndex === 0 || entry.index > minIndex) && !isTooOld(entry, wish)) return cached(entry, true);
    try {
      await entry.next(entry.refreshed ? minIndex : 0, waitMs, onCancel);
    } catch (error) {
      if (entry.answer === undefined || wish.staleIfErrorMs === 0 || entry.ageMs > wish.staleIfErrorMs) throw error;
      return cached(entry, true);
    }
    return cached(entry, false);
  }

  [Symbol.dispose](): void {
    this.#sweep?.[Symbol.dispose]();
    for (const entry of this.#entries.values()) entry.close();
    this.#entries.clear();
  }

  #entryOf<M extends CachedMethod>(method: M, request: RequestOf<M>): CacheEntry<M> {
    const key = keyOf(method, request);
    // What is kept under a key was made for its method.
    const entry = (this.#entries.get(key) as CacheEntry<M> | undefined) ?? new CacheEntry(method, request, this.#with);
    this.#entries.delete(key);
    this.#entries.set(key, entry as unknown as CacheEntry);
    entry.usedAt = this.#with.clock.now();
    if (this.#entries.size > CACHE_ENTRIES_MAX) this.#giveUpOldest();
    this.#sweep ??= this.#with.clock.after(CACHE_SWEEP_MS, () => this.#sweepOut());
    return entry;
  }

  /** Whoever is waited for stays. */
  #giveUpOldest(): void {
    for (const [key, entry] of this.#entries) {
      if (entry.waitedFor) continue;
      this.#entries.delete(key);
      entry.close();
      return;
    }
  }

  #sweepOut(): void {
    const oldest = this.#with.clock.now() - CACHE_TTL_MS;
    for (const [key, entry] of this.#entries) {
      if (entry.usedAt > oldest) break;
      if (entry.waitedFor) continue;
      this.#entries.delete(key);
      entry.close();
    }
    this.#sweep = this.#entries.size === 0 ? undefined : this.#with.clock.after(CACHE_SWEEP_MS, () => this.#sweepOut());
  }
}

/** Answers that keep themselves up to date are never too old. */
function isTooOld(entry: CacheEntry<CachedMethod>, { maxAgeMs, mustRevalidate }: Wish): boolean {
  return !entry.refreshed && (mustRevalidate || (maxAgeMs !== undefined && entry.ageMs > maxAgeMs));
}

function cached<M extends CachedMethod>(entry: CacheEntry<M>, hit: boolean): Cached<ResponseOf<M>> {
  // There is one: it was there, or was waited for; of a query that is not there, it is `undefined`.
  return { answer: entry.answer as ResponseOf<M>, hit, ageMs: entry.ageMs };
}

/** How the answer is waited for is no part of what is asked. */
function keyOf(method: CachedMethod, request: object): string {
  const { options } = request as { readonly options?: ReadOptions };
  const kept = options && { datacenter: options.datacenter, token: options.token, filter: options.filter };
  return `${method} ${JSON.stringify({ ...request, options: kept })}`;
}

function blockingOf(request: object): { readonly minIndex: number; readonly waitMs: number } {
  const { options } = request as { readonly options?: ReadOptions };
  return { minIndex: options?.minIndex ?? 0, waitMs: options?.maxWaitMs || CACHE_DEFAULT_WAIT_MS };
}
