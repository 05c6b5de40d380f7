import type { RuntimeConfig } from "../../../src/config/index.ts";
import { configOf } from "../../server/cluster.ts";

const GOSSIP_PORT = 8301;
/** With these a server that is away for a second or so is failed in the eyes of the others. */
const TIMING = { gossipIntervalMs: 100, gossipNodes: 3, probeIntervalMs: 300, probeTimeoutMs: 150, suspicionMult: 3, retransmitMult: 4 } as const;

interface SimulatedServer {
  readonly id: string;
  readonly name: string;
  readonly host: string;
  readonly address: string;
  /** Hosts to join in the LAN pool; `undefined`: there is no pool. */
  readonly pool: readonly string[] | undefined;
}

/** Configuration of a simulated server: waits are shorter than in earnest, and snapshots more frequent, so that more happens within a storm. */
export function settingsFor({ id, name, host, address, pool }: SimulatedServer): RuntimeConfig {
  const base = configOf(1);
  const place = `${host}:${GOSSIP_PORT}`;
  const lan = pool === undefined ? undefined : { bind: place, advertise: place, allowedNetworks: [], reconnectTimeoutMs: 72 * 3_600_000, timing: TIMING };
  return {
    ...base,
    nodeId: id,
    nodeName: name,
    dataDir: "/data",
    rpcBind: address,
    rpcAdvertise: address,
    gossip: { ...base.gossip, lan },
    join: { ...base.join, retryJoin: (pool ?? []).map((other) => `${other}:${GOSSIP_PORT}`) },
    raft: { ...base.raft, multiplier: 1, snapshotThreshold: 120, trailingLogs: 30 },
    autopilot: { ...base.autopilot, cleanupDeadServers: false, serverStabilizationTimeMs: 1_000 },
    agent: { ...base.agent, fullSyncIntervalMs: 1_000 },
    sessionTtlMinMs: 100,
    defaultQueryTimeMs: 5_000,
    rpcHoldTimeoutMs: 3_000,
  };
}
