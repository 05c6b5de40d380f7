import type { LogLevel } from "../platform/index.ts";
import { fillAddressLists } from "./address-lists.ts";
import { readAddresses, readPorts } from "./addresses.ts";
import { agentSettings } from "./agent.ts";
import { ConfigError, listErrors } from "./decode.ts";
import { DEFAULTS, DEV_DEFAULTS, RAFT_DEFAULTS } from "./defaults.ts";
import { dnsConfig } from "./dns.ts";
import { keysWithoutEffect, refuseUnsafe } from "./effects.ts";
import { gossipSettings } from "./gossip.ts";
import type { ListInterfaces } from "./interfaces.ts";
import { joinHostPort } from "./ip.ts";
import { mergeSettings } from "./merge.ts";
import { Reader } from "./reader.ts";
import type { AutopilotSettings, HttpSettings, JoinSettings, LimitSettings, LogSettings, RaftSettings, RuntimeConfig, TelemetrySettings } from "./runtime.ts";
import type { Definition } from "./settings.ts";
import { tlsSettings } from "./tls.ts";
import { checkDistinct, checkOpenFiles, checkServerPort, remarks, validate } from "./validate.ts";

/** What a configuration needs to know of the machine. */
export interface Host {
  readonly hostName: () => string;
  readonly interfaces: ListInterfaces;
  /** Files that this process may have open at once; `undefined`: not known. */
  readonly openFilesMax?: () => number | undefined;
}

const LOG_LEVELS: Readonly<Record<string, LogLevel>> = { trace: "trace", debug: "debug", info: "info", warn: "warn", err: "error", error: "error" };

/**
 * Makes the configuration of an agent out of what its sources said, in the order in which they count.
 * Throws `ConfigError` with everything that is wrong, in Consul's words where it has them.
 */
export function buildConfig({
  settings,
  devMode,
  host,
}: {
  readonly settings: readonly Definition[];
  readonly devMode: boolean;
  readonly host: Host;
}): RuntimeConfig {
  const said = mergeSettings(settings);
  const merged = fillAddressLists(mergeSettings([DEFAULTS, ...(devMode ? [DEV_DEFAULTS] : []), said]), host.interfaces);
  const from = new Reader(merged);
  const nodeName = from.has("node_name") && from.string("node_name") !== "" ? from.string("node_name") : host.hostName();
  const datacenter = from.string("datacenter").toLowerCase();
  const contentPath = `/${from.string("ui_content_path").replace(/^\/+|\/+$/g, "")}/`.replace("//", "/");
  const ports = readPorts(from);
  const addresses = readAddresses(from, ports, host.interfaces);
  const gossip = gossipSettings(from, { ports, places: addresses, interfaces: host.interfaces, devMode, server: from.bool("server") });
  const config = assemble(from, { devMode, nodeName, datacenter, contentPath, ports, addresses, gossip });
  validate(from, { devMode, nodeName, datacenter, contentPath });
  if (from.errors.length > 0) throw new ConfigError(listErrors(from.errors));
  checkServerPort(config.server, ports);
  checkOpenFiles(config.limits.httpMaxConnsPerClient, host.openFilesMax?.());
  checkDistinct({ addresses, config });
  refuseUnsafe(merged);
  return frozen({ ...config, warnings: [...remarks(from, nodeName), ...effectless(said)] });
}

interface Settled {
  readonly devMode: boolean;
  readonly nodeName: string;
  readonly datacenter: string;
  readonly contentPath: string;
  readonly ports: RuntimeConfig["ports"];
  readonly addresses: ReturnType<typeof readAddresses>;
  readonly gossip: RuntimeConfig["gossip"];
}

function assemble(from: Reader, { devMode, nodeName, datacenter, contentPath, ports, addresses, gossip }: Settled): RuntimeConfig {
  const expect = from.number("bootstrap_expect", 0);
  return {
    devMode,
    server: from.bool("server"),
    datacenter,
    primaryDatacenter: from.string("primary_datacenter", datacenter).toLowerCase(),
    nodeName,
    nodeId: from.string("node_id").toLowerCase(),
    nodeMeta: from.stringMap("node_meta"),
    dataDir: devMode ? "" : from.string("data_dir"),
    bootstrap: from.bool("bootstrap") || expect === 1,
    bootstrapExpect: expect === 1 ? 0 : expect,
    bindAddr: addresses.bindAddr,
    advertiseAddr: addresses.advertiseAddr,
    advertiseAddrWan: addresses.advertiseAddrWan,
    clientAddrs: addresses.clientAddrs,
    ports,
    rpcBind: joinHostPort(addresses.bindAddr, ports.server),
    rpcAdvertise: joinHostPort(addresses.advertiseAddr, ports.server),
    taggedAddresses: addresses.taggedAddresses,
    gossip,
    raft: raftSettings(from),
    autopilot: autopilotSettings(from),
    limits: limitSettings(from),
    http: httpSettings(from, addresses),
    tls: tlsSettings(from),
    dns: dnsConfig(from, addresses.dnsListen),
    log: logSettings(from),
    telemetry: telemetrySettings(from),
    join: joinSettings(from),
    ui: { enabled: from.bool("ui"), dir: from.string("ui_dir"), contentPath },
    agent: agentSettings(from),
    sessionTtlMinMs: from.duration("session_ttl_min", 0),
    defaultQueryTimeMs: from.duration("default_query_time", 0),
    maxQueryTimeMs: from.duration("max_query_time", 0),
    discoveryMaxStaleMs: from.duration("discovery_max_stale", 0),
    leaveDrainTimeMs: from.duration("performance.leave_drain_time", 0),
    rpcHoldTimeoutMs: from.duration("performance.rpc_hold_timeout", 0),
    leaveOnTerminate: from.bool("leave_on_terminate", !from.bool("server")),
    skipLeaveOnInterrupt: from.bool("skip_leave_on_interrupt", from.bool("server")),
    pidFile: from.string("pid_file"),
    services: [...from.trees("services"), ...from.trees("service")],
    checks: [...from.trees("checks"), ...from.trees("check")],
    watches: from.trees("watches"),
    warnings: [],
    merged: from.settings,
  };
}

