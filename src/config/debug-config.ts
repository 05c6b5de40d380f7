// Over 300 lines: a flat list of the fields of one answer, which is read against Consul's as a whole.
import { formatDurationMs } from "../base/duration.ts";
import type { JsonObject, JsonValue } from "../base/json.ts";
import { Reader } from "./reader.ts";
import type { PoolSettings, RuntimeConfig } from "./runtime.ts";
import { type Definition, isList, isTree, type Setting } from "./settings.ts";

/** Fields that are a key's value as it is, `Field=key`, by kind. */
const TEXTS = `ACLDownPolicy=acl.down_policy|extend-cache ACLDefaultPolicy=acl.default_policy|allow AutopilotRedundancyZoneTag=autopilot.redundancy_zone_tag
  AutopilotUpgradeVersionTag=autopilot.upgrade_version_tag CAFile=ca_file CAPath=ca_path CertFile=cert_file ConnectCAProvider=connect.ca_provider
  PidFile=pid_file SegmentName=segment ServerName=server_name TLSMinVersion=tls_min_version|tls12 UIDir=ui_dir UnixSocketGroup=unix_sockets.group
  UnixSocketMode=unix_sockets.mode UnixSocketUser=unix_sockets.user`;
const SWITCHES = `ACLEnableKeyListPolicy=acl.enable_key_list_policy ACLEnableTokenPersistence=acl.enable_token_persistence
  ACLTokenReplication=acl.enable_token_replication ACLsEnabled=acl.enabled AutoEncryptAllowTLS=auto_encrypt.allow_tls AutoEncryptTLS=auto_encrypt.tls
  ConnectEnabled=connect.enabled ConnectMeshGatewayWANFederationEnabled=connect.enable_mesh_gateway_wan_federation
  DisableAnonymousSignature=disable_anonymous_signature DisableHostNodeID=disable_host_node_id|true
  DisableUpdateCheck=disable_update_check EnableAgentTLSForChecks=enable_agent_tls_for_checks EnableCentralServiceConfig=enable_central_service_config
  NonVotingServer=non_voting_server TLSPreferServerCipherSuites=tls_prefer_server_cipher_suites
  TranslateWANAddrs=translate_wan_addrs VerifyIncoming=verify_incoming VerifyIncomingHTTPS=verify_incoming_https VerifyIncomingRPC=verify_incoming_rpc
  VerifyOutgoing=verify_outgoing VerifyServerHostname=verify_server_hostname`;
const NUMBERS = `ConnectSidecarMaxPort=ports.sidecar_max_port ConnectSidecarMinPort=ports.sidecar_min_port CheckOutputMaxSize=check_output_max_size|4096
  ConsulCoordinateUpdateBatchSize=consul.coordinate.update_batch_size|128 ConsulCoordinateUpdateMaxBatches=consul.coordinate.update_max_batches|5
  ExposeMaxPort=ports.expose_max_port ExposeMinPort=ports.expose_min_port RPCProtocol=protocol|2 RaftProtocol=raft_protocol
  RaftSnapshotThreshold=raft_snapshot_threshold RaftTrailingLogs=raft_trailing_logs SegmentLimit=segment_limit|64 SegmentNameLimit=segment_name_limit|64`;
const DURATIONS = `ACLDisabledTTL=acl.disabled_ttl|2m ACLPolicyTTL=acl.policy_ttl|30s ACLRoleTTL=acl.role_ttl ACLTokenTTL=acl.token_ttl|30s AEInterval=ae_interval|1m
  CheckDeregisterIntervalMin=check_deregister_interval_min|1m CheckReapInterval=check_reap_interval|30s CheckUpdateInterval=check_update_interval
  ConnectTestCALeafRootChangeSpread=connect.test_ca_leaf_root_change_spread ConsulServerHealthInterval=consul.server.health_interval|2s
  DiscoveryMaxStale=discovery_max_stale HTTPSHandshakeTimeout=limits.https_handshake_timeout PrimaryGatewaysInterval=primary_gateways_interval|30s
  RaftSnapshotInterval=raft_snapshot_interval ReconnectTimeoutLAN=reconnect_timeout ReconnectTimeoutWAN=reconnect_timeout_wan`;
