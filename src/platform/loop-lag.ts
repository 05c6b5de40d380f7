import { LAG_PROBE_MS, STALL_MS } from "./limits.ts";
import type { Histogram, LoopLag } from "./ports.ts";

/** Asks the event loop ten times a second how late it is. */
export class LoopLagProbe implements LoopLag, Disposable {
  readonly #listeners = new Set<(lagMs: number) => void>();
  readonly #histogram: Histogram;
  readonly #timer: NodeJS.Timeout;
  #asked = performance.now();

  constructor(histogram: Histogram) {
    this.#histogram = histogram;
    this.#timer = setInterval(() => this.#probe(), LAG_PROBE_MS);
    this.#timer.unref();
  }

  onStall(listener: (lagMs: number) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#listeners.clear();
  }

  #probe(): void {
    const now = performance.now();
    const lagMs = Math.max(0, now - this.#asked - LAG_PROBE_MS);
    this.#asked = now;
    this.#histogram.observe(lagMs);
    if (lagMs > STALL_MS) for (const listener of this.#listeners) listener(lagMs);
  }
}
