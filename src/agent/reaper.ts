import { messageOf } from "../base/errors.ts";
import type { Clock, Logger } from "../platform/index.ts";
import type { CheckRuns } from "./check-runs.ts";
import { REAP_INTERVAL_MS } from "./limits.ts";
import type { LocalState } from "./local-state.ts";

export interface ReaperOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly local: LocalState;
  readonly runs: CheckRuns;
  readonly deregister: (serviceId: string) => Promise<void>;
  /** How often it looks; 0: the usual interval. */
  readonly intervalMs: number;
}

/** Takes services out whose check has been critical for as long as its definition bears (`deregister_critical_service_after`). */
export class Reaper implements Disposable {
  readonly #with: ReaperOptions;
  #timer: Disposable | undefined;

  constructor(options: ReaperOptions) {
    this.#with = options;
    this.#wait();
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
  }

  #wait(): void {
    const { clock, intervalMs } = this.#with;
    this.#timer = clock.after(intervalMs > 0 ? intervalMs : REAP_INTERVAL_MS, () => {
      this.#reap();
      this.#wait();
    });
  }

  #reap(): void {
    const { runs, local, clock, logger, deregister } = this.#with;
    for (const { id, afterMs } of runs.reapable()) {
      const entry = local.checkEntry(id);
      if (entry?.criticalSince === undefined || entry.value.serviceId === "" || clock.wall() - entry.criticalSince <= afterMs) continue;
      const service = entry.value.serviceId;
      logger.info("Check has been critical for too long: its service is deregistered", { check: id, service, afterMs });
      deregister(service).catch((error: unknown) => logger.error("Cannot deregister a service", { service, error: messageOf(error) }));
    }
  }
}