const LISTS = `AutoEncryptDNSSAN=auto_encrypt.dns_san AutoEncryptIPSAN=auto_encrypt.ip_san PrimaryGateways=primary_gateways`;
/** Secrets: nobody is told whether they are set. */
const HIDDEN = "ACLAgentMasterToken ACLAgentToken ACLMasterToken ACLReplicationToken ACLToken EncryptKey KeyFile".split(" ");
const SECRET_KEY = /token|secret|password|encrypt_key|private_key|authorization/i;

/** What `agent/self` shows of a configuration, under Consul's names. What is secret is hidden: anyone may read it. */
export function debugConfig(config: RuntimeConfig, known: { readonly nodeId: string; readonly version: string }): JsonObject {
  const from = new Reader(config.merged);
  return {
    ...Object.fromEntries(HIDDEN.map((name) => [name, "hidden"])),
    ...table(TEXTS, (key, usual) => from.string(key, usual)),
    ...table(SWITCHES, (key, usual) => from.bool(key, usual === "true")),
    ...table(NUMBERS, (key, usual) => from.number(key, Number(usual))),
    ...table(DURATIONS, (key, usual) => formatDurationMs(from.has(key) ? from.duration(key, 0) : from.durationText(key, usual === "" ? "0s" : usual))),
    ...table(LISTS, (key) => [...from.strings(key)]),
    ...node(config, known),
    ...network(config),
    ...gossip(config),
    ...dns(config),
    ...limits(config),
    ...duties(config),
    Cache: { EntryFetchMaxBurst: from.number("cache.entry_fetch_max_burst", 2), EntryFetchRate: from.number("cache.entry_fetch_rate", Number.MAX_VALUE) },
    Telemetry: telemetry(config),
    TLSCipherSuites: from.string("tls_cipher_suites") === "" ? [] : from.string("tls_cipher_suites").split(","),
    AutoConfig: autoConfig(from),
    ConfigEntryBootstrap: [],
    ConnectCAConfig: {},
    EnterpriseRuntimeConfig: {},
    Segments: [],
  };
}

function table(text: string, read: (key: string, usual: string) => JsonValue): JsonObject {
  return Object.fromEntries(
    text.split(/\s+/).map((entry) => {
      const [, field = "", key = "", usual = ""] = /^(\w+)=([^|]+)\|?(.*)$/.exec(entry) ?? [];
      return [field, read(key, usual)];
    }),
  );
}

function node(config: RuntimeConfig, { nodeId, version }: { readonly nodeId: string; readonly version: string }): JsonObject {
  return {
    ACLDatacenter: config.primaryDatacenter,
    Bootstrap: config.bootstrap,
    BootstrapExpect: config.bootstrapExpect,
    DataDir: config.dataDir,
    Datacenter: config.datacenter,
    DefaultQueryTime: formatDurationMs(config.defaultQueryTimeMs),
    DevMode: config.devMode,
    LeaveDrainTime: formatDurationMs(config.leaveDrainTimeMs),
    LeaveOnTerm: config.leaveOnTerminate,
    Logging: {
      EnableSyslog: config.log.syslog,
      LogFilePath: config.log.file,
      LogJSON: config.log.json,
      LogLevel: config.log.level === "error" ? "ERR" : config.log.level.toUpperCase(),
      LogRotateBytes: config.log.rotateBytes,
      LogRotateDuration: formatDurationMs(config.log.rotateMs),
      LogRotateMaxFiles: config.log.rotateMaxFiles,
      Name: "",
      SyslogFacility: config.log.syslogFacility,
    },
    MaxQueryTime: formatDurationMs(config.maxQueryTimeMs),
    NodeID: nodeId,
    NodeMeta: { ...config.nodeMeta },
    NodeName: config.nodeName,
    PrimaryDatacenter: config.primaryDatacenter,
    Revision: "",
    ServerMode: config.server,
    SessionTTLMin: formatDurationMs(config.sessionTtlMinMs),
    SkipLeaveOnInt: config.skipLeaveOnInterrupt,
    Version: version,
    VersionPrerelease: "",
  };
}

