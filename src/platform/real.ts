import type { Scope } from "../base/scope.ts";
import { realClock } from "./clock.ts";
import { RealFiles } from "./files.ts";
import { RealLogHub } from "./log.ts";
import { formatLogJson, formatLogLine } from "./log-format.ts";
import { LoopLagProbe } from "./loop-lag.ts";
import { RealMachine } from "./machine.ts";
import { MetricFilter, type MetricRules } from "./metric-filter.ts";
import { RealMetrics } from "./metrics.ts";
import { RealNetwork } from "./network.ts";
import type { GrpcClient, Machine, Processes, Profiler, WebClient } from "./outside-ports.ts";
import type { LogLevel, LoopLag, MetricsView, Platform, Signals } from "./ports.ts";
import { RealProcesses } from "./processes.ts";
import { RealProfiler } from "./profiler.ts";
import { SystemRandom } from "./random.ts";
import { declareRuntimeMetrics } from "./runtime-metrics.ts";
import { processSignals } from "./signals.ts";
import { Sending, type TelemetryTargets } from "./telemetry/sending.ts";
import { RealWebClient } from "./web-client.ts";

export interface RealPlatformOptions {
  readonly log: {
    readonly level: LogLevel;
    /** One JSON object a line instead of Consul's text. */
    readonly json?: boolean;
    /** Gets each line with its line end. Must not throw. */
    readonly write: (text: string) => void;
  };
  readonly metrics?: {
    /** First part of every name, `consul` when not given (`telemetry.metrics_prefix`). */
    readonly prefix?: string;
    /** Second part of the gauges' names in the JSON output, as in Consul; left out when not given (`telemetry.disable_hostname`). */
    readonly hostName?: string;
    /** What is kept at all (`telemetry.prefix_filter`); everything when not given. */
    readonly rules?: MetricRules;
    /** Programs that are told of what is counted; none when not given. */
    readonly targets?: TelemetryTargets;
  };
}

/** This machine as a platform, and what only a real process has. */
export interface RealPlatform extends Platform {
  readonly metricsView: MetricsView;
  readonly loopLag: LoopLag;
  readonly signals: Signals;
  readonly processes: Processes;
  readonly web: WebClient;
  readonly grpc: GrpcClient;
  readonly machine: Machine;
  readonly profiler: Profiler;
  /** Changes what `log.write` gets from now on (`log_level` in a reload). */
  setLogLevel(level: LogLevel): void;
  /** Changes which metrics are kept from now on (`telemetry.prefix_filter` in a reload). */
  setMetricRules(rules: MetricRules): void;
}

/** The platform a node runs on in the world. Timers and observers of its own end with `scope`. */
export function realPlatform(scope: Scope, options: RealPlatformOptions): RealPlatform {
  const log = new RealLogHub(realClock, "agent");
  const format = options.log.json === true ? formatLogJson : formatLogLine;
  const listen = (level: LogLevel): Disposable => log.listen(level, (line) => options.log.write(`${format(line)}\n`));
  let printing = listen(options.log.level);
  scope.defer(() => printing[Symbol.dispose]());

  const metrics = new RealMetrics({ clock: realClock, prefix: options.metrics?.prefix ?? "consul", hostName: options.metrics?.hostName });
  if (options.metrics?.rules !== undefined) metrics.filter(new MetricFilter(options.metrics.rules));
  scope.use(declareRuntimeMetrics(metrics));
  const network = new RealNetwork();
  const loopLag = scope.use(new LoopLagProbe(metrics.histogram("runtime.loop_lag", "How late the event loop ran, milliseconds")));
  const { targets } = options.metrics ?? {};
  if (targets !== undefined && [targets.statsdAddress, targets.dogstatsdAddress, targets.statsiteAddress].some((address) => address !== "")) {
    const style = { prefix: options.metrics?.prefix ?? "consul", hostName: options.metrics?.hostName };
    metrics.tell(scope.use(new Sending({ targets, style, network, clock: realClock, logger: log.logger.named("telemetry"), metrics })));
  }
  return {
    clock: realClock,
    random: new SystemRandom(),
    network,
    files: new RealFiles(),
    log,
    metrics,
    metricsView: metrics,
    loopLag,
    signals: processSignals,
    processes: new RealProcesses(),
    web: new RealWebClient(),
    grpc: grpcWhenNeeded,
    machine: new RealMachine(),
    profiler: new RealProfiler(),
    setLogLevel(level) {
      printing[Symbol.dispose]();
      printing = listen(level);
    },
    setMetricRules: (rules) => metrics.filter(new MetricFilter(rules)),
  };
}

/** HTTP/2 is read with the first check that needs it: most agents have none, and start sooner. */
const grpcWhenNeeded: GrpcClient = {
  call: async (request) => {
    const { RealGrpcClient } = await import("./grpc-client.ts");
    return new RealGrpcClient().call(request);
  },
};
