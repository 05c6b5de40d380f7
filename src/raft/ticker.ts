import type { Clock, MonotonicMs } from "../platform/index.ts";

export interface TickerOptions {
  readonly clock: Clock;
  readonly tickMs: number;
  /** `elapsed` whole ticks have gone by, at least one; the call was due `lateMs` ago. */
  readonly tick: (elapsed: number, lateMs: number) => void;
}

/**
 * Ticks by the clock. A tick that comes late (this process did not run) first lets the loop handle what waits in the sockets: a
 * leader's word that arrived meanwhile must count before an election begins.
 */
export class Ticker {
  readonly #options: TickerOptions;
  /** The moment, on a grid of whole ticks, up to which ticks were given. */
  #at: MonotonicMs;
  #timer: Disposable | undefined;
  #stopped = false;

  constructor(options: TickerOptions) {
    this.#options = options;
    this.#at = options.clock.now();
    this.#arm();
  }

  /** Whole ticks since the last one given, rounded up. */
  get since(): number {
    const { clock, tickMs } = this.#options;
    return Math.ceil((clock.now() - this.#at) / tickMs);
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.[Symbol.dispose]();
  }

  #arm(): void {
    const { clock, tickMs } = this.#options;
    this.#timer = clock.after(Math.max(0, this.#at + tickMs - clock.now()), () => this.#due());
  }

  #due(): void {
    const { clock, tickMs } = this.#options;
    const lateMs = clock.now() - this.#at - tickMs;
    if (lateMs < tickMs) this.#give(Math.max(0, lateMs));
    else clock.soon(() => clock.soon(() => this.#give(lateMs)));
  }

  #give(lateMs: number): void {
    if (this.#stopped) return;
    const { clock, tickMs, tick } = this.#options;
    const elapsed = Math.floor((clock.now() - this.#at) / tickMs);
    if (elapsed > 0) {
      this.#at = (this.#at + elapsed * tickMs) as MonotonicMs;
      tick(elapsed, lateMs);
    }
    this.#arm();
  }
}
