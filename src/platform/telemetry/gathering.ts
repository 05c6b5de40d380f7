import { TELEMETRY_SAMPLES_MAX, TELEMETRY_SERIES_MAX } from "../limits.ts";
import type { LineMaker } from "./lines.ts";
import type { TelemetrySeries, TelemetrySink } from "./sink.ts";

/**
 * Gathers what is counted until it is sent: counters are summed up, of a gauge the last value stays, samples stay one by one, for their
 * receiver wants them so. What there is no room for is dropped and counted.
 */
export class Gathering implements TelemetrySink {
  readonly #lines: LineMaker;
  readonly #counters = new Map<TelemetrySeries, number>();
  readonly #gauges = new Map<TelemetrySeries, number>();
  #samples: [TelemetrySeries, number][] = [];
  #dropped = 0;

  constructor(lines: LineMaker) {
    this.#lines = lines;
  }

  counter(series: TelemetrySeries, amount: number): void {
    const before = this.#counters.get(series);
    if (before === undefined && this.#counters.size >= TELEMETRY_SERIES_MAX) this.#dropped++;
    else this.#counters.set(series, (before ?? 0) + amount);
  }

  gauge(series: TelemetrySeries, value: number): void {
    if (!this.#gauges.has(series) && this.#gauges.size >= TELEMETRY_SERIES_MAX) this.#dropped++;
    else this.#gauges.set(series, value);
  }

  sample(series: TelemetrySeries, value: number): void {
    if (this.#samples.length >= TELEMETRY_SAMPLES_MAX) this.#dropped++;
    else this.#samples.push([series, value]);
  }

  /** What was dropped since this was asked last. */
  takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }

  /** Everything gathered, as lines without their ends; nothing is left here. */
  take(): readonly string[] {
    const lines = [
      ...[...this.#counters].map(([series, sum]) => this.#lines.line(series, "c", sum)),
      ...[...this.#gauges].map(([series, value]) => this.#lines.line(series, "g", value)),
      ...this.#samples.map(([series, value]) => this.#lines.line(series, "ms", value)),
    ];
    this.#counters.clear();
    this.#gauges.clear();
    this.#samples = [];
    return lines;
  }
}
