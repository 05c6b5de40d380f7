import type { Brand } from "../base/brand.ts";

/** Milliseconds since some start; never goes back, does not follow the wall clock. May have fractions. */
export type MonotonicMs = Brand<number, "MonotonicMs">;
/** Milliseconds since 1970, by the wall clock: may jump either way. Only for what people read and for values stored. */
export type UnixMs = Brand<number, "UnixMs">;

/** Time. Whoever waits, waits by this, so that a simulation can turn the hands. */
export interface Clock {
  now(): MonotonicMs;
  wall(): UnixMs;
  /** Calls `run` once after `ms` (0: in a later turn, after what waits in the sockets has been read). Disposing cancels. */
  after(ms: number, run: () => void): Disposable;
  /** Calls `run` in a later turn of the loop, after pending I/O has been looked at (`setImmediate`). */
  soon(run: () => void): void;
}

export interface Random {
  /** A whole number from 0 to `below` - 1, evenly. */
  int(below: number): number;
  bytes(count: number): Uint8Array;
}

/** A stream of bytes in order, as TCP gives it. Events come through the handlers given to `open`. */
export interface Connection {
  /** `ip:port` of the other end. */
  readonly remote: string;
  /** `ip:port` of this end. */
  readonly local: string;
  /** Hands bytes over; false when the buffer is over its high-water mark: wait for `onDrain` before sending what can wait. */
  write(bytes: Uint8Array): boolean;
  /** Bytes given to `write` that the system has not taken yet. */
  readonly buffered: number;
  /** Sends what is buffered, then closes. */
  end(): void;
  /** Closes at once. `onClose` still comes. */
  destroy(): void;
  pause(): void;
  resume(): void;
}

export interface ConnectionHandlers {
  /** The bytes belong to the receiver: nobody else will write to them. */
  onData(bytes: Buffer): void;
  onDrain?(): void;
  /** Once, last of all; `error` when it was not an orderly end. */
  onClose(error: Error | undefined): void;
}

export interface Listener extends AsyncDisposable {
  /** `ip:port` as bound, the port never 0. */
  readonly address: string;
}

/** One place to send datagrams from and to hear them at, as UDP gives it: no order, no promise, no connection. */
export interface DatagramSocket extends AsyncDisposable {
  /** `ip:port` as bound, the port never 0. */
  readonly address: string;
  /** Hands one datagram to the system. What fails at once, or a little later, comes back through `onSendFailed`. */
  send(bytes: Uint8Array, to: { readonly host: string; readonly port: number }): void;
}

export interface DatagramHandlers {
  /** The bytes belong to the receiver. `from` is an IP address and a port. */
  onMessage(bytes: Buffer, from: { readonly host: string; readonly port: number }): void;
  /** The system did not take a datagram; it is gone. Code `unavailable`. */
  onSendFailed(to: { readonly host: string; readonly port: number }, error: Error): void;
}

export interface Network {
  /** Rejects with code `unavailable` when the address is taken or not ours. Address `ip:port`, port 0 for any. */
  bindDatagrams(address: string, handlers: DatagramHandlers): Promise<DatagramSocket>;
  /** IP addresses of a name, the system's order; an IP address gives itself. Rejects with code `unavailable` when there are none. */
  resolve(host: string): Promise<readonly string[]>;
  /** Resolves when connected. Rejects with code `unavailable` when refused or not connected in `timeoutMs`. */
  connect(
    address: string,
    handlers: (connection: Connection) => ConnectionHandlers,
    timeoutMs: number,
    /** Gets what gives it up while it is not connected yet: then it rejects. A network that connects at once need not hand it over. */
    onCancel?: (cancel: () => void) => void,
  ): Promise<Connection>;
  /** Rejects with code `unavailable` when the address is taken or not ours. Address `ip:port`, port 0 for any. */
  listen(address: string, onConnection: (connection: Connection) => ConnectionHandlers): Promise<Listener>;
}

