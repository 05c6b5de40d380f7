import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { debugConfig } from "../../src/config/index.ts";
import { load, server } from "./support.ts";

/** What `agent/self` of Consul 1.8.7 has below `DebugConfig`. */
const NAMES = `ACLAgentMasterToken ACLAgentToken ACLDatacenter ACLDefaultPolicy ACLDisabledTTL ACLDownPolicy ACLEnableKeyListPolicy ACLEnableTokenPersistence
  ACLMasterToken ACLPolicyTTL ACLReplicationToken ACLRoleTTL ACLToken ACLTokenReplication ACLTokenTTL ACLsEnabled AEInterval AdvertiseAddrLAN
  AdvertiseAddrWAN AllowWriteHTTPFrom AutoConfig AutoEncryptAllowTLS AutoEncryptDNSSAN AutoEncryptIPSAN AutoEncryptTLS AutopilotCleanupDeadServers
  AutopilotDisableUpgradeMigration AutopilotLastContactThreshold AutopilotMaxTrailingLogs AutopilotMinQuorum AutopilotRedundancyZoneTag
  AutopilotServerStabilizationTime AutopilotUpgradeVersionTag BindAddr Bootstrap BootstrapExpect CAFile CAPath Cache CertFile
  CheckDeregisterIntervalMin CheckOutputMaxSize CheckReapInterval CheckUpdateInterval Checks ClientAddrs ConfigEntryBootstrap ConnectCAConfig
  ConnectCAProvider ConnectEnabled ConnectMeshGatewayWANFederationEnabled ConnectSidecarMaxPort ConnectSidecarMinPort
  ConnectTestCALeafRootChangeSpread ConsulCoordinateUpdateBatchSize ConsulCoordinateUpdateMaxBatches ConsulCoordinateUpdatePeriod
  ConsulRaftElectionTimeout ConsulRaftHeartbeatTimeout ConsulRaftLeaderLeaseTimeout ConsulServerHealthInterval DNSARecordLimit DNSAddrs
  DNSAllowStale DNSAltDomain DNSCacheMaxAge DNSDisableCompression DNSDomain DNSEnableTruncate DNSMaxStale DNSNodeMetaTXT DNSNodeTTL DNSOnlyPassing
  DNSPort DNSRecursorTimeout DNSRecursors DNSSOA DNSServiceTTL DNSUDPAnswerLimit DNSUseCache DataDir Datacenter DefaultQueryTime DevMode
  DisableAnonymousSignature DisableCoordinates DisableHTTPUnprintableCharFilter DisableHostNodeID DisableKeyringFile DisableRemoteExec
  DisableUpdateCheck DiscardCheckOutput DiscoveryMaxStale EnableAgentTLSForChecks EnableCentralServiceConfig EnableDebug EnableLocalScriptChecks
  EnableRemoteScriptChecks EnableUI EncryptKey EncryptVerifyIncoming EncryptVerifyOutgoing EnterpriseRuntimeConfig ExposeMaxPort ExposeMinPort
  GRPCAddrs GRPCPort GossipLANGossipInterval GossipLANGossipNodes GossipLANProbeInterval GossipLANProbeTimeout GossipLANRetransmitMult
  GossipLANSuspicionMult GossipWANGossipInterval GossipWANGossipNodes GossipWANProbeInterval GossipWANProbeTimeout GossipWANRetransmitMult
  GossipWANSuspicionMult HTTPAddrs HTTPBlockEndpoints HTTPMaxConnsPerClient HTTPPort HTTPResponseHeaders HTTPSAddrs HTTPSHandshakeTimeout HTTPSPort
  HTTPUseCache KVMaxValueSize KeyFile LeaveDrainTime LeaveOnTerm Logging MaxQueryTime NodeID NodeMeta NodeName NonVotingServer PidFile
  PrimaryDatacenter PrimaryGateways PrimaryGatewaysInterval RPCAdvertiseAddr RPCBindAddr RPCHandshakeTimeout RPCHoldTimeout RPCMaxBurst
  RPCMaxConnsPerClient RPCProtocol RPCRateLimit RaftProtocol RaftSnapshotInterval RaftSnapshotThreshold RaftTrailingLogs ReconnectTimeoutLAN
  ReconnectTimeoutWAN RejoinAfterLeave RetryJoinIntervalLAN RetryJoinIntervalWAN RetryJoinLAN RetryJoinMaxAttemptsLAN RetryJoinMaxAttemptsWAN
  RetryJoinWAN Revision SegmentLimit SegmentName SegmentNameLimit Segments SerfAdvertiseAddrLAN SerfAdvertiseAddrWAN SerfAllowedCIDRsLAN
  SerfAllowedCIDRsWAN SerfBindAddrLAN SerfBindAddrWAN SerfPortLAN SerfPortWAN ServerMode ServerName ServerPort Services SessionTTLMin
  SkipLeaveOnInt StartJoinAddrsLAN StartJoinAddrsWAN SyncCoordinateIntervalMin SyncCoordinateRateTarget TLSCipherSuites TLSMinVersion
  TLSPreferServerCipherSuites TaggedAddresses Telemetry TranslateWANAddrs TxnMaxReqLen UIContentPath UIDir UnixSocketGroup UnixSocketMode
  UnixSocketUser VerifyIncoming VerifyIncomingHTTPS VerifyIncomingRPC VerifyOutgoing VerifyServerHostname Version VersionPrerelease Watches`.split(/\s+/);
