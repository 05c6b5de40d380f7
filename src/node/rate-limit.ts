import { KvorumError } from "../base/errors.ts";
import type { Backend, Look, MethodName, RequestOf, ResponseOf, Streams } from "../model/index.ts";
import type { Clock, Counter, Metrics } from "../platform/index.ts";

/** How many calls an agent may make: so many a second on average (infinite: no limit), and so many at once. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** A bucket of tokens that fills up at a steady rate: `limits.rpc_rate` and `limits.rpc_max_burst`. */
export class TokenBucket {
  readonly #clock: Pick<Clock, "now">;
  #rate: Rate;
  #tokens: number;
  #filledAt: number;

  constructor(rate: Rate, clock: Pick<Clock, "now">) {
    this.#clock = clock;
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#filledAt = clock.now();
  }

  /** Another rate from now on; what was saved up stays, as far as it has room. */
  change(rate: Rate): void {
    this.#fill();
    this.#rate = rate;
    this.#tokens = Math.min(this.#tokens, rate.burst);
  }

  /** Takes one token; false when there is none. */
  take(): boolean {
    if (this.#rate.perSecond === Number.POSITIVE_INFINITY) return true;
    this.#fill();
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Puts one back that was not needed. */
  giveBack(): void {
    this.#tokens = Math.min(this.#rate.burst, this.#tokens + 1);
  }

  #fill(): void {
    const now = this.#clock.now();
    const { perSecond, burst } = this.#rate;
    if (perSecond !== Number.POSITIVE_INFINITY) this.#tokens = Math.min(burst, this.#tokens + ((now - this.#filledAt) / 1000) * perSecond);
    this.#filledAt = now;
  }
}

interface CallMeters {
  readonly calls: Counter;
  readonly exceeded: Counter;
}

/**
 * What an agent asks of servers, its own requests and those of its clients, no faster than it may. A call too many fails at once with
 * `too-many-requests`. On a server these are the calls of its own agent: those that come from elsewhere were counted there.
 */
export class LimitedBackend implements Backend {
  readonly #backend: Backend;
  readonly #bucket: TokenBucket;
  readonly #meters: CallMeters;

  constructor(backend: Backend, bucket: TokenBucket, metrics: Metrics) {
    this.#backend = backend;
    this.#bucket = bucket;
    this.#meters = {
      calls: metrics.counter("client.rpc", "Calls that this agent made of servers"),
      exceeded: metrics.counter("client.rpc.exceeded", "Calls refused since the agent makes too many (limits.rpc_rate)"),
    };
  }

  call<M extends MethodName>(method: M, request: RequestOf<M>, onCancel?: (cancel: () => void) => void): Promise<ResponseOf<M>> {
    return this.#allows() ? this.#backend.call(method, request, onCancel) : exceeded();
  }

  /** A call too many is left to `call`, which refuses it; and what is left to `call` is paid for there. */
  readonly look: Look = (method, request, onCancel) => {
    if (this.#backend.look === undefined || !this.#bucket.take()) return undefined;
    const found = this.#backend.look(method, request, onCancel);
    if (found === undefined) this.#bucket.giveBack();
    else this.#meters.calls.add(1);
    return found;
  };

  saveSnapshot(request: Streams["Snapshot.Save"]["request"]): Promise<Streams["Snapshot.Save"]["response"]> {
    return this.#allows() ? this.#backend.saveSnapshot(request) : exceeded();
  }

  restoreSnapshot(request: Streams["Snapshot.Restore"]["request"]): Promise<void> {
    return this.#allows() ? this.#backend.restoreSnapshot(request) : exceeded();
  }

  #allows(): boolean {
    this.#meters.calls.add(1);
    if (this.#bucket.take()) return true;
    this.#meters.exceeded.add(1);
    return false;
  }
}

function exceeded(): Promise<never> {
  return Promise.reject(new KvorumError("too-many-requests", "RPC rate limit exceeded"));
}
