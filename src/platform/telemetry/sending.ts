import { METRICS_INTERVAL_MS, TELEMETRY_FLUSH_MS } from "../limits.ts";
import type { Clock, Counter, Logger, Metrics, Network } from "../ports.ts";
import { Gathering } from "./gathering.ts";
import type { LineSender } from "./line-sender.ts";
import { LineMaker, type LineStyle } from "./lines.ts";
import type { TelemetrySeries, TelemetrySink } from "./sink.ts";
import { StatsdSender } from "./statsd.ts";
import { StatsiteSender } from "./statsite.ts";

/** The programs that are told of what is counted; empty addresses: none. */
export interface TelemetryTargets {
  readonly statsdAddress: string;
  readonly dogstatsdAddress: string;
  readonly dogstatsdTags: readonly string[];
  readonly statsiteAddress: string;
}

export interface SendingOptions {
  readonly targets: TelemetryTargets;
  readonly style: Pick<LineStyle, "prefix" | "hostName">;
  readonly network: Network;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics & { refresh(): void };
}

interface Target {
  readonly gathering: Gathering;
  readonly sender: LineSender;
}

/** Sends metrics to programs elsewhere, ten times a second what has gathered since. Nothing here ever keeps anybody waiting. */
export class Sending implements TelemetrySink, AsyncDisposable {
  readonly #targets: readonly Target[];
  readonly #clock: Clock;
  readonly #metrics: SendingOptions["metrics"];
  readonly #dropped: Counter;
  #timer: Disposable;
  #refreshedAt: number;

  constructor({ targets, style, network, clock, logger, metrics }: SendingOptions) {
    const parts = { network, clock, logger };
    const plain = { ...style, labels: "parts" as const, tags: [] };
    const tagged = { ...style, labels: "tags" as const, tags: targets.dogstatsdTags };
    const found: Target[] = [];
    const add = (lineStyle: LineStyle, sender: LineSender): void => {
      found.push({ gathering: new Gathering(new LineMaker(lineStyle)), sender });
    };
    if (targets.statsiteAddress !== "") add(plain, new StatsiteSender(withPort(targets.statsiteAddress), parts));
    if (targets.statsdAddress !== "") add(plain, new StatsdSender(withPort(targets.statsdAddress), parts));
    if (targets.dogstatsdAddress !== "") add(tagged, new StatsdSender(withPort(targets.dogstatsdAddress), parts));
    this.#targets = found;
    this.#clock = clock;
    this.#metrics = metrics;
    this.#dropped = metrics.counter("telemetry.dropped", "Lines that were not sent to programs that receive metrics, for want of room or of a way");
    this.#refreshedAt = clock.now();
    this.#timer = clock.after(TELEMETRY_FLUSH_MS, () => this.#flush());
  }

  counter(series: TelemetrySeries, amount: number): void {
    for (const { gathering } of this.#targets) gathering.counter(series, amount);
  }

  gauge(series: TelemetrySeries, value: number): void {
    for (const { gathering } of this.#targets) gathering.gauge(series, value);
  }

  sample(series: TelemetrySeries, value: number): void {
    for (const { gathering } of this.#targets) gathering.sample(series, value);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#timer[Symbol.dispose]();
    this.#send();
    await Promise.all(this.#targets.map(({ sender }) => sender[Symbol.asyncDispose]()));
  }

  #flush(): void {
    const now = this.#clock.now();
    if (now - this.#refreshedAt >= METRICS_INTERVAL_MS) {
      this.#refreshedAt = now;
      this.#metrics.refresh();
    }
    this.#send();
    this.#timer = this.#clock.after(TELEMETRY_FLUSH_MS, () => this.#flush());
  }

  #send(): void {
    let dropped = 0;
    for (const { gathering, sender } of this.#targets) {
      dropped += gathering.takeDropped();
      if (!sender.ready) continue;
      const lines = gathering.take();
      if (lines.length > 0 && !sender.send(lines)) dropped += lines.length;
    }
    if (dropped > 0) this.#dropped.add(dropped);
  }
}

/** Consul's port where none is said: StatsD's own. */
function withPort(address: string): string {
  return /:\d+$/.test(address) ? address : `${address}:8125`;
}
