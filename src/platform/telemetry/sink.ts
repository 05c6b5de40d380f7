import type { MetricLabels } from "../ports.ts";

/** What is counted: its name without prefix, and its labels. The same object each time for the same series. */
export interface TelemetrySeries {
  readonly name: string;
  readonly labels: MetricLabels;
}

/** Hears of everything that is counted, at once. Must not throw, must not wait, must not hold more than it has room for. */
export interface TelemetrySink {
  counter(series: TelemetrySeries, amount: number): void;
  gauge(series: TelemetrySeries, value: number): void;
  sample(series: TelemetrySeries, value: number): void;
}
