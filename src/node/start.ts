import { messageOf } from "../base/errors.ts";
import { Scope } from "../base/scope.ts";
import type { RuntimeConfig } from "../config/index.ts";
import { type HttpServer, startHttp } from "../http/index.ts";
import { type RaftNode, startRaft } from "../raft/index.ts";
import { Rpc } from "../rpc/index.ts";
import { createServer, deadAfterMs, defaultSessionTtlMinMs, failedAfterMs, type Server, type ServerSettings, StateHub } from "../server/index.ts";
import { forgetPeersFile } from "../storage/index.ts";
import { agentPort } from "./agent-port.ts";
import { openDisk } from "./disk.ts";
import { httpConfig } from "./http-config.ts";
import { leaveCluster } from "./leave.ts";
import type { NodeOptions, OpenedStorage, RunningNode } from "./options.ts";
import { orderedConfiguration } from "./recovery.ts";
import { Stopping } from "./stopping.ts";
import { consulVersion } from "./version.ts";

/**
 * Starts a server: storage, server port, raft, server, HTTP, in this order; stops them in the reverse one.
 * Rejects with `disk`, `corrupt`, `config` or `unavailable` (an address that is taken) and leaves nothing running then.
 */
export async function startNode(options: NodeOptions): Promise<RunningNode> {
  const { config, platform } = options;
  const logger = platform.log.logger;
  const scope = new Scope((name, error) => logger.error("Task failed", { task: name, error: messageOf(error) }));
  try {
    const storage = scope.use(await (options.openStorage ?? openDisk)({ folder: config.dataDir, wantedId: config.nodeId, platform }));
    const stopping = new Stopping(scope, logger);
    const { id } = storage;
    const rpc = scope.use(
      await Rpc.start({ platform, id, name: config.nodeName, datacenter: config.datacenter, bind: config.rpcBind, advertise: config.rpcAdvertise }),
    );
    const hub = new StateHub(platform);
    const raft = scope.use(await joinRaft(options, { storage, rpc, hub, stopping }));
    const server = scope.use(
      createServer({
        settings: settingsOf(config, id),
        platform,
        raft,
        rpc,
        hub,
        joins: joinsOf(config),
        spoolFolder: config.dataDir === "" ? "/tmp" : config.dataDir,
      }),
    );
    scope.defer(() => handOver(server, options));
    await bootstrap(config, raft, rpc);
    const node = describe(options, { storage, rpc, hub, raft, server, stopping });
    if (config.http.listen.length > 0) {
      const agent = agentPort(node, options);
      const http = scope.use(await startHttp({ backend: server.backend, agent, config: httpConfig(config), platform, listenAddresses: config.http.listen }));
      node.opened(http);
    }
    if (platform.signals !== undefined)
      scope.use(
        stopping.listen({ signals: platform.signals, config, depart: () => leaveCluster({ raft, backend: server.backend }), reload: () => node.reload() }),
      );
    logger.named("server").info("Server started", { id, name: config.nodeName, address: rpc.address });
    return node;
  } catch (error) {
    await scope[Symbol.asyncDispose]();
    throw error;
  }
}

interface Parts {
  readonly storage: OpenedStorage;
  readonly rpc: Rpc;
  readonly hub: StateHub;
  readonly raft: RaftNode;
  readonly server: Server;
  readonly stopping: Stopping;
}

async function joinRaft({ config, platform, machineOf }: NodeOptions, { storage, rpc, hub, stopping }: Omit<Parts, "raft" | "server">): Promise<RaftNode> {
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

/** What can change while running: the level of the log. The rest of a new configuration waits for the next start, as in Consul. */
async function reload({ readConfig, platform }: NodeOptions): Promise<void> {
  if (readConfig === undefined) return;
  const fresh = await readConfig();
  platform.setLogLevel?.(fresh.log.level);
  platform.log.logger.info("Configuration read anew", { level: fresh.log.level });
}

function describe(options: NodeOptions, parts: Parts): RunningNode & { opened(http: HttpServer): void } {
  const { config } = options;
  const { storage, rpc, hub, raft, server, stopping } = parts;
  let door: HttpServer | undefined;
  return {
    id: storage.id,
    name: config.nodeName,
    datacenter: config.datacenter,
    backend: server.backend,
    raft,
    state: hub.state,
    rpcAddress: rpc.address,
    get httpAddresses() {
      return door?.addresses ?? [];
    },
    get http() {
      return door;
    },
    opened(http) {
      door = http;
    },
    members: () => server.members(),
    leave: async () => {
      await leaveCluster({ raft, backend: server.backend });
      stopping.begin("left");
    },
    reload: () => reload(options),
    stopped: stopping.stopped,
    [Symbol.asyncDispose]: () => stopping.stop("asked"),
  };
}