function network(config: RuntimeConfig): JsonObject {
  const { http, ports, join } = config;
  return {
    AdvertiseAddrLAN: config.advertiseAddr,
    AdvertiseAddrWAN: config.advertiseAddrWan,
    AllowWriteHTTPFrom: [...http.allowWriteHttpFrom],
    BindAddr: config.bindAddr,
    ClientAddrs: [...config.clientAddrs],
    DisableHTTPUnprintableCharFilter: http.disableUnprintableCharFilter,
    EnableDebug: http.debug,
    EnableUI: config.ui.enabled,
    GRPCAddrs: [],
    GRPCPort: ports.grpc,
    HTTPAddrs: http.listen.map(shownAddress),
    HTTPBlockEndpoints: [...http.blockEndpoints],
    HTTPPort: ports.http,
    HTTPResponseHeaders: { ...http.responseHeaders },
    HTTPSAddrs: http.secureListen.map(shownAddress),
    HTTPSPort: ports.https,
    HTTPUseCache: http.useCache,
    RPCAdvertiseAddr: shownAddress(config.rpcAdvertise),
    RPCBindAddr: shownAddress(config.rpcBind),
    RejoinAfterLeave: join.rejoinAfterLeave,
    RetryJoinIntervalLAN: formatDurationMs(join.retryIntervalMs),
    RetryJoinIntervalWAN: formatDurationMs(join.retryIntervalWanMs),
    RetryJoinLAN: [...join.retryJoin],
    RetryJoinMaxAttemptsLAN: join.retryMax,
    RetryJoinMaxAttemptsWAN: join.retryMaxWan,
    RetryJoinWAN: [...join.retryJoinWan],
    ServerPort: ports.server,
    StartJoinAddrsLAN: [...join.startJoin],
    StartJoinAddrsWAN: [...join.startJoinWan],
    TaggedAddresses: { ...config.taggedAddresses },
    UIContentPath: config.ui.contentPath,
  };
}

/** Memberlist's own settings, where none are given. */
const LAN_TIMING = { gossipIntervalMs: 200, gossipNodes: 3, probeIntervalMs: 1_000, probeTimeoutMs: 500, suspicionMult: 4, retransmitMult: 4 };
const WAN_TIMING = { gossipIntervalMs: 500, gossipNodes: 3, probeIntervalMs: 5_000, probeTimeoutMs: 3_000, suspicionMult: 6, retransmitMult: 4 };

function gossip({ gossip: pools, ports, agent, merged }: RuntimeConfig): JsonObject {
  const { coordinates } = pools;
  return {
    ...poolFields("LAN", pools.lan, LAN_TIMING),
    ...poolFields("WAN", pools.wan, WAN_TIMING),
    ConsulCoordinateUpdatePeriod: formatDurationMs(coordinates.flushMs),
    DisableCoordinates: !coordinates.enabled,
    DisableKeyringFile: !pools.keyringFile,
    DisableRemoteExec: !agent.remoteExec,
    EncryptVerifyIncoming: pools.verifyIncoming,
    EncryptVerifyOutgoing: pools.verifyOutgoing,
    SerfPortLAN: ports.serfLan,
    SerfPortWAN: ports.serfWan,
    SyncCoordinateIntervalMin: formatDurationMs(coordinates.intervalMinMs),
    SyncCoordinateRateTarget: coordinates.ratePerSecond,
    Watches: hidden(merged["watches"] ?? []),
  };
}

