import { messageOf } from "../base/errors.ts";
import { Scope } from "../base/scope.ts";
import type { RuntimeConfig } from "../config/index.ts";
import { type Gossip, NEW_LEADER_EVENT, parseServerTags } from "../gossip/index.ts";
import { type RaftNode, startRaft } from "../raft/index.ts";
import { Rpc } from "../rpc/index.ts";
import { createServer, deadAfterMs, defaultSessionTtlMinMs, failedAfterMs, type Server, type ServerSettings, StateHub } from "../server/index.ts";
import { forgetPeersFile } from "../storage/index.ts";
import { startClient } from "./client.ts";
import { Datacenters } from "./datacenters.ts";
import { openDisk } from "./disk.ts";
import { type Doors, openDoors } from "./doors.ts";
import { beginJoins } from "./joins.ts";
import { leaveAsServer } from "./leave.ts";
import { LiveSettings } from "./live.ts";
import type { NodeOptions, OpenedStorage, Pools, RunningClient, RunningNode } from "./options.ts";
import { PoolAgents } from "./pool-agents.ts";
import { openPools } from "./pools.ts";
import { reconnect } from "./reconnecting.ts";
import { orderedConfiguration } from "./recovery.ts";
import { reload } from "./reload.ts";
import { serverPools } from "./server-pools.ts";
import { Stopping } from "./stopping.ts";
import { consulVersion } from "./version.ts";
import { watchesOf } from "./watches.ts";

/** Starts what the configuration asks for: a server or a client. */
export async function startAgent(options: NodeOptions): Promise<RunningNode | RunningClient> {
  watchesOf(options.config); // what is at fault there is told before anything has begun
  return options.config.server ? startNode(options) : startClient(options);
}

/**
 * Starts a server: storage, server port, raft, gossip, server, HTTP, in this order; stops them in the reverse one.
 * Rejects with `disk`, `corrupt`, `config` or `unavailable` (an address that is taken) and leaves nothing running then.
 */
export async function startNode(options: NodeOptions): Promise<RunningNode> {
  const { config, platform } = options;
  const logger = platform.log.logger;
  const scope = new Scope((name, error) => logger.error("Task failed", { task: name, error: messageOf(error) }));
  const stopping = new Stopping(scope, logger);
  stopping.listen(platform.signals, config);
  try {
    const storage = scope.use(await (options.openStorage ?? openDisk)({ folder: config.dataDir, wantedId: config.nodeId, platform }));
    stopping.checkpoint();
    const { id } = storage;
    const rpc = scope.use(
      await Rpc.start({
        platform,
        id,
        name: config.nodeName,
        datacenter: config.datacenter,
        bind: config.rpcBind,
        advertise: config.rpcAdvertise,
        maxConnectionsPerHost: config.limits.rpcMaxConnsPerClient,
        helloTimeoutMs: config.limits.rpcHandshakeTimeoutMs,
      }),
    );
    stopping.checkpoint();
    const hub = new StateHub(platform);
    const raft = scope.use(await joinRaft(options, { storage, rpc, hub, stopping }));
    stopping.checkpoint();
    const pools = await poolsOf(options, { id, rpc, raft, scope });
    stopping.checkpoint();
    const server = scope.use(serve(options, { storage, rpc, hub, raft, pools }));
    scope.defer(() => handOver(server, options));
    const joinsFirst = pools !== undefined && config.devMode && [...config.join.startJoin, ...config.join.retryJoin].length > 0;
    if (!joinsFirst) await bootstrap(config, raft, rpc);
    const node = describe(options, { storage, rpc, hub, raft, server, stopping, pools });
    node.opened(await openDoors(node, options, scope, server.local));
    stopping.checkpoint();
    if (pools !== undefined) await beginJoins({ config, platform, pools, scope, giveUp: () => stopping.begin("not-joined") });
    if (joinsFirst && !(await metServers(pools, config))) await bootstrap(config, raft, rpc);
    stopping.checkpoint();
    stopping.serves({ depart: () => node.depart(), reload: () => node.reload() });
    logger.named("server").info("Server started", { id, name: config.nodeName, address: rpc.address });
    return node;
  } catch (error) {
    throw await stopping.failed(error);
  }
}

