import { UserEvents } from "../agent/index.ts";
import { KvorumError } from "../base/errors.ts";
import type { JsonValue } from "../base/json.ts";
import type { RuntimeConfig } from "../config/index.ts";
import type { AgentMember, AgentPort } from "../http/index.ts";
import { type MetricsView, parseAddress } from "../platform/index.ts";
import type { Member } from "../server/index.ts";
import type { NodeOptions, RunningNode } from "./options.ts";
import { consulVersion } from "./version.ts";

/** Serf's numbers for what a member is. */
const SERF_STATUS = { alive: 1, leaving: 2, left: 3, failed: 4 } as const;

/** What the HTTP room asks of the agent: itself, its members, its life. Consul api-docs, agent. */
export function agentPort(node: RunningNode, { config, platform }: NodeOptions): AgentPort {
  return {
    self: async () => self(node, config),
    members: async ({ wan }) => node.members().map((member) => agentMember(member, config, wan)),
    join: async (addresses) => ({ joined: 0, errors: addresses.map((address) => ({ address, message: NO_POOL })) }),
    forceLeave: async (name) => {
      throw new KvorumError("not-found", `No member is named "${name}"`);
    },
    events: new UserEvents({
      nodeName: node.name,
      services: () => [],
      backend: node.backend,
      random: platform.random,
      logger: platform.log.logger,
    }),
    reload: () => node.reload(),
    leave: () => node.leave(),
    metrics: platform.metricsView ?? NO_METRICS,
  };
}

const NO_POOL = "This server is in no gossip pool";

/** For platforms that count nothing. */
const NO_METRICS: MetricsView = {
  report: () => ({ Timestamp: "", Gauges: [], Points: [], Counters: [], Samples: [] }),
  prometheus: async () => ({ contentType: "text/plain; version=0.0.4; charset=utf-8", text: "" }),
};

function agentMember(member: Member, config: RuntimeConfig, wan: boolean): AgentMember {
  const { host, port } = parseAddress(member.address);
  return {
    name: wan ? `${member.name}.${config.datacenter}` : member.name,
    address: host,
    port: wan ? config.ports.serfWan : config.ports.serfLan,
    tags: {
      acls: "0",
      build: `${consulVersion}:`,
      dc: config.datacenter,
      ...(config.bootstrap && !config.devMode ? { bootstrap: "1" } : {}),
      ...(config.bootstrapExpect > 0 ? { expect: String(config.bootstrapExpect) } : {}),
      ft_fs: "1",
      id: member.id,
      port: String(port),
      raft_vsn: "3",
      role: "consul",
      segment: "",
      vsn: "2",
      vsn_max: "3",
      vsn_min: "2",
      ...(wan ? {} : { wan_join_port: String(config.ports.serfWan) }),
    },
    status: SERF_STATUS[member.status],
    protocolMin: 1,
    protocolMax: 5,
    protocolCur: 2,
    delegateMin: 2,
    delegateMax: 5,
    delegateCur: 4,
  };
}

function self(node: RunningNode, config: RuntimeConfig): JsonValue {
  const own = node.members().find((member) => member.id === node.id);
  const member: Member = own ?? {
    id: node.id,
    name: node.name,
    address: node.rpcAddress,
    status: "alive",
    voter: false,
    failedForMs: 0,
    server: true,
    version: consulVersion,
    expect: 0,
    bootstrap: false,
  };
  return {
    Config: { Datacenter: config.datacenter, NodeName: config.nodeName, NodeID: node.id, Revision: "", Server: config.server, Version: consulVersion },
    // What is written here may be read by anyone: the settings as they were given hold secrets, so only what is harmless is shown.
    DebugConfig: debugConfig(config),
    Coord: { Vec: [0, 0, 0, 0, 0, 0, 0, 0], Error: 1.5, Adjustment: 0, Height: 0.00001 },
    Member: memberJson(agentMember(member, config, false)),
    Stats: stats(node),
    Meta: { ...config.nodeMeta, "consul-network-segment": "" },
  };
}

function debugConfig(config: RuntimeConfig): JsonValue {
  return {
    Bootstrap: config.bootstrap,
    BootstrapExpect: config.bootstrapExpect,
    Datacenter: config.datacenter,
    DataDir: config.dataDir,
    DevMode: config.devMode,
    LogLevel: config.log.level.toUpperCase(),
    NodeID: config.nodeId,
    NodeName: config.nodeName,
    RaftSnapshotThreshold: config.raft.snapshotThreshold,
    RaftTrailingLogs: config.raft.trailingLogs,
    ServerMode: config.server,
    ServerPort: config.ports.server,
    HTTPPort: config.ports.http,
    KVMaxValueSize: config.limits.kvMaxValueBytes,
    Version: consulVersion,
  };
}

function memberJson(member: AgentMember): JsonValue {
  return {
    Name: member.name,
    Addr: member.address,
    Port: member.port,
    Tags: { ...member.tags },
    Status: member.status,
    ProtocolMin: member.protocolMin,
    ProtocolMax: member.protocolMax,
    ProtocolCur: member.protocolCur,
    DelegateMin: member.delegateMin,
    DelegateMax: member.delegateMax,
    DelegateCur: member.delegateCur,
  };
}

/** As `consul info` prints them: text throughout. */
function stats(node: RunningNode): JsonValue {
  const raft = node.raft.status();
  const { configuration } = raft;
  const servers = configuration.servers.map(
    (server) => `{Suffrage:${server.suffrage === "voter" ? "Voter" : "Nonvoter"} ID:${server.id} Address:${server.address}}`,
  );
  const state = raft.role === "leader" ? "Leader" : raft.role === "follower" ? "Follower" : "Candidate";
  return {
    agent: { check_monitors: "0", check_ttls: "0", checks: "0", services: "0" },
    build: { prerelease: "", revision: "", version: consulVersion },
    consul: {
      acl: "disabled",
      bootstrap: "false",
      known_datacenters: "1",
      leader: String(raft.role === "leader"),
      leader_addr: raft.leader?.address ?? "",
      server: "true",
    },
    raft: {
      applied_index: String(raft.appliedIndex),
      commit_index: String(raft.commitIndex),
      fsm_pending: "0",
      last_contact: raft.role === "leader" ? "0" : raft.lastContactMs === undefined ? "never" : `${raft.lastContactMs}ms`,
      last_log_index: String(raft.lastLogIndex),
      last_log_term: String(raft.lastLogTerm),
      last_snapshot_index: String(raft.snapshotIndex),
      latest_configuration: `[${servers.join(" ")}]`,
      latest_configuration_index: String(raft.configurationIndex),
      num_peers: String(Math.max(0, configuration.servers.filter((server) => server.suffrage === "voter").length - 1)),
      protocol_version: "3",
      protocol_version_max: "3",
      protocol_version_min: "0",
      state,
      term: String(raft.term),
    },
  };
}
