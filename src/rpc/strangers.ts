import type { Clock, Logger } from "../platform/index.ts";
import { complaintEveryMs, complaintsKept } from "./limits.ts";

/** Those who call here and speak something else, such as a Consul agent in the same pool: named once in a while, since they come again and again. */
export class Strangers {
  readonly #clock: Pick<Clock, "now">;
  readonly #logger: Logger;
  readonly #toldMs = new Map<string, number>();

  constructor(clock: Pick<Clock, "now">, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  complain(remote: string, why: string): void {
    const host = remote.slice(0, remote.lastIndexOf(":"));
    const now = this.#clock.now();
    if (now - (this.#toldMs.get(host) ?? Number.NEGATIVE_INFINITY) < complaintEveryMs) return;
    if (this.#toldMs.size >= complaintsKept) this.#toldMs.clear();
    this.#toldMs.set(host, now);
    this.#logger.warn("Connection closed", { remote, error: why });
  }
}