function raftSettings(from: Reader): RaftSettings {
  return {
    multiplier: from.number("performance.raft_multiplier", 5),
    snapshotThreshold: positive(from.number("raft_snapshot_threshold", 0), RAFT_DEFAULTS.snapshotThreshold),
    snapshotIntervalMs: positive(from.duration("raft_snapshot_interval", 0), RAFT_DEFAULTS.snapshotIntervalMs),
    trailingLogs: positive(from.number("raft_trailing_logs", 0), RAFT_DEFAULTS.trailingLogs),
  };
}

function autopilotSettings(from: Reader): AutopilotSettings {
  return {
    cleanupDeadServers: from.bool("autopilot.cleanup_dead_servers"),
    lastContactThresholdMs: from.duration("autopilot.last_contact_threshold", 0),
    maxTrailingLogs: from.number("autopilot.max_trailing_logs", 0),
    minQuorum: from.number("autopilot.min_quorum", 0),
    serverStabilizationTimeMs: from.duration("autopilot.server_stabilization_time", 0),
    redundancyZoneTag: from.string("autopilot.redundancy_zone_tag"),
    disableUpgradeMigration: from.bool("autopilot.disable_upgrade_migration"),
    upgradeVersionTag: from.string("autopilot.upgrade_version_tag"),
  };
}

function limitSettings(from: Reader): LimitSettings {
  return {
    httpMaxConnsPerClient: from.number("limits.http_max_conns_per_client", 0),
    httpsHandshakeTimeoutMs: from.duration("limits.https_handshake_timeout", 0),
    rpcHandshakeTimeoutMs: from.duration("limits.rpc_handshake_timeout", 0),
    rpcMaxConnsPerClient: from.number("limits.rpc_max_conns_per_client", 0),
    rpcRate: from.number("limits.rpc_rate", -1),
    rpcMaxBurst: from.number("limits.rpc_max_burst", 0),
    kvMaxValueBytes: from.number("limits.kv_max_value_size", 0),
    txnMaxReqBytes: from.number("limits.txn_max_req_len", 0),
  };
}

function httpSettings(from: Reader, { httpListen, httpsListen }: ReturnType<typeof readAddresses>): HttpSettings {
  return {
    listen: httpListen,
    secureListen: httpsListen,
    blockEndpoints: from.strings("http_config.block_endpoints"),
    responseHeaders: from.stringMap("http_config.response_headers"),
    allowWriteHttpFrom: from.strings("http_config.allow_write_http_from"),
    useCache: from.bool("http_config.use_cache", true),
    unixSocket: { user: from.string("unix_sockets.user"), group: from.string("unix_sockets.group"), mode: from.string("unix_sockets.mode") },
    debug: from.bool("enable_debug"),
    disableUnprintableCharFilter: from.bool("disable_http_unprintable_char_filter"),
  };
}

function logSettings(from: Reader): LogSettings {
  const level = LOG_LEVELS[from.string("log_level").toLowerCase()];
  if (level === undefined) from.errors.push(`Invalid log level: ${from.string("log_level")}. Valid log levels are: TRACE, DEBUG, INFO, WARN, ERR`);
  return {
    level: level ?? "info",
    json: from.bool("log_json"),
    file: from.string("log_file"),
    rotateBytes: from.number("log_rotate_bytes", 0),
    rotateMs: from.duration("log_rotate_duration", 0),
    rotateMaxFiles: from.number("log_rotate_max_files", 0),
    syslog: from.bool("enable_syslog"),
    syslogFacility: from.string("syslog_facility"),
  };
}

function telemetrySettings(from: Reader): TelemetrySettings {
  return {
    disableHostname: from.bool("telemetry.disable_hostname"),
    metricsPrefix: from.string("telemetry.metrics_prefix"),
    prometheusRetentionMs: from.duration("telemetry.prometheus_retention_time", 0),
    filterDefault: from.bool("telemetry.filter_default"),
    prefixFilter: from.strings("telemetry.prefix_filter"),
    statsdAddress: from.string("telemetry.statsd_address"),
    statsiteAddress: from.string("telemetry.statsite_address"),
    dogstatsdAddress: from.string("telemetry.dogstatsd_addr"),
    dogstatsdTags: from.strings("telemetry.dogstatsd_tags"),
  };
}

function joinSettings(from: Reader): JoinSettings {
  return {
    startJoin: from.strings("start_join"),
    retryJoin: from.strings("retry_join"),
    retryIntervalMs: from.duration("retry_interval", 0),
    retryMax: from.number("retry_max", 0),
    startJoinWan: from.strings("start_join_wan"),
    retryJoinWan: from.strings("retry_join_wan"),
    retryIntervalWanMs: from.duration("retry_interval_wan", 0),
    retryMaxWan: from.number("retry_max_wan", 0),
    rejoinAfterLeave: from.bool("rejoin_after_leave"),
  };
}

function effectless(said: Definition): readonly string[] {
  const keys = keysWithoutEffect(said);
  return keys.length === 0 ? [] : [`These settings have no effect in this version: ${keys.join(", ")}`];
}

function positive(value: number, otherwise: number): number {
  return value > 0 ? value : otherwise;
}

function frozen<T extends object>(value: T): T {
  for (const part of Object.values(value)) if (typeof part === "object" && part !== null && !Object.isFrozen(part)) frozen(part);
  return Object.freeze(value);
}
