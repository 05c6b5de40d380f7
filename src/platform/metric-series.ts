import type { Counter as PromCounter, Gauge as PromGauge } from "prom-client";
import { assert } from "../base/assert.ts";
import { Aggregate } from "./aggregate.ts";
import type { Counter, Gauge, Histogram, MetricLabels } from "./ports.ts";
import type { SummarySeries } from "./summary.ts";
import type { TelemetrySink } from "./telemetry/sink.ts";

/** Where series tell what they count, besides keeping it: programs elsewhere. Most of the time there is none. */
export interface Outlet {
  sink: TelemetrySink | undefined;
}

/** One counter under one set of labels. */
export class CounterSeries implements Counter {
  readonly name: string;
  readonly labels: MetricLabels;
  open = new Aggregate();
  closed = new Aggregate();
  /** Left out by a filter: neither kept nor told. */
  muted = false;
  readonly #prom: PromCounter.Internal;
  readonly #outlet: Outlet;

  constructor(name: string, { labels, prom, outlet }: { readonly labels: MetricLabels; readonly prom: PromCounter; readonly outlet: Outlet }) {
    this.name = name;
    this.labels = labels;
    this.#outlet = outlet;
    this.#prom = prom.labels(labels);
    this.#prom.inc(0);
  }

  add(amount: number): void {
    assert(amount >= 0, "a counter only grows");
    if (this.muted) return;
    this.open.add(amount);
    this.#prom.inc(amount);
    this.#outlet.sink?.counter(this, amount);
  }

  turnOver(): void {
    this.closed = this.open;
    this.open = new Aggregate();
  }
}

/** One gauge under one set of labels. */
export class GaugeSeries implements Gauge {
  readonly name: string;
  readonly labels: MetricLabels;
  value = 0;
  /** Left out by a filter: kept, and not told. */
  muted = false;
  readonly #prom: PromGauge.Internal<string>;
  readonly #outlet: Outlet;

  constructor(name: string, { labels, prom, outlet }: { readonly labels: MetricLabels; readonly prom: PromGauge; readonly outlet: Outlet }) {
    this.name = name;
    this.labels = labels;
    this.#outlet = outlet;
    this.#prom = prom.labels(labels);
    this.#prom.set(0);
  }

  /** NaN, which would reach dashboards, counts as 0. */
  set(value: number): void {
    this.value = Number.isFinite(value) ? value : 0;
    this.#prom.set(this.value);
    if (!this.muted) this.#outlet.sink?.gauge(this, this.value);
  }

  turnOver(): void {
    // a gauge keeps its value
  }
}

/** One histogram under one set of labels. */
export class HistogramSeries implements Histogram {
  readonly name: string;
  readonly labels: MetricLabels;
  open = new Aggregate();
  closed = new Aggregate();
  /** Left out by a filter: neither kept nor told. */
  muted = false;
  readonly #prom: SummarySeries;
  readonly #outlet: Outlet;

  constructor(name: string, { labels, prom, outlet }: { readonly labels: MetricLabels; readonly prom: SummarySeries; readonly outlet: Outlet }) {
    this.name = name;
    this.labels = labels;
    this.#outlet = outlet;
    this.#prom = prom;
  }

  observe(value: number): void {
    if (this.muted || !Number.isFinite(value)) return;
    this.open.add(value);
    this.#prom.observe(value);
    this.#outlet.sink?.sample(this, value);
  }

  turnOver(): void {
    this.closed = this.open;
    this.open = new Aggregate();
  }
}