function poolFields(kind: "LAN" | "WAN", pool: PoolSettings | undefined, usual: typeof LAN_TIMING): JsonObject {
  const { timing } = pool ?? {};
  return {
    [`Gossip${kind}GossipInterval`]: formatDurationMs(timing?.gossipIntervalMs ?? usual.gossipIntervalMs),
    [`Gossip${kind}GossipNodes`]: timing?.gossipNodes ?? usual.gossipNodes,
    [`Gossip${kind}ProbeInterval`]: formatDurationMs(timing?.probeIntervalMs ?? usual.probeIntervalMs),
    [`Gossip${kind}ProbeTimeout`]: formatDurationMs(timing?.probeTimeoutMs ?? usual.probeTimeoutMs),
    [`Gossip${kind}RetransmitMult`]: timing?.retransmitMult ?? usual.retransmitMult,
    [`Gossip${kind}SuspicionMult`]: timing?.suspicionMult ?? usual.suspicionMult,
    [`SerfAdvertiseAddr${kind}`]: pool === undefined ? "" : shownAddress(pool.advertise),
    [`SerfAllowedCIDRs${kind}`]: [...(pool?.allowedNetworks ?? [])],
    [`SerfBindAddr${kind}`]: pool === undefined ? "" : shownAddress(pool.bind),
  };
}

function dns({ dns: said, ports, merged }: RuntimeConfig): JsonObject {
  return {
    DNSARecordLimit: said.aRecordLimit,
    DNSAddrs: said.listen.flatMap((address) => [`tcp://${address}`, `udp://${address}`]),
    DNSAllowStale: said.allowStale,
    DNSAltDomain: said.altDomain === "" ? "" : `${said.altDomain}.`,
    DNSCacheMaxAge: formatDurationMs(said.cacheMaxAgeMs),
    DNSDisableCompression: said.disableCompression,
    DNSDomain: `${said.domain}.`,
    DNSEnableTruncate: said.enableTruncate,
    DNSMaxStale: formatDurationMs(said.maxStaleMs),
    DNSNodeMetaTXT: said.nodeMetaTxt,
    DNSNodeTTL: formatDurationMs(said.nodeTtlS * 1000),
    DNSOnlyPassing: said.onlyPassing,
    DNSPort: ports.dns,
    DNSRecursorTimeout: formatDurationMs(said.recursorTimeoutMs),
    DNSRecursors: [...new Reader(merged).strings("recursors")],
    DNSSOA: { Expire: said.soa.expire, Minttl: said.soa.minTtl, Refresh: said.soa.refresh, Retry: said.soa.retry },
    DNSServiceTTL: Object.fromEntries(Object.entries(said.serviceTtlS).map(([name, ttl]) => [name, formatDurationMs(ttl * 1000)])),
    DNSUDPAnswerLimit: said.udpAnswerLimit,
    DNSUseCache: said.useCache,
  };
}

/** What is not there: certificates are not handed out. Consul shows its empty settings in full. */
function autoConfig(from: Reader): JsonObject {
  const keys = { JWTSupportedAlgs: null, JWTValidationPubKeys: null, JWKSURL: "", JWKSCACert: "", OIDCDiscoveryURL: "", OIDCDiscoveryCACert: "" };
  const claims = { BoundAudiences: null, BoundIssuer: "", ClaimMappings: null, ListClaimMappings: null };
  const AuthMethod = {
    ACLAuthMethodEnterpriseFields: {},
    Config: { ...keys, ...claims, ClockSkewLeeway: 0, ExpirationLeeway: 0, NotBeforeLeeway: 0 },
    Description: "",
    DisplayName: "",
    EnterpriseMeta: {},
    MaxTokenTTL: "0s",
    Name: "Auto Config Authorizer",
    RaftIndex: { CreateIndex: 0, ModifyIndex: 0 },
    TokenLocality: "",
    Type: "jwt",
  };
  return {
    Authorizer: { AllowReuse: false, AuthMethod, ClaimAssertions: [], Enabled: false },
    DNSSANs: [...from.strings("auto_config.dns_sans")],
    Enabled: from.bool("auto_config.enabled"),
    IPSANs: [...from.strings("auto_config.ip_sans")],
    IntroToken: "hidden",
    IntroTokenFile: from.string("auto_config.intro_token_file"),
    ServerAddresses: [...from.strings("auto_config.server_addresses")],
  };
}

