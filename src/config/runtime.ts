import type { LogLevel } from "../platform/index.ts";
import type { AgentSettings } from "./agent.ts";
import type { DnsConfig } from "./dns.ts";
import type { ListenAddress } from "./ip.ts";
import type { Definition } from "./settings.ts";
import type { TlsSettings } from "./tls.ts";

/** Ports; -1 is off. Consul configuration docs, `ports`. */
export interface Ports {
  readonly server: number;
  readonly http: number;
  readonly https: number;
  readonly dns: number;
  readonly grpc: number;
  readonly serfLan: number;
  readonly serfWan: number;
}

export interface AutopilotSettings {
  readonly cleanupDeadServers: boolean;
  readonly lastContactThresholdMs: number;
  readonly maxTrailingLogs: number;
  readonly minQuorum: number;
  readonly serverStabilizationTimeMs: number;
  readonly redundancyZoneTag: string;
  readonly disableUpgradeMigration: boolean;
  readonly upgradeVersionTag: string;
}

export interface RaftSettings {
  /** 1 to 10; scales every raft timeout. `performance.raft_multiplier`, 5 when nothing is said and 1 with -dev. */
  readonly multiplier: number;
  /** Entries since the last snapshot that make a new one due. `raft_snapshot_threshold`. */
  readonly snapshotThreshold: number;
  /** How often that is looked at. `raft_snapshot_interval`. */
  readonly snapshotIntervalMs: number;
  /** Entries kept behind a snapshot for slow followers. `raft_trailing_logs`. */
  readonly trailingLogs: number;
}

export interface LimitSettings {
  /** Open HTTP connections one client address may hold; 0: no limit. */
  readonly httpMaxConnsPerClient: number;
  readonly httpsHandshakeTimeoutMs: number;
  readonly rpcHandshakeTimeoutMs: number;
  readonly rpcMaxConnsPerClient: number;
  /** Calls a second that a client agent may make; negative: no limit. */
  readonly rpcRate: number;
  readonly rpcMaxBurst: number;
  readonly kvMaxValueBytes: number;
  readonly txnMaxReqBytes: number;
}

export interface HttpSettings {
  readonly listen: readonly ListenAddress[];
  /** Where HTTPS is spoken; empty: nowhere. */
  readonly secureListen: readonly ListenAddress[];
  /** Path prefixes answered with 403. */
  readonly blockEndpoints: readonly string[];
  readonly responseHeaders: Readonly<Record<string, string>>;
  /** Networks in CIDR form that may write; empty: all. */
  readonly allowWriteHttpFrom: readonly string[];
  readonly useCache: boolean;
  /** Owner, group and octal mode of unix sockets; empty: as they come. */
  readonly unixSocket: { readonly user: string; readonly group: string; readonly mode: string };
  /** Answers profiling requests. `enable_debug`. */
  readonly debug: boolean;
  readonly disableUnprintableCharFilter: boolean;
}

export interface LogSettings {
  readonly level: LogLevel;
  readonly json: boolean;
  /** Empty: standard output only. */
  readonly file: string;
  readonly rotateBytes: number;
  readonly rotateMs: number;
  readonly rotateMaxFiles: number;
  readonly syslog: boolean;
  readonly syslogFacility: string;
}

export interface TelemetrySettings {
  readonly disableHostname: boolean;
  readonly metricsPrefix: string;
  /** 0: as Consul, no Prometheus format; Kvorum answers it nevertheless. */
  readonly prometheusRetentionMs: number;
  readonly filterDefault: boolean;
  readonly prefixFilter: readonly string[];
  /** Where metrics are sent; empty: nowhere. */
  readonly statsdAddress: string;
  readonly statsiteAddress: string;
  readonly dogstatsdAddress: string;
  readonly dogstatsdTags: readonly string[];
}

export interface JoinSettings {
  /** Tried once at the start: failure ends the agent. */
  readonly startJoin: readonly string[];
  /** Tried until it works or `retryMax` tries are used up (0: for ever). */
  readonly retryJoin: readonly string[];
  readonly retryIntervalMs: number;
  readonly retryMax: number;
  readonly startJoinWan: readonly string[];
  readonly retryJoinWan: readonly string[];
  readonly retryIntervalWanMs: number;
  readonly retryMaxWan: number;
  readonly rejoinAfterLeave: boolean;
}