const KNOWN = { nodeId: "805c7a9f-871e-9d66-b11f-03ac37f392b3", version: "1.8.7" };

describe("debugConfig", () => {
  it("has every field that Consul 1.8.7 shows, and no other", async () => {
    assert.deepEqual(Object.keys(debugConfig(await load({ flags: { dev: true } }), KNOWN)).sort(), NAMES);
  });

  it("shows what was settled, in Consul's forms", async () => {
    const shown = debugConfig(
      await server({
        client_addr: "127.0.0.1 ::1",
        dns_config: { node_ttl: "90s", service_ttl: { web: "1500ms" } },
        limits: { rpc_rate: 2.5 },
        telemetry: { prefix_filter: ["+a", "-b"], circonus_check_id: "7" },
        raft_snapshot_interval: "1m",
      }),
      KNOWN,
    );
    const { HTTPAddrs, DNSAddrs, DNSNodeTTL, RPCRateLimit, RaftSnapshotInterval, SerfAdvertiseAddrLAN, NodeID, Telemetry } = shown;
    assert.deepEqual(HTTPAddrs, ["tcp://127.0.0.1:8500", "tcp://[::1]:8500"]);
    assert.deepEqual(DNSAddrs, ["tcp://127.0.0.1:8600", "udp://127.0.0.1:8600", "tcp://[::1]:8600", "udp://[::1]:8600"]);
    assert.deepEqual([DNSNodeTTL, RPCRateLimit, RaftSnapshotInterval], ["1m30s", 2.5, "1m0s"]);
    assert.deepEqual([SerfAdvertiseAddrLAN, NodeID], ["tcp://10.1.2.3:8301", KNOWN.nodeId]);
    const { AllowedPrefixes, BlockedPrefixes, CirconusCheckID } = Telemetry as Readonly<Record<string, unknown>>;
    assert.deepEqual([AllowedPrefixes, BlockedPrefixes, CirconusCheckID], [["a"], ["b"], "7"]);
  });

  it("tells no secret, wherever it stands", async () => {
    const secret = "pUqJrVyVRj5jsiYEkM/tFQ==";
    const shown = debugConfig(
      await server({
        encrypt: secret,
        key_file: `/${secret}`,
        acl: { tokens: { agent: secret, master: secret } },
        acl_token: secret,
        telemetry: { circonus_api_token: secret },
        service: { name: "a", token: secret, check: { http: "http://x", interval: "9s", header: { Authorization: [secret] } } },
        watches: [{ type: "key", key: "a", token: secret, args: ["x"] }],
      }),
      KNOWN,
    );
    assert.ok(!JSON.stringify(shown).includes(secret));
    assert.equal(shown["EncryptKey"], "hidden");
    assert.deepEqual(shown["Services"], [{ name: "a", token: "hidden", check: { http: "http://x", interval: "9s", header: { Authorization: "hidden" } } }]);
  });
});
