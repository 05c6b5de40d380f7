import { KvorumError } from "../base/errors.ts";
import type { NodeId } from "../base/ids.ts";
import type { Clock } from "../platform/index.ts";
import type { Role } from "./core/index.ts";

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: KvorumError) => void;
  readonly timer: Disposable;
}

/** Who waits for the end of a hand-over: until another leader is seen. */
export class HandOver {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  #waiting: Waiting | undefined;

  constructor({ clock, timeoutMs }: { readonly clock: Clock; readonly timeoutMs: number }) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  wait(): Promise<void> {
    this.fail(new KvorumError("conflict", "Another transfer of leadership has begun"));
    return new Promise((resolve, reject) => {
      const timer = this.#clock.after(this.#timeoutMs, () => this.fail(new KvorumError("timeout", "No new leader was seen in time")));
      this.#waiting = { resolve, reject, timer };
    });
  }

  role(self: NodeId, role: Role, leader: NodeId | undefined): void {
    if (role === "leader") this.fail(new KvorumError("timeout", "This server was elected again"));
    else if (leader !== undefined && leader !== self) this.#end((waiting) => waiting.resolve());
  }

  fail(error: KvorumError): void {
    this.#end((waiting) => waiting.reject(error));
  }

  #end(settle: (waiting: Waiting) => void): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    this.#waiting = undefined;
    waiting.timer[Symbol.dispose]();
    settle(waiting);
  }
}