/** One gossip pool of this agent. */
export interface PoolSettings {
  /** `ip:port` to listen on, UDP and TCP, and how others reach it. */
  readonly bind: ListenAddress;
  readonly advertise: ListenAddress;
  /** Networks in CIDR form that members may come from; empty: all. */
  readonly allowedNetworks: readonly string[];
  /** A failed member is forgotten after this. */
  readonly reconnectTimeoutMs: number;
  /** `gossip_lan` or `gossip_wan`; `undefined` leaves a knob as it is. */
  readonly timing: {
    readonly [K in "gossipIntervalMs" | "gossipNodes" | "probeIntervalMs" | "probeTimeoutMs" | "suspicionMult" | "retransmitMult"]: number | undefined;
  };
}

export interface GossipSettings {
  /** `undefined`: off (`ports.serf_lan` of -1); such an agent finds nobody by itself. */
  readonly lan: PoolSettings | undefined;
  /** `undefined` on clients, and where `ports.serf_wan` is -1. */
  readonly wan: PoolSettings | undefined;
  /** A key in base64; empty: none. What is in a keyring file counts more. */
  readonly encrypt: string;
  readonly verifyIncoming: boolean;
  readonly verifyOutgoing: boolean;
  /** Keys are kept in the data directory. */
  readonly keyringFile: boolean;
  /** How agents tell the servers where they are in the network. */
  readonly coordinates: { readonly enabled: boolean; readonly ratePerSecond: number; readonly intervalMinMs: number; readonly flushMs: number };
}

export interface UiSettings {
  readonly enabled: boolean;
  /** A folder of files of one's own in place of the built-in pages; empty: none. */
  readonly dir: string;
  /** Begins and ends with a slash. */
  readonly contentPath: string;
}

/** The whole configuration of one agent, merged, checked and frozen. Every duration is in milliseconds. */
export interface RuntimeConfig {
  readonly devMode: boolean;
  readonly server: boolean;
  readonly datacenter: string;
  readonly primaryDatacenter: string;
  readonly nodeName: string;
  /** UUID text; empty: the one in the data directory, or a new one. */
  readonly nodeId: string;
  readonly nodeMeta: Readonly<Record<string, string>>;
  /** Empty with -dev: everything is kept in memory. */
  readonly dataDir: string;

  /** May elect itself with nobody else there. */
  readonly bootstrap: boolean;
  /** Number of servers to wait for before the first election; 0: none. Never 1 (that is `bootstrap`). */
  readonly bootstrapExpect: number;

  /** An IP; `0.0.0.0` and `::` are possible. */
  readonly bindAddr: string;
  /** The IP that others reach this agent by; never `0.0.0.0`. */
  readonly advertiseAddr: string;
  readonly advertiseAddrWan: string;
  /** IPs for client access. */
  readonly clientAddrs: readonly string[];
  readonly ports: Ports;
  /** `ip:port` of the server RPC listener and how other servers reach it. */
  readonly rpcBind: ListenAddress;
  readonly rpcAdvertise: ListenAddress;
  readonly taggedAddresses: Readonly<Record<string, string>>;
  readonly gossip: GossipSettings;

  readonly raft: RaftSettings;
  readonly autopilot: AutopilotSettings;
  readonly limits: LimitSettings;
  readonly http: HttpSettings;
  readonly tls: TlsSettings;
  readonly dns: DnsConfig;
  readonly log: LogSettings;
  readonly telemetry: TelemetrySettings;
  readonly join: JoinSettings;
  readonly ui: UiSettings;
  readonly agent: AgentSettings;

  /** Least TTL of a session; 0: Consul's 10 s. */
  readonly sessionTtlMinMs: number;
  /** What a blocking query waits when it says nothing. */
  readonly defaultQueryTimeMs: number;
  readonly maxQueryTimeMs: number;
  /** Reads of catalog and health that name no consistency may be answered by any server with what is at most this old; 0: by the leader. */
  readonly discoveryMaxStaleMs: number;
  readonly leaveDrainTimeMs: number;
  /** How long a call waits for a leader to appear before it fails. */
  readonly rpcHoldTimeoutMs: number;
  readonly leaveOnTerminate: boolean;
  readonly skipLeaveOnInterrupt: boolean;
  readonly pidFile: string;

  /** Services and checks from the configuration, as written: the agent registers them. */
  readonly services: readonly Definition[];
  readonly checks: readonly Definition[];
  /** Watches with their handlers, as written: the agent runs them. */
  readonly watches: readonly Definition[];
  /** What to tell the operator at the start, in order: Consul's own remarks, then settings that have no effect yet. */
  readonly warnings: readonly string[];
  /** The merged settings by their configuration keys, for `agent/self` and for whatever has no field above yet. */
  readonly merged: Definition;
}
