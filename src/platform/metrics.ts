import { Counter as PromCounter, Gauge as PromGauge, Registry } from "prom-client";
import { assert } from "../base/assert.ts";
import { goTime } from "./go-time.ts";
import { METRICS_INTERVAL_MS } from "./limits.ts";
import { MetricFilter } from "./metric-filter.ts";
import { CounterSeries, GaugeSeries, HistogramSeries, type Outlet } from "./metric-series.ts";
import type { Clock, Counter, Gauge, Histogram, MetricLabels, Metrics, MetricsReport, MetricsView } from "./ports.ts";
import { SampledSummary } from "./summary.ts";
import type { TelemetrySink } from "./telemetry/sink.ts";

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
  readonly #outlet: Outlet = { sink: undefined };
  #filter = new MetricFilter({ passByDefault: true, rules: [] });
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
      return new CounterSeries(name, { labels, prom, outlet: this.#outlet });
    });
  }

  gauge(name: string, help: string, labels: MetricLabels = {}): Gauge {
    return this.#declare("gauge", name, labels, () => {
      const prom = this.#promMetric("gauge", name, help, labels);
      assert(prom instanceof PromGauge, `${name} is one kind of metric`);
      return new GaugeSeries(name, { labels, prom, outlet: this.#outlet });
    });
  }

  histogram(name: string, help: string, labels: MetricLabels = {}): Histogram {
    return this.#declare("histogram", name, labels, () => {
      const prom = this.#promMetric("histogram", name, help, labels);
      assert(prom instanceof SampledSummary, `${name} is one kind of metric`);
      return new HistogramSeries(name, { labels, prom: prom.child(labels), outlet: this.#outlet });
    });
  }

  /** Called before either view is read: sets gauges that are cheaper to ask for than to follow. */
  beforeReading(refresh: () => void): void {
    this.#beforeReading.push(refresh);
  }

  /** Tells a program elsewhere of everything that is counted from now on. */
  tell(sink: TelemetrySink): void {
    this.#outlet.sink = sink;
  }

  /** Sets gauges that are only set when they are asked for: for programs elsewhere, who never ask. */
  refresh(): void {
    for (const refresh of this.#beforeReading) refresh();
  }

  /** From now on leaves out what the filter does not pass. */
  filter(filter: MetricFilter): void {
    this.#filter = filter;
    for (const series of this.#series.values()) {
      const muted = !this.#passes(series.name, series instanceof GaugeSeries ? "gauge" : "counter");
      if (muted !== series.muted) this.#show(series.name, !muted);
      series.muted = muted;
    }
  }

  #show(name: string, shown: boolean): void {
    const promName = this.#promName(name);
    const metric = this.#prom.get(promName);
    if (metric === undefined) return;
    this.registry.removeSingleMetric(promName);
    if (shown) this.registry.registerMetric(metric);
  }

  /** A rule may name a gauge as it is shown, with the name of the host. */
  #passes(name: string, kind: Kind): boolean {
    const { prefix, hostName } = this.#options;
    return this.#filter.passes([`${prefix}.${name}`, ...(hostName === undefined || kind !== "gauge" ? [] : [`${prefix}.${hostName}.${name}`])]);
  }

  #promName(name: string): string {
    return `${this.#options.prefix}_${name}`.replaceAll(/[^a-zA-Z0-9_]/g, "_");
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
    this.refresh();
    const { prefix, hostName } = this.#options;
    const all = [...this.#series.values()].filter(({ muted }) => !muted).sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
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
    this.refresh();
    return { contentType: this.registry.contentType, text: await this.registry.metrics() };
  }

  /** Gives the series that is there under this name and these labels, or makes it. */
  #declare<T extends Series>(kind: Kind, name: string, labels: MetricLabels, make: () => T): T {
    const key = `${kind} ${name} ${JSON.stringify(labels)}`;
    const known = this.#series.get(key);
    if (known !== undefined) return known as T; // the kind is part of the key
    const series = make();
    series.muted = !this.#passes(name, kind);
    this.#series.set(key, series);
    return series;
  }

  #promMetric(kind: Kind, name: string, help: string, labels: MetricLabels): PromMetric {
    const promName = this.#promName(name);
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
    if (!this.#passes(name, kind)) this.registry.removeSingleMetric(promName);
    return made;
  }

  #intervalNow(): number {
    return Math.floor(this.#options.clock.wall() / METRICS_INTERVAL_MS);
  }
}

type Series = CounterSeries | GaugeSeries | HistogramSeries;
