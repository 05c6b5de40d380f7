import { Counter as PromCounter, Gauge as PromGauge, Registry } from "prom-client";
import { assert } from "../base/assert.ts";
import { Aggregate } from "./aggregate.ts";
import { METRICS_INTERVAL_MS } from "./limits.ts";
import type { Clock, Counter, Gauge, Histogram, MetricLabels, Metrics, MetricsReport, MetricsView } from "./ports.ts";
import { SampledSummary, type SummarySeries } from "./summary.ts";

type Kind = "counter" | "gauge" | "histogram";
type PromMetric = PromCounter | PromGauge | SampledSummary;

export interface MetricsOptions {
  readonly clock: Clock;
  readonly prefix: string;
  readonly hostName: string | undefined;
}

/**
 * Everything that is counted, in two views of one truth: Consul's JSON (`consul.raft.apply`, the last ten seconds) and
 * Prometheus' text (`consul_raft_apply`, since the start).
 */
export class RealMetrics implements Metrics, MetricsView {
  readonly registry = new Registry();
  readonly #options: MetricsOptions;
  readonly #prom = new Map<string, PromMetric>();
  readonly #series = new Map<string, Series>();
  readonly #beforeReading: (() => void)[] = [];
  #interval: number;
  #shown: number;

  constructor(options: MetricsOptions) {
    this.#options = options;
    this.#interval = this.#intervalNow();
    this.#shown = this.#interval;
  }

  counter(name: string, help: string, labels: MetricLabels = {}): Counter {
    return this.#declare("counter", name, labels, () => {
      const prom = this.#promMetric("counter", name, help, labels);
      assert(prom instanceof PromCounter, `${name} is one kind of metric`);
      return new CounterSeries(name, labels, prom);
    });
  }

  gauge(name: string, help: string, labels: MetricLabels = {}): Gauge {
    return this.#declare("gauge", name, labels, () => {
      const prom = this.#promMetric("gauge", name, help, labels);
      assert(prom instanceof PromGauge, `${name} is one kind of metric`);
      return new GaugeSeries(name, labels, prom);
    });
  }

  histogram(name: string, help: string, labels: MetricLabels = {}): Histogram {
    return this.#declare("histogram", name, labels, () => {
      const prom = this.#promMetric("histogram", name, help, labels);
      assert(prom instanceof SampledSummary, `${name} is one kind of metric`);
      return new HistogramSeries(name, labels, prom.child(labels));
    });
  }

  /** Called before either view is read: sets gauges that are cheaper to ask for than to follow. */
  beforeReading(refresh: () => void): void {
    this.#beforeReading.push(refresh);
  }

  /** Closes the interval when the wall clock has left it. To be called about once a second. */
  turnOver(): void {
    const interval = this.#intervalNow();
    if (interval === this.#interval) return;
    for (const series of this.#series.values()) series.turnOver();
    this.#shown = this.#interval;
    this.#interval = interval;
  }

  report(): MetricsReport {
    for (const refresh of this.#beforeReading) refresh();
    const { prefix, hostName } = this.#options;
    const all = [...this.#series.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    const closed = this.#shown !== this.#interval;
    const gaugePrefix = hostName === undefined ? prefix : `${prefix}.${hostName}`;
    const show = (series: CounterSeries | HistogramSeries) =>
      (closed ? series.closed : series.open).show(`${prefix}.${series.name}`, series.labels, METRICS_INTERVAL_MS);
    return {
      Timestamp: goTime(this.#shown * METRICS_INTERVAL_MS),
      Gauges: all
        .filter((series) => series instanceof GaugeSeries)
        .map((series) => ({ Name: `${gaugePrefix}.${series.name}`, Value: series.value, Labels: series.labels })),
      Points: [],
      Counters: all.filter((series) => series instanceof CounterSeries).map(show),
      Samples: all.filter((series) => series instanceof HistogramSeries).map(show),
    };
  }

  async prometheus(): Promise<{ readonly contentType: string; readonly text: string }> {
    for (const refresh of this.#beforeReading) refresh();
    return { contentType: this.registry.contentType, text: await this.registry.metrics() };
  }

  /** Gives the series that is there under this name and these labels, or makes it. */
  #declare<T extends Series>(kind: Kind, name: string, labels: MetricLabels, make: () => T): T {
    const key = `${kind} ${name} ${JSON.stringify(labels)}`;
    const known = this.#series.get(key);
    if (known !== undefined) return known as T; // the kind is part of the key
    const series = make();
    this.#series.set(key, series);
    return series;
  }

  #promMetric(kind: Kind, name: string, help: string, labels: MetricLabels): PromMetric {
    const promName = `${this.#options.prefix}_${name}`.replaceAll(/[^a-zA-Z0-9_]/g, "_");
    const known = this.#prom.get(promName);
    if (known !== undefined) return known;
    const options = { name: promName, help, labelNames: Object.keys(labels), registers: [this.registry] };
    const made =
      kind === "counter"
        ? new PromCounter(options)
        : kind === "gauge"
          ? new PromGauge(options)
          : new SampledSummary({ name: promName, help, registry: this.registry, clock: this.#options.clock });
    this.#prom.set(promName, made);
    return made;
  }

  #intervalNow(): number {
    return Math.floor(this.#options.clock.wall() / METRICS_INTERVAL_MS);
  }
}

type Series = CounterSeries | GaugeSeries | HistogramSeries;

class CounterSeries implements Counter {
  readonly name: string;
  readonly labels: MetricLabels;
  open = new Aggregate();
  closed = new Aggregate();
  readonly #prom: PromCounter.Internal;

  constructor(name: string, labels: MetricLabels, prom: PromCounter) {
    this.name = name;
    this.labels = labels;
    this.#prom = prom.labels(labels);
    this.#prom.inc(0);
  }

  add(amount: number): void {
    assert(amount >= 0, "a counter only grows");
    this.open.add(amount);
    this.#prom.inc(amount);
  }

  turnOver(): void {
    this.closed = this.open;
    this.open = new Aggregate();
  }
}

class GaugeSeries implements Gauge {
  readonly name: string;
  readonly labels: MetricLabels;
  value = 0;
  readonly #prom: PromGauge.Internal<string>;

  constructor(name: string, labels: MetricLabels, prom: PromGauge) {
    this.name = name;
    this.labels = labels;
    this.#prom = prom.labels(labels);
    this.#prom.set(0);
  }

  /** NaN, which would reach dashboards, counts as 0. */
  set(value: number): void {
    this.value = Number.isFinite(value) ? value : 0;
    this.#prom.set(this.value);
  }

  turnOver(): void {
    // a gauge keeps its value
  }
}

class HistogramSeries implements Histogram {
  readonly name: string;
  readonly labels: MetricLabels;
  open = new Aggregate();
  closed = new Aggregate();
  readonly #prom: SummarySeries;

  constructor(name: string, labels: MetricLabels, prom: SummarySeries) {
    this.name = name;
    this.labels = labels;
    this.#prom = prom;
  }

  observe(value: number): void {
    if (!Number.isFinite(value)) return;
    this.open.add(value);
    this.#prom.observe(value);
  }

  turnOver(): void {
    this.closed = this.open;
    this.open = new Aggregate();
  }
}

/** `2026-11-20 10:48:30 +0000 UTC`, as Go prints a time. */
function goTime(unixMs: number): string {
  return `${new Date(unixMs).toISOString().slice(0, 19).replace("T", " ")} +0000 UTC`;
}
