import type { Clock, LogFields, Logger } from "../platform/index.ts";
import { LOG_LINES_MAX, LOG_WINDOW_MS } from "./limits.ts";

interface Kind {
  sinceMs: number;
  said: number;
  unsaid: number;
}

/** What the outside can provoke is said a few times a window and then only counted: a flood of bad packets is no flood of lines. */
export class RateLog {
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #kinds = new Map<string, Kind>();

  constructor(log: Logger, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /** `kind` is one of a few of our own words, never something from the network. */
  warn(kind: string, message: string, fields?: LogFields): void {
    const now = this.#clock.now();
    let state = this.#kinds.get(kind);
    if (state === undefined || now - state.sinceMs >= LOG_WINDOW_MS) {
      if (state !== undefined && state.unsaid > 0) this.#log.warn("More of the same was not logged", { kind, times: state.unsaid });
      state = { sinceMs: now, said: 0, unsaid: 0 };
      this.#kinds.set(kind, state);
    }
    if (state.said < LOG_LINES_MAX) {
      state.said++;
      this.#log.warn(message, fields);
    } else state.unsaid++;
  }
}
