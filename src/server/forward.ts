import { type ErrorCode, KvorumError, NoLeaderError } from "../base/errors.ts";
import type { NodeId } from "../base/ids.ts";
import type { Clock, Counter, Random } from "../platform/index.ts";
import type { Deadline, Deadlines } from "../rpc/index.ts";
import { Cancel, cancelled } from "./cancel.ts";
import type { Leadership } from "./leadership.ts";
import { movedGraceMs, retryPauseMs } from "./limits.ts";

/** Errors that say that nothing was done: anything may be tried again after them. */
const UNTOUCHED = new Set<ErrorCode>(["no-leader", "not-leader", "unavailable"]);
/** After these a write may have happened: only reads are tried again. */
const UNKNOWN_END = new Set<ErrorCode>(["leadership-lost"]);
/** An attempt that lasted so long was not part of the trouble before it. */
const calmMs = 1_000;

export interface ForwardedCall<T> {
  /** On this server, which leads. */
  readonly here: () => Promise<T>;
  /** On another server; `onCancel` is for the call to it. */
  readonly there: (leader: { readonly id: NodeId; readonly address: string }, onCancel: (run: () => void) => void) => Promise<T>;
  /** Whether it changes nothing. */
  readonly reads: boolean;
  readonly cancel: Cancel;
}

/**
 * Takes a call to the leader, wherever it is. While there is none it waits for one up to the hold time (Consul's
 * `rpc_hold_timeout`), then fails with `no-leader`. Calls that met a change of leader are tried again where that is safe.
 * Errors that came from another server begin with `rpc error making call: `, as Consul's do.
 */
export class Forwarder {
  readonly #leadership: Leadership;
  readonly #deadlines: Deadlines;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #holdMs: number;
  readonly #forwarded: Counter;
  #closed = false;

  constructor(options: {
    readonly leadership: Leadership;
    readonly deadlines: Deadlines;
    readonly clock: Clock;
    readonly random: Random;
    readonly holdMs: number;
    readonly forwarded: Counter;
  }) {
    this.#leadership = options.leadership;
    this.#deadlines = options.deadlines;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#holdMs = options.holdMs;
    this.#forwarded = options.forwarded;
  }

  close(): void {
    this.#closed = true;
  }

  async run<T>(call: ForwardedCall<T>): Promise<T> {
    const start = this.#clock.now();
    let failingSince: number | undefined;
    for (;;) {
      if (call.cancel.fired) throw cancelled();
      if (this.#closed) throw new KvorumError("unavailable", "Server is closing");
      const began = this.#clock.now();
      try {
        return await this.#attempt(call);
      } catch (error) {
        if (!this.#mayRetry(error, call)) throw error;
        const now = this.#clock.now();
        // A read may have waited long before trouble began. A write that comes late is worse than one that fails: its client may have gone.
        if (!call.reads) failingSince = start;
        else if (failingSince === undefined || now - began > calmMs) failingSince = now;
        if (now - failingSince >= this.#holdMs) throw new NoLeaderError();
        await this.#pause(failingSince + this.#holdMs - now, call.cancel);
      }
    }
  }

  async #attempt<T>(call: ForwardedCall<T>): Promise<T> {
    if (this.#leadership.isLeader) return call.here();
    const { leader } = this.#leadership.view;
    if (leader === undefined) throw new NoLeaderError();
    this.#forwarded.add(1);
    const attempt = new Cancel();
    call.cancel.onCancel(attempt.fire);
    using moved = this.#watchMove(leader.id, call.reads ? 0 : movedGraceMs, attempt.fire);
    try {
      return await call.there(leader, attempt.onCancel);
    } catch (error) {
      if (!(error instanceof KvorumError)) throw error;
      if (moved.fired && !call.reads)
        throw new KvorumError("leadership-lost", "rpc error making call: leadership lost while the call was on its way", { cause: error });
      throw new KvorumError(error.code, `rpc error making call: ${error.message}`, { cause: error });
    }
  }

  /**
   * A call that waits at a server which leads no more, perhaps out of reach, is given up: a read at once, to be asked of the
   * new leader; a write when its answer, that may be on its way, does not come within the grace, since it must not be done twice or late.
   */
  #watchMove(from: NodeId, graceMs: number, giveUp: () => void): Disposable & { readonly fired: boolean } {
    let fired = false;
    let grace: Deadline | undefined;
    const watch = this.#onceMoved(from, () => {
      grace = this.#deadlines.add(graceMs, () => {
        fired = true;
        giveUp();
      });
    });
    return {
      get fired() {
        return fired;
      },
      [Symbol.dispose]: () => {
        watch[Symbol.dispose]();
        if (grace !== undefined) this.#deadlines.cancel(grace);
      },
    };
  }

  /** Calls `moved` once, when another server than this one is known to lead. */
  #onceMoved(from: NodeId, moved: () => void): Disposable {
    let subscription: Disposable;
    const look = (): void => {
      const { leader } = this.#leadership.view;
      if (leader !== undefined && leader.id !== from) moved();
      else subscription = this.#leadership.onceChanged(look);
    };
    subscription = this.#leadership.onceChanged(look);
    return { [Symbol.dispose]: () => subscription[Symbol.dispose]() };
  }

  #mayRetry(error: unknown, call: { readonly reads: boolean; readonly cancel: Cancel }): boolean {
    if (!(error instanceof KvorumError) || call.cancel.fired) return false;
    return UNTOUCHED.has(error.code) || (call.reads && UNKNOWN_END.has(error.code));
  }

  /** Until the leader changes; a little while when one is known, since it may only be out of reach. */
  #pause(leftMs: number, cancel: Cancel): Promise<void> {
    const known = this.#leadership.view.leader !== undefined;
    const ms = known ? Math.min(leftMs, 1 + this.#random.int(retryPauseMs)) : leftMs;
    return new Promise((resolve) => {
      const done = (): void => {
        changed[Symbol.dispose]();
        this.#deadlines.cancel(deadline);
        resolve();
      };
      const changed = this.#leadership.onceChanged(done);
      const deadline = this.#deadlines.add(ms, done);
      cancel.onCancel(done);
    });
  }
}