function limits({ limits: said, raft, rpcHoldTimeoutMs }: RuntimeConfig): JsonObject {
  return {
    ConsulRaftElectionTimeout: formatDurationMs(1_000 * raft.multiplier),
    ConsulRaftHeartbeatTimeout: formatDurationMs(1_000 * raft.multiplier),
    ConsulRaftLeaderLeaseTimeout: formatDurationMs(500 * raft.multiplier),
    HTTPMaxConnsPerClient: said.httpMaxConnsPerClient,
    KVMaxValueSize: said.kvMaxValueBytes,
    RPCHandshakeTimeout: formatDurationMs(said.rpcHandshakeTimeoutMs),
    RPCHoldTimeout: formatDurationMs(rpcHoldTimeoutMs),
    RPCMaxBurst: said.rpcMaxBurst,
    RPCMaxConnsPerClient: said.rpcMaxConnsPerClient,
    RPCRateLimit: said.rpcRate,
    TxnMaxReqLen: said.txnMaxReqBytes,
  };
}

function duties({ autopilot, agent, services, checks }: RuntimeConfig): JsonObject {
  return {
    AutopilotCleanupDeadServers: autopilot.cleanupDeadServers,
    AutopilotDisableUpgradeMigration: autopilot.disableUpgradeMigration,
    AutopilotLastContactThreshold: formatDurationMs(autopilot.lastContactThresholdMs),
    AutopilotMaxTrailingLogs: autopilot.maxTrailingLogs,
    AutopilotMinQuorum: autopilot.minQuorum,
    AutopilotServerStabilizationTime: formatDurationMs(autopilot.serverStabilizationTimeMs),
    Checks: hidden(checks),
    DiscardCheckOutput: agent.discardCheckOutput,
    EnableLocalScriptChecks: agent.localPrograms,
    EnableRemoteScriptChecks: agent.remotePrograms,
    Services: hidden(services),
  };
}

function telemetry({ telemetry: said, merged }: RuntimeConfig): JsonObject {
  const from = new Reader(merged);
  const circonus = `APIApp=api_app APIURL=api_url BrokerID=broker_id BrokerSelectTag=broker_select_tag CheckDisplayName=check_display_name
    CheckForceMetricActivation=check_force_metric_activation CheckID=check_id CheckInstanceID=check_instance_id CheckSearchTag=check_search_tag
    CheckTags=check_tags SubmissionInterval=submission_interval SubmissionURL=submission_url`;
  return {
    AllowedPrefixes: prefixes(said.prefixFilter, "+"),
    BlockedPrefixes: prefixes(said.prefixFilter, "-"),
    CirconusAPIToken: "hidden",
    ...Object.fromEntries(
      Object.entries(table(circonus, (key) => from.string(`telemetry.circonus_${key}`))).map(([name, value]) => [`Circonus${name}`, value ?? ""]),
    ),
    Disable: false,
    DisableHostname: said.disableHostname,
    DogstatsdAddr: said.dogstatsdAddress,
    DogstatsdTags: [...said.dogstatsdTags],
    FilterDefault: said.filterDefault,
    MetricsPrefix: said.metricsPrefix,
    PrometheusRetentionTime: formatDurationMs(said.prometheusRetentionMs),
    StatsdAddr: said.statsdAddress,
    StatsiteAddr: said.statsiteAddress,
  };
}

function prefixes(rules: readonly string[], sign: string): readonly string[] {
  return rules.filter((rule) => rule.startsWith(sign) && rule.length > 1).map((rule) => rule.slice(1));
}

/** As it was written, but for what may be a secret. */
function hidden(value: Setting | readonly Definition[]): JsonValue {
  if (isList(value)) return value.map((item) => hidden(item));
  if (!isTree(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, SECRET_KEY.test(key) ? "hidden" : hidden(inner)]));
}

function shownAddress(address: string): string {
  return address.startsWith("unix://") ? address : `tcp://${address}`;
}
