import { KvorumError, messageOf } from "../base/errors.ts";
import type { Backend, ReadOptions, RequestOf, ResponseOf } from "../model/index.ts";
import type { Clock, Logger, Random } from "../platform/index.ts";
import { CACHE_FETCH_WAIT_MS, CACHE_QUICK_ANSWER_MS, CACHE_QUICK_PAUSE_MS, CACHE_RETRIES_AT_ONCE, CACHE_RETRY_MAX_MS, CACHE_RETRY_MS } from "./limits.ts";

/** The reads that are kept: the first three by blocking queries, the others until they are too old for whoever asks. */
export type CachedMethod = "Catalog.Services" | "Catalog.ServiceNodes" | "Health.ServiceNodes" | "Catalog.Datacenters" | "Query.Execute";

const REFRESHED: ReadonlySet<CachedMethod> = new Set<CachedMethod>(["Catalog.Services", "Catalog.ServiceNodes", "Health.ServiceNodes"]);

export interface EntryOptions {
  readonly backend: Pick<Backend, "call">;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

interface Waiter {
  minIndex: number;
  readonly settle: (error: Error | undefined) => void;
}

/**
 * One kept answer. `refreshed` ones follow the servers with a blocking query from the first answer until they are closed, and are tried again
 * ever more slowly while nobody answers; others are asked for when somebody wants them.
 */
export class CacheEntry<M extends CachedMethod = CachedMethod> {
  readonly refreshed: boolean;
  /** When it was last asked for; the cache's to set. */
  usedAt: number;
  answer: ResponseOf<M> | undefined;
  index = 0;
  /** When the answer came. */
  fetchedAt = 0;
  /** Since when nobody has answered; `undefined`: the last question was answered. */
  #lostSince: number | undefined;
  readonly #method: M;
  readonly #request: RequestOf<M>;
  readonly #with: EntryOptions;
  readonly #waiters = new Set<Waiter>();
  #asking = false;
  #failures = 0;
  #cancel: (() => void) | undefined;
  #pause: Disposable | undefined;
  #closed = false;

  constructor(method: M, request: RequestOf<M>, options: EntryOptions) {
    this.#method = method;
    this.#request = request;
    this.#with = options;
    this.refreshed = REFRESHED.has(method);
    this.usedAt = options.clock.now();
  }

  get waitedFor(): boolean {
    return this.#waiters.size > 0;
  }

  /** How long ago the answer was known to be true; milliseconds. */
  get ageMs(): number {
    const now = this.#with.clock.now();
    if (!this.refreshed) return now - this.fetchedAt;
    return this.#lostSince === undefined ? 0 : now - this.#lostSince;
  }

  /**
   * Resolves when there is an answer with an index above this (0: any that is newer than now), or after `waitMs` when there is any.
   * Rejects as the backend does when a question fails that nobody had an answer to before, or that was asked for `minIndex` 0.
   */
  next(minIndex: number, waitMs: number, onCancel: (cancel: () => void) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (error: Error | undefined): void => {
        if (!this.#waiters.delete(waiter)) return;
        deadline?.[Symbol.dispose]();
        if (error === undefined) resolve();
        else reject(error);
      };
      const waiter: Waiter = { minIndex, settle };
      const deadline = minIndex > 0 ? this.#with.clock.after(waitMs, () => this.#late(waiter)) : undefined;
      this.#waiters.add(waiter);
      onCancel(() => settle(new KvorumError("unavailable", "The client has gone")));
      this.#ask();
    });
  }

  close(): void {
    this.#closed = true;
    this.#pause?.[Symbol.dispose]();
    this.#cancel?.();
    for (const { settle } of [...this.#waiters]) settle(new KvorumError("unavailable", "Agent is stopping"));
  }

  /** Out of time: what there is, whatever its index; and when there is nothing yet, the answer that is on its way. */
  #late(waiter: Waiter): void {
    if (this.answer !== undefined) waiter.settle(undefined);
    else waiter.minIndex = 0;
  }

  #ask(): void {
    if (this.#asking || this.#closed) return;
    this.#asking = true;
    this.#pause?.[Symbol.dispose]();
    this.#pause = undefined;
    const began = this.#with.clock.now();
    this.#with.backend
      .call(this.#method, this.#toAsk(), (cancel) => {
        this.#cancel = cancel;
      })
      .then(
        (answer) => this.#answered(answer, began),
        (error: unknown) => this.#failed(error instanceof Error ? error : new KvorumError("internal", messageOf(error))),
      );
  }

  #toAsk(): RequestOf<M> {
    const { options } = this.#request as { readonly options?: ReadOptions };
    if (!this.refreshed || options === undefined) return this.#request;
    // What is kept may be old anyway: any server will do.
    return { ...this.#request, options: { ...options, consistency: "stale", minIndex: this.index, maxWaitMs: CACHE_FETCH_WAIT_MS } };
  }

  #answered(answer: ResponseOf<M>, began: number): void {
    if (this.#closed) return;
    const { clock } = this.#with;
    const index = indexOf(answer);
    const same = index === this.index;
    // After a restore indexes may be lower: it begins anew.
    this.index = index < this.index ? 0 : index;
    this.answer = answer;
    this.fetchedAt = clock.now();
    this.#lostSince = undefined;
    this.#failures = 0;
    this.#asking = false;
    for (const { minIndex, settle } of [...this.#waiters]) if (minIndex === 0 || index > minIndex) settle(undefined);
    if (this.refreshed) this.#after(same && clock.now() - began < CACHE_QUICK_ANSWER_MS ? CACHE_QUICK_PAUSE_MS : 0);
  }

  #failed(error: Error): void {
    if (this.#closed) return;
    const { clock, random, logger } = this.#with;
    this.#lostSince ??= clock.now();
    this.#failures++;
    this.#asking = false;
    const hasAnswer = this.answer !== undefined;
    for (const { minIndex, settle } of [...this.#waiters]) if (minIndex === 0 || !hasAnswer) settle(error);
    // Nobody has had an answer yet: whoever asks next asks anew.
    if (!this.refreshed || !hasAnswer) return;
    logger.debug("Kept answer could not be refreshed", { method: this.#method, error: error.message });
    const doubled = CACHE_RETRY_MS * 2 ** Math.min(16, Math.max(0, this.#failures - CACHE_RETRIES_AT_ONCE));
    const pause = Math.min(CACHE_RETRY_MAX_MS, doubled);
    this.#after(pause + random.int(pause));
  }

  #after(ms: number): void {
    this.#pause?.[Symbol.dispose]();
    this.#pause = this.#with.clock.after(ms, () => {
      this.#pause = undefined;
      this.#ask();
    });
  }
}

/** 0 where answers have none. */
function indexOf(answer: unknown): number {
  const { meta } = (answer ?? {}) as { readonly meta?: { readonly index: number } };
  return meta?.index ?? 0;
}