interface Parts {
  readonly storage: OpenedStorage;
  readonly rpc: Rpc;
  readonly hub: StateHub;
  readonly raft: RaftNode;
  readonly server: Server;
  readonly stopping: Stopping;
  readonly pools: Pools | undefined;
}

function serve({ config, platform }: NodeOptions, { storage, rpc, hub, raft, pools }: Omit<Parts, "server" | "stopping">): Server {
  const { datacenter } = config;
  const far =
    pools === undefined
      ? undefined
      : new Datacenters({ pools, datacenter, rpc, platform, holdMs: config.rpcHoldTimeoutMs, defaultWaitMs: config.defaultQueryTimeMs });
  return createServer({
    settings: settingsOf(config, storage.id),
    platform,
    raft,
    rpc,
    hub,
    joins: pools === undefined ? joinsOf(config) : [],
    spoolFolder: config.dataDir === "" ? "/tmp" : config.dataDir,
    expect: config.bootstrapExpect,
    ...(pools === undefined || far === undefined
      ? {}
      : { members: new PoolAgents(pools, datacenter, platform.clock), datacenters: far, pools: serverPools(pools, far, datacenter) }),
  });
}

/** Opens the pools; what they tell of servers' addresses, the server port knows, and whoever leads says so in them. */
async function poolsOf(
  { config, platform }: NodeOptions,
  { id, rpc, raft, scope }: Pick<Parts, "rpc" | "raft"> & { readonly id: ServerSettings["id"]; readonly scope: Scope },
): Promise<Pools | undefined> {
  const pools = await openPools({ config, platform, id, rpcAddress: rpc.address });
  if (pools === undefined) return undefined;
  scope.defer(async () => {
    await pools.wan?.[Symbol.asyncDispose]();
    await pools.lan[Symbol.asyncDispose]();
  });
  const agents = new PoolAgents(pools, config.datacenter, platform.clock);
  scope.use(
    agents.onChange(() => {
      for (const { id: known, address, server, status } of agents.members()) if (server && status === "alive") rpc.located(known, address);
    }),
  );
  scope.use(reconnect({ lan: pools.lan, agents, rpc, raft, clock: platform.clock }));
  scope.use(announceLeader(pools.lan, raft));
  return pools;
}

function announceLeader(lan: Gossip, raft: RaftNode): Disposable {
  let told = -1;
  return raft.onLeadership(({ role, term }) => {
    if (role !== "leader" || told === term || lan.stopped) return;
    told = term;
    lan.fireEvent(NEW_LEADER_EVENT, Buffer.from(lan.name));
  });
}

async function joinRaft(
  { config, platform, machineOf }: NodeOptions,
  { storage, rpc, hub, stopping }: Omit<Parts, "raft" | "server" | "pools">,
): Promise<RaftNode> {
  const logger = platform.log.logger.named("server").named("raft");
  const ordered = await orderedConfiguration({ files: platform.files, folder: config.dataDir, storage: storage.raft });
  if (ordered !== undefined)
    logger.warn("Recovering from peers.json: what the servers left out had acknowledged alone is lost", { servers: ordered.servers.length });
  const raft = await startRaft({
    recover: ordered,
    id: storage.id,
    storage: storage.raft,
    transport: rpc,
    machine: machineOf?.(hub) ?? hub.state,
    clock: platform.clock,
    random: platform.random,
    log: logger,
    metrics: platform.metrics,
    raftMultiplier: config.raft.multiplier,
    snapshotEntries: config.raft.snapshotThreshold,
    tailEntries: config.raft.trailingLogs,
    onDiskFailure: (error) => {
      logger.error("The disk failed: this server stops, since it can promise nothing any more", { error: messageOf(error) });
      stopping.begin("disk");
    },
  });
  if (ordered !== undefined) await forgetPeersFile(platform.files, config.dataDir);
  return raft;
}

