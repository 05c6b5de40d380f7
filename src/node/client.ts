import { KvorumError, messageOf } from "../base/errors.ts";
import { asNodeId, type NodeId } from "../base/ids.ts";
import { Scope } from "../base/scope.ts";
import type { Backend, RequestOf } from "../model/index.ts";
import { Rpc } from "../rpc/index.ts";
import { newUuid } from "../server/index.ts";
import { openDataFolder } from "../storage/index.ts";
import { type Doors, openDoors } from "./doors.ts";
import { beginJoins } from "./joins.ts";
import { leavePools } from "./leave.ts";
import { REBALANCE_MS, REBALANCE_SPREAD_MS } from "./limits.ts";
import { LiveSettings } from "./live.ts";
import type { NodeOptions, Pools, RunningClient } from "./options.ts";
import { agentOf } from "./pool-agents.ts";
import { openPools } from "./pools.ts";
import { reload } from "./reload.ts";
import { RemoteBackend } from "./remote-backend.ts";
import { ServerList } from "./server-list.ts";
import { Stopping } from "./stopping.ts";

/**
 * Starts an agent that is no server: it keeps who it is, a pool and an HTTP door, and asks the servers that the pool knows.
 * Rejects with `config` where gossip is off, since it could find nobody, and as `startNode` does.
 */
export async function startClient(options: NodeOptions): Promise<RunningClient> {
  const { config, platform } = options;
  const logger = platform.log.logger.named("client");
  const scope = new Scope((name, error) => logger.error("Task failed", { task: name, error: messageOf(error) }));
  const stopping = new Stopping(scope, platform.log.logger);
  stopping.listen(platform.signals, config);
  try {
    const id = await identity(options, scope);
    stopping.checkpoint();
    const rpc = scope.use(await Rpc.start({ platform, id, name: config.nodeName, datacenter: config.datacenter, bind: "", advertise: "" }));
    stopping.checkpoint();
    const live = new LiveSettings(config, platform, rpc);
    const pools = await openPools({ config, platform, id, rpcAddress: undefined });
    if (pools === undefined) throw new KvorumError("config", "A client finds its servers by gossip: ports.serf_lan cannot be off");
    scope.use(pools.lan);
    stopping.checkpoint();
    const servers = new ServerList(platform.random);
    scope.use(follow(pools, servers, options));
    const remote = new RemoteBackend({
      rpc,
      servers,
      platform,
      datacenter: config.datacenter,
      holdMs: config.rpcHoldTimeoutMs,
      defaultWaitMs: config.defaultQueryTimeMs,
      nobody: () => new KvorumError("internal", "No known Consul servers"),
    });
    const client = describe(options, { id, pools, servers, backend: live.limited(asNode(remote, config.nodeName)), live, stopping });
    client.opened(await openDoors(client, options, scope));
    stopping.checkpoint();
    await beginJoins({ config, platform, pools, scope, giveUp: () => stopping.begin("not-joined") });
    stopping.checkpoint();
    stopping.serves({ depart: () => leavePools(pools), reload: () => client.reload() });
    logger.info("Client started", { id, name: config.nodeName, address: pools.lan.address });
    return client;
  } catch (error) {
    throw await stopping.failed(error);
  }
}

/** Who this agent is: kept in the data directory, which is this process's own. */
async function identity({ config, platform }: NodeOptions, scope: Scope): Promise<NodeId> {
  const { dataDir, nodeId } = config;
  if (dataDir === "") return asNodeId(nodeId === "" ? newUuid(platform.random) : nodeId.toLowerCase());
  const data = scope.use(await openDataFolder({ platform, folder: dataDir }));
  return data.nodeId(nodeId === "" ? undefined : nodeId);
}

/** Keeps the list of servers as the pool has them, and now and then in another order, so that clients spread over servers that came back. */
function follow({ lan }: Pools, servers: ServerList, { config, platform }: NodeOptions): Disposable {
  const { clock, random } = platform;
  const look = (): void => {
    const agents = lan.members().flatMap((member) => agentOf(member, config.datacenter, clock.now()) ?? []);
    servers.update(agents.filter(({ server, status }) => server && status === "alive"));
  };
  let timer: Disposable;
  const rebalance = (): void => {
    servers.shuffle();
    timer = clock.after(REBALANCE_MS + random.int(REBALANCE_SPREAD_MS), rebalance);
  };
  timer = clock.after(REBALANCE_MS + random.int(REBALANCE_SPREAD_MS), rebalance);
  const watch = lan.onMember(look);
  look();
  return {
    [Symbol.dispose]: () => {
      watch[Symbol.dispose]();
      timer[Symbol.dispose]();
    },
  };
}

/** A session that names no node belongs to the agent that was asked. */
function asNode(remote: Backend, nodeName: string): Backend {
  return {
    call(method, request, onCancel) {
      if (method !== "Session.Create") return remote.call(method, request, onCancel);
      // TypeScript does not narrow the request along with the method.
      const created = request as RequestOf<"Session.Create">;
      const { session } = created;
      return remote.call(method, session.node === "" ? ({ ...created, session: { ...session, node: nodeName } } as typeof request) : request, onCancel);
    },
    look: undefined, // a client has no store
    saveSnapshot: (request) => remote.saveSnapshot(request),
    restoreSnapshot: (request) => remote.restoreSnapshot(request),
  };
}

interface Parts {
  readonly id: NodeId;
  readonly pools: Pools;
  readonly servers: ServerList;
  readonly backend: Backend;
  readonly live: LiveSettings;
  readonly stopping: Stopping;
}

function describe(options: NodeOptions, { id, pools, servers, backend, live, stopping }: Parts): RunningClient & { opened(doors: Doors): void } {
  let doors: Doors | undefined;
  return {
    id,
    name: options.config.nodeName,
    datacenter: options.config.datacenter,
    get config() {
      return live.config;
    },
    backend,
    pools,
    knownServers: () => servers.size,
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
    leave: async () => {
      await leavePools(pools);
      stopping.begin("left");
    },
    reload: () => reload(options, live, doors),
    stopped: stopping.stopped,
    [Symbol.asyncDispose]: () => stopping.stop("asked"),
  };
}