/** A file being written. Nothing is promised to survive a crash before `sync` has resolved. */
export interface FileWriter {
  write(bytes: Uint8Array): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface Files {
  /** Whole content; `undefined` when there is no such file. Rejects with code `disk` for other failures. */
  read(path: string): Promise<Buffer | undefined>;
  /** At most `length` bytes from `offset`; fewer at the end of the file. */
  readAt(path: string, offset: number, length: number): Promise<Buffer>;
  size(path: string): Promise<number | undefined>;
  /** Makes or empties the file. */
  create(path: string): Promise<FileWriter>;
  /** Writes a temporary file beside it, syncs, renames over `path` and syncs the folder: afterwards old or new, never half. */
  replace(path: string, content: Uint8Array): Promise<void>;
  /** Atomic within a folder; the folder is synced. */
  rename(from: string, to: string): Promise<void>;
  /** File or whole folder; no error when it is not there. */
  remove(path: string): Promise<void>;
  makeFolder(path: string): Promise<void>;
  /** Names in the folder, sorted; empty when there is no such folder. */
  list(path: string): Promise<readonly string[]>;
  /** Takes the folder for this process: rejects with code `disk`, naming the holder, when another process has it. */
  lock(path: string): Promise<AsyncDisposable>;
}

export type LogLevel = "trace" | "debug" | "info" | "warn" | "error";

export interface LogLine {
  readonly at: UnixMs;
  readonly level: LogLevel;
  /** Who speaks, as a path of names: `agent.server.raft`. */
  readonly name: string;
  readonly message: string;
  readonly fields: LogFields | undefined;
}
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Logger {
  /** The same log one name further down: `agent` named `server` speaks as `agent.server`. */
  named(name: string): Logger;
  trace(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** Whether anybody would see a line of this level: for lines that cost something to make, once a request. Not every log can tell. */
  wants?(level: LogLevel): boolean;
}

/** The whole log, for who wants to listen (`agent/monitor`). */
export interface LogHub {
  readonly logger: Logger;
  /** Gets every line at or above `level` until disposed. Must not throw and must not log. */
  listen(level: LogLevel, onLine: (line: LogLine) => void): Disposable;
}

export interface Counter {
  add(amount: number): void;
}
export interface Gauge {
  set(value: number): void;
}
/** Counts observations; in milliseconds where the name says nothing else. */
export interface Histogram {
  observe(value: number): void;
}

export type MetricLabels = Readonly<Record<string, string>>;

/** Metrics under Consul's telemetry names, dots between the parts (`raft.commitTime`); a series exists from its declaration on. */
export interface Metrics {
  counter(name: string, help: string, labels?: MetricLabels): Counter;
  gauge(name: string, help: string, labels?: MetricLabels): Gauge;
  histogram(name: string, help: string, labels?: MetricLabels): Histogram;
}

/** What one counter or sample saw in one interval, in the shape and under the names of Consul's `agent/metrics`. */
export interface MetricsSeries {
  readonly Name: string;
  readonly Count: number;
  /** Sum per second of the interval. */
  readonly Rate: number;
  readonly Sum: number;
  readonly Min: number;
  readonly Max: number;
  readonly Mean: number;
  readonly Stddev: number;
  readonly Labels: MetricLabels;
}

/** The answer of `GET /v1/agent/metrics`, as Consul 1.8.7 gives it. */
export interface MetricsReport {
  /** Start of the interval: `2026-11-20 10:48:30 +0000 UTC`. */
  readonly Timestamp: string;
  readonly Gauges: readonly { readonly Name: string; readonly Value: number; readonly Labels: MetricLabels }[];
  /** Always empty: Consul 1.8.7 emits none. */
  readonly Points: readonly never[];
  readonly Counters: readonly MetricsSeries[];
  readonly Samples: readonly MetricsSeries[];
}

/** Reads what was counted. */
export interface MetricsView {
  /** The last whole interval of ten seconds; in the first ten seconds the current one. */
  report(): MetricsReport;
  /** All series in Prometheus' text format. */
  prometheus(): Promise<{ readonly contentType: string; readonly text: string }>;
}

/** Tells when this process did not get round to its work. */
export interface LoopLag {
  /** Called after the event loop was kept for more than 50 ms, with how long. Must not throw. */
  onStall(listener: (lagMs: number) => void): Disposable;
}

export type StopSignal = "SIGINT" | "SIGTERM" | "SIGHUP";

/** Signals from outside. While somebody listens, the signal does not end the process by itself. */
export interface Signals {
  onSignal(listener: (signal: StopSignal) => void): Disposable;
}

/** The one seam to the world: a node sees clock, chance, network, disk, log and metrics through this and nothing else. */
export interface Platform {
  readonly clock: Clock;
  readonly random: Random;
  readonly network: Network;
  readonly files: Files;
  readonly log: LogHub;
  readonly metrics: Metrics;
}
