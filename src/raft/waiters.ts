import { KvorumError } from "../base/errors.ts";
import type { Index } from "../base/ids.ts";
import type { Clock } from "../platform/index.ts";

interface Waiter {
  readonly index: Index;
  readonly resolve: (index: Index) => void;
  readonly reject: (error: KvorumError) => void;
  timer: Disposable | undefined;
}

/** Who waits until an index has been applied here. */
export class Waiters {
  readonly #clock: Clock;
  readonly #waiting = new Set<Waiter>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Rejects with `timeout` after `timeoutMs`, if that is given. */
  add(index: Index, timeoutMs: number | undefined): Promise<Index> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { index, resolve, reject, timer: undefined };
      this.#waiting.add(waiter);
      if (timeoutMs === undefined) return;
      waiter.timer = this.#clock.after(timeoutMs, () => {
        this.#waiting.delete(waiter);
        reject(new KvorumError("timeout", `Index ${index} was not applied within ${timeoutMs} ms`));
      });
    });
  }

  applied(upTo: Index): void {
    if (this.#waiting.size === 0) return;
    for (const waiter of this.#waiting) if (waiter.index <= upTo) this.#end(waiter, () => waiter.resolve(waiter.index));
  }

  failAll(error: KvorumError): void {
    for (const waiter of this.#waiting) this.#end(waiter, () => waiter.reject(error));
  }

  #end(waiter: Waiter, settle: () => void): void {
    this.#waiting.delete(waiter);
    waiter.timer?.[Symbol.dispose]();
    settle();
  }
}
