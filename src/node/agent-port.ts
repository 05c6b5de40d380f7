import { type AgentService, describeMember, type LocalAgent, type RemoteExec, UserEvents } from "../agent/index.ts";
import { KvorumError } from "../base/errors.ts";
import type { JsonValue } from "../base/json.ts";
import { debugConfig, type RuntimeConfig } from "../config/index.ts";
import { type Gossip, type PoolMember, wanName } from "../gossip/index.ts";
import type { AgentPort } from "../http/index.ts";
import type { AgentMember } from "../model/index.ts";
import { type MetricsView, parseAddress } from "../platform/index.ts";
import type { NodeOptions, RunningClient, RunningNode } from "./options.ts";
import { statsOf } from "./stats.ts";
import { consulVersion } from "./version.ts";

/** Serf's numbers for what a member is. */
const SERF_STATUS = { alive: 1, leaving: 2, left: 3, failed: 4 } as const;

/** What the HTTP room asks of the agent: itself, its members, its life. Consul api-docs, agent. Events of the LAN pool come to it by `receive`. */
export function agentPort(
  agent: RunningNode | RunningClient,
  { config, platform }: NodeOptions,
  { local, remoteExec }: { readonly local: LocalAgent; readonly remoteExec: RemoteExec | undefined },
): AgentPort & Pick<UserEvents, "receive"> {
  const { name: nodeName, backend, pools } = agent;
  const events = new UserEvents({
    nodeName,
    services: () => namesOf(local),
    backend,
    random: platform.random,
    ...(remoteExec === undefined ? {} : { remoteExec: (event) => remoteExec.take(event) }),
    logger: platform.log.logger.named("agent"),
  });
  return {
    self: async () => self(agent, agent.config, platform.machine?.runtime()),
    members: async ({ wan }) => members(agent, config, wan),
    suspicions: ({ wan }) => {
      const now = platform.clock.now();
      const accused = (wan ? pools?.wan : pools?.lan)?.accusations() ?? [];
      return accused.map(({ name, sinceMs, accusers }) => ({ name, forMs: now - sinceMs, accusers }));
    },
    join: (addresses, { wan }) => poolOf(agent, wan).join(addresses),
    forceLeave: async (name, options) => {
      const far = await isLeft(pools?.wan?.forceLeave(inWan(name, config.datacenter), options));
      const near = await isLeft(poolOf(agent, false).forceLeave(inLan(name, config.datacenter), options));
      // A name without a datacenter is one of our own pool, as in Consul, however long the WAN pool remembers it.
      if (!near && !(far && name.includes("."))) throw new KvorumError("not-found", `No member is named "${name}"`);
    },
    events,
    local,
    host: async () => (await platform.machine?.report()) ?? {},
    profiler: config.http.debug ? platform.profiler : undefined,
    receive: (event) => events.receive(event),
    reload: () => agent.reload(),
    leave: () => agent.leave(),
    metrics: platform.metricsView ?? NO_METRICS,
  };
}

/** The services that filters of events look at. */
function namesOf(local: LocalAgent): readonly AgentService[] {
  return local.services().map(({ service, tags }) => ({ name: service, tags: tags ?? [] }));
}

/** For platforms that count nothing. */
const NO_METRICS: MetricsView = {
  report: () => ({ Timestamp: "", Gauges: [], Points: [], Counters: [], Samples: [] }),
  prometheus: async () => ({ contentType: "text/plain; version=0.0.4; charset=utf-8", text: "" }),
};

function poolOf({ pools }: RunningNode | RunningClient, wan: boolean): Gossip {
  const pool = wan ? pools?.wan : pools?.lan;
  if (pool === undefined) throw new KvorumError("internal", wan && pools !== undefined ? "Must be a server to join WAN cluster" : "Gossip is off");
  return pool;
}

function inWan(name: string, datacenter: string): string {
  return name.includes(".") ? name : wanName(name, datacenter);
}

function inLan(name: string, datacenter: string): string {
  return name.endsWith(`.${datacenter}`) ? name.slice(0, -datacenter.length - 1) : name;
}

/** False when the pool has no such member, or there is no pool. */
async function isLeft(leaving: Promise<void> | undefined): Promise<boolean> {
  if (leaving === undefined) return false;
  try {
    await leaving;
    return true;
  } catch (error) {
    if (!(error instanceof KvorumError) || error.code !== "not-found") throw error;
    return false;
  }
}

function members(agent: RunningNode | RunningClient, config: RuntimeConfig, wan: boolean): readonly AgentMember[] {
  const { pools } = agent;
  if (pools !== undefined) return ((wan ? pools.wan : pools.lan)?.members() ?? []).map(describeMember);
  if (!("raft" in agent)) return [];
  return agent.members().map((member) => withoutPool(member, config));
}

/** Where gossip is off: a server as raft knows it, in the form that a pool would tell of it. */
function withoutPool(member: ReturnType<RunningNode["members"]>[number], config: RuntimeConfig): AgentMember {
  const { host, port } = parseAddress(member.address);
  return {
    name: member.name,
    address: host,
    port: config.ports.serfLan,
    tags: { dc: config.datacenter, id: member.id, port: String(port), role: "consul", segment: "", vsn: "2", build: `${consulVersion}:` },
    status: SERF_STATUS[member.status],
    protocolMin: 1,
    protocolMax: 5,
    protocolCur: 2,
    delegateMin: 2,
    delegateMax: 5,
    delegateCur: 4,
  };
}

function self(agent: RunningNode | RunningClient, config: RuntimeConfig, runtime: Readonly<Record<string, string>> | undefined): JsonValue {
  const own: PoolMember | undefined = agent.pools?.lan.localMember();
  const member = own === undefined ? members(agent, config, false).find(({ name }) => name === agent.name) : describeMember(own);
  const coordinate = agent.pools?.lan.coordinate();
  return {
    Config: { Datacenter: config.datacenter, NodeName: config.nodeName, NodeID: agent.id, Revision: "", Server: config.server, Version: consulVersion },
    // What is written here may be read by anyone: the settings as they were given hold secrets, so only what is harmless is shown.
    DebugConfig: debugConfig(config, { nodeId: agent.id, version: consulVersion }),
    Coord: {
      Vec: [...(coordinate?.vec ?? [0, 0, 0, 0, 0, 0, 0, 0])],
      Error: coordinate?.error ?? 1.5,
      Adjustment: coordinate?.adjustment ?? 0,
      Height: coordinate?.height ?? 0.00001,
    },
    Member: member === undefined ? null : memberJson(member),
    Stats: statsOf(agent, runtime),
    Meta: { ...config.nodeMeta, "consul-network-segment": "" },
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