/** Whether a dev agent that was told of others has found servers: then it is taken in by them, and begins nothing of its own. */
async function metServers({ lan }: Pools, { join, datacenter }: RuntimeConfig): Promise<boolean> {
  if (join.retryJoin.length > 0) await lan.join(join.retryJoin);
  return lan.members().some((member) => member.name !== lan.name && member.status === "alive" && parseServerTags(member)?.datacenter === datacenter);
}

/** Only a server that was told so starts a cluster, and only while it has no log. */
async function bootstrap(config: RuntimeConfig, raft: RaftNode, rpc: Rpc): Promise<void> {
  const { lastLogIndex, snapshotIndex, id } = raft.status();
  if (!(config.bootstrap || config.devMode) || lastLogIndex > 0 || snapshotIndex > 0) return;
  await raft.bootstrap([{ id, address: rpc.address, name: config.nodeName, suffrage: "voter" }]);
}

/** Where other servers are said to be, as `ip:port` of their server port: people write an address alone, or one with the gossip port. */
function joinsOf({ join, ports }: RuntimeConfig): readonly string[] {
  return [...join.startJoin, ...join.retryJoin].map((hint) => {
    const [, host = hint, port] = /^(\[[^\]]+\]|[^:]+):(\d+)$/.exec(hint) ?? [];
    if (port !== undefined && Number(port) !== ports.serfLan) return hint;
    return `${host.includes(":") && !host.startsWith("[") ? `[${host}]` : host}:${ports.server}`;
  });
}

export function settingsOf(config: RuntimeConfig, id: ServerSettings["id"]): ServerSettings {
  return {
    id,
    nodeName: config.nodeName,
    datacenter: config.datacenter,
    version: consulVersion,
    sessionTtlMinMs: config.sessionTtlMinMs === 0 ? defaultSessionTtlMinMs : config.sessionTtlMinMs,
    defaultQueryTimeMs: config.defaultQueryTimeMs,
    maxQueryTimeMs: config.maxQueryTimeMs,
    rpcHoldTimeoutMs: config.rpcHoldTimeoutMs,
    autopilot: config.autopilot,
    coordinatePeriodMs: config.gossip.coordinates.flushMs,
    failedAfterMs,
    deadAfterMs,
  };
}

async function handOver(server: Server, { platform }: NodeOptions): Promise<void> {
  try {
    await server.handOver();
  } catch (error) {
    platform.log.logger.named("server").warn("Leadership was not handed over", { error: messageOf(error) });
  }
}

interface Described extends RunningNode {
  opened(doors: Doors): void;
  /** Leaves the cluster without stopping. */
  depart(): Promise<void>;
}

function describe(options: NodeOptions, parts: Parts): Described {
  const { config, platform } = options;
  const { storage, rpc, hub, raft, server, stopping, pools } = parts;
  const logger = platform.log.logger.named("server");
  const live = new LiveSettings(config, platform, rpc);
  let doors: Doors | undefined;
  const depart = (): Promise<void> =>
    leaveAsServer({ raft, backend: server.backend, pools, clock: platform.clock, logger, handOver: () => server.handOver(), drainMs: config.leaveDrainTimeMs });
  return {
    id: storage.id,
    name: config.nodeName,
    datacenter: config.datacenter,
    get config() {
      return live.config;
    },
    backend: live.limited(server.backend),
    pools,
    raft,
    state: hub.state,
    rpcAddress: rpc.address,
    get httpAddresses() {
      return doors?.http?.addresses ?? [];
    },
    get dnsAddresses() {
      return doors?.dns?.addresses ?? [];
    },
    get http() {
      return doors?.http;
    },
    get local() {
      return doors?.local;
    },
    opened(opened) {
      doors = opened;
    },
    members: () => server.members(),
    depart,
    leave: async () => {
      await depart();
      stopping.begin("left");
    },
    reload: () => reload(options, live, doors),
    stopped: stopping.stopped,
    [Symbol.asyncDispose]: () => stopping.stop("asked"),
  };
}
