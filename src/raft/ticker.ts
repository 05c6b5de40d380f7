import type { Clock, MonotonicMs } from "../platform/index.ts";
import { EARLY_TIMER_MS } from "./limits.ts";

/** What a call of the ticker tells. */
export interface Ticks {
  /** Whole ticks that have gone by, at least one. */
  readonly elapsed: number;
  /** How many of them were waited for on purpose: those beyond are lateness. */
  readonly counted: number;
  /** The call was due so long ago. */
  readonly lateMs: number;
}

export interface TickerOptions {
  readonly clock: Clock;
  readonly tickMs: number;
  readonly tick: (ticks: Ticks) => void;
  /** For so many ticks from the last one given on nothing is due, at least 1: an idle server is not woken for each. */
  readonly quiet: () => number;
}

/**
 * Ticks by the clock, on a grid of whole ticks: several at once where nothing is due between. Ticks that come late (this process did not run) first let
 * the loop handle what waits in the sockets: a leader's word that arrived meanwhile must count before an election begins.
 */
export class Ticker {
  readonly #options: TickerOptions;
  /** The moment, on a grid of whole ticks, up to which ticks were given. */
  #at: MonotonicMs;
  /** So many ticks after that moment the timer is due. */
  #stride = 1;
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

  /** Gives the ticks that have gone by while nothing was due: before anything else is done, so that it is done at its time. */
  catchUp(): void {
    const elapsed = this.#elapsed();
    if (elapsed === 0 || elapsed >= this.#stride || this.#stopped) return;
    this.#stride -= elapsed;
    this.#advance(elapsed);
    this.#options.tick({ elapsed, counted: elapsed, lateMs: 0 });
  }

  /** To be called when something may have become due sooner. */
  review(): void {
    if (this.#stopped || this.#options.quiet() >= this.#stride) return;
    this.#timer?.[Symbol.dispose]();
    this.#arm();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.[Symbol.dispose]();
  }

  #arm(): void {
    const { clock, tickMs, quiet } = this.#options;
    this.#stride = quiet();
    const waitMs = Math.ceil(this.#at + this.#stride * tickMs - clock.now());
    this.#timer = clock.after(waitMs > 0 ? waitMs + EARLY_TIMER_MS : 0, () => this.#due());
  }

  #due(): void {
    const { clock, tickMs } = this.#options;
    const lateMs = clock.now() - this.#at - this.#stride * tickMs;
    if (lateMs < tickMs) this.#give(Math.max(0, lateMs));
    else clock.soon(() => clock.soon(() => this.#give(lateMs)));
  }

  #give(lateMs: number): void {
    if (this.#stopped) return;
    const elapsed = this.#elapsed();
    const counted = Math.min(elapsed, Math.max(1, this.#stride));
    if (elapsed > 0) {
      this.#advance(elapsed);
      this.#options.tick({ elapsed, counted, lateMs });
    }
    if (!this.#stopped) this.#arm();
  }

  #elapsed(): number {
    const { clock, tickMs } = this.#options;
    return Math.floor((clock.now() - this.#at) / tickMs);
  }

  #advance(elapsed: number): void {
    this.#at = (this.#at + elapsed * this.#options.tickMs) as MonotonicMs;
  }
}
