import { KvorumError } from "../base/errors.ts";
import { Later } from "../base/later.ts";
import type { ReadOptions } from "../model/index.ts";
import type { Clock, Gauge, Random } from "../platform/index.ts";
import type { Deadline, Deadlines } from "../rpc/index.ts";
import { type Indexed, WatchSet } from "../state/index.ts";
import { cancelled, type OnCancel } from "./cancel.ts";
import { maxWaiters, waitJitterFraction, wakeLook, wakeSliceMs } from "./limits.ts";

export interface BlockingOptions {
  readonly deadlines: Deadlines;
  readonly clock: Clock;
  readonly random: Random;
  readonly waiting: Gauge;
  /** Grows when the whole state was replaced: then every query is answered, whatever its index. */
  readonly generation: () => number;
  readonly defaultWaitMs: number;
  readonly maxWaitMs: number;
}

export interface BlockingQuery<T> {
  readonly minIndex: number;
  readonly waitMs: number;
  readonly ofLeader: boolean;
  readonly read: (watch?: WatchSet) => Indexed<T>;
  readonly onCancel: OnCancel;
}

/** One blocking query. Kept small: ten thousand of them wait at a time. */
class Waiter<T> {
  readonly read: (watch?: WatchSet) => Indexed<T>;
  readonly minIndex: number;
  readonly result: Later<Indexed<T>>;
  /** Whether it must be told when this server no longer leads. */
  readonly ofLeader: boolean;
  readonly generation: number;
  /** The index when the wait began: one below it means that what was read is gone. */
  readonly began: number;
  armed: Disposable | undefined;
  deadline: Deadline | undefined;

  constructor(wait: Omit<Waiter<T>, "armed" | "deadline">) {
    this.read = wait.read;
    this.minIndex = wait.minIndex;
    this.result = wait.result;
    this.ofLeader = wait.ofLeader;
    this.generation = wait.generation;
    this.began = wait.began;
  }
}

/**
 * The one loop of all blocking queries: watch and read in one synchronous turn, answer when the index is above the one
 * the client knows, else wait for a change, the deadline, the client's going or the end of the leadership.
 * At the deadline the answer is what is there, with its unchanged index: results are not kept while waiting. Consul api-docs, blocking queries.
 */
export class BlockingQueries {
  readonly #options: BlockingOptions;
  readonly #waiters = new Set<Waiter<unknown>>();
  /** Those whose change has come, to be looked at in turns of their own. */
  #woken: Waiter<unknown>[] = [];
  #closed = false;

  constructor(options: BlockingOptions) {
    this.#options = options;
  }

  get defaultWaitMs(): number {
    return this.#options.defaultWaitMs;
  }

  get size(): number {
    return this.#waiters.size;
  }

  /** How long a query with these options waits, its share of chance included; milliseconds. */
  waitMs(options: Pick<ReadOptions, "maxWaitMs">): number {
    const { defaultWaitMs, maxWaitMs, random } = this.#options;
    const wait = Math.min(maxWaitMs, options.maxWaitMs === 0 ? defaultWaitMs : options.maxWaitMs);
    return wait + random.int(Math.floor(wait / waitJitterFraction) + 1);
  }

  /** Answers at once when it can, without a promise. */
  now<T>(minIndex: number, read: (watch?: WatchSet) => Indexed<T>): Indexed<T> | undefined {
    if (minIndex === 0) return read();
    const result = read();
    return isNews(result, minIndex) ? result : undefined;
  }

  /** Throws `too-many-requests` over the bound and `unavailable` when closing; fails with `not-leader` when `ofLeader` and the leadership ends. */
  wait<T>(query: BlockingQuery<T>): Later<Indexed<T>> {
    if (this.#closed) throw new KvorumError("unavailable", "Server is closing");
    if (this.#waiters.size >= maxWaiters) throw new KvorumError("too-many-requests", `Too many blocking queries: ${maxWaiters} are waiting`);
    const result = new Later<Indexed<T>>();
    const watch = new WatchSet();
    const first = query.read(watch);
    if (isNews(first, query.minIndex)) {
      result.settle(first);
      return result;
    }
    const { minIndex, ofLeader, read } = query;
    const waiter = new Waiter<T>({ read, minIndex, result, ofLeader, generation: this.#options.generation(), began: first.index });
    // The set holds waiters of any type; each is settled with what its own `read` gave.
    this.#waiters.add(waiter as unknown as Waiter<unknown>);
    this.#options.waiting.set(this.#waiters.size);
    waiter.deadline = this.#options.deadlines.add(query.waitMs, () => this.#settle(waiter, undefined));
    this.#arm(waiter, watch);
    query.onCancel?.(() => this.#settle(waiter, cancelled()));
    return result;
  }

  /** Ends the waits that asked for the leader's word. */
  leadershipEnded(): void {
    for (const waiter of [...this.#waiters]) if (waiter.ofLeader) this.#settle(waiter, new KvorumError("not-leader", "Leadership lost while waiting"));
  }

  close(): void {
    this.#closed = true;
    for (const waiter of [...this.#waiters]) this.#settle(waiter, new KvorumError("unavailable", "Server is closing"));
  }

  #arm<T>(waiter: Waiter<T>, watch: WatchSet): void {
    waiter.armed = watch.wait(() => this.#wake(waiter as unknown as Waiter<unknown>));
  }

  /** Not in the turn of the change: its writer comes first, and a change that many wait for must not hold the loop. */
  #wake(waiter: Waiter<unknown>): void {
    this.#woken.push(waiter);
    if (this.#woken.length === 1) this.#options.clock.soon(() => this.#turn(0));
  }

  /** Looks again for those that were woken, from `from` on, as long as a turn may last. */
  #turn(from: number): void {
    const { clock } = this.#options;
    const began = clock.now();
    const woken = this.#woken;
    let at = from;
    while (at < woken.length) {
      const waiter = woken[at++] as Waiter<unknown>;
      if (this.#waiters.has(waiter)) this.#again(waiter);
      if (at % wakeLook !== 0 || clock.now() - began < wakeSliceMs) continue;
      clock.soon(() => this.#turn(at));
      return;
    }
    this.#woken = [];
  }

  #again<T>(waiter: Waiter<T>): void {
    const watch = new WatchSet();
    const result = waiter.read(watch);
    const news = result.index > waiter.minIndex || result.index < waiter.began || waiter.generation !== this.#options.generation();
    if (news) this.#settle(waiter, result);
    else this.#arm(waiter, watch);
  }

  /** With the answer or with why there is none; `undefined`: with what there is now. */
  #settle<T>(waiter: Waiter<T>, outcome: Indexed<T> | Error | undefined): void {
    if (!this.#waiters.delete(waiter as unknown as Waiter<unknown>)) return;
    this.#options.waiting.set(this.#waiters.size);
    waiter.armed?.[Symbol.dispose]();
    if (waiter.deadline !== undefined) this.#options.deadlines.cancel(waiter.deadline);
    if (outcome instanceof Error) waiter.result.fail(outcome);
    else waiter.result.settle(outcome ?? waiter.read());
  }
}

/** Whether a reading is newer than what the client knows. Index 1 means that it knows nothing: where more than that is shown, it does not wait. */
function isNews(found: Indexed<unknown>, minIndex: number): boolean {
  return found.index > minIndex || (minIndex === 1 && (found.shown ?? found.index) > 1);
}
