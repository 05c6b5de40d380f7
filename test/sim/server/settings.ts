import type { RuntimeConfig } from "../../../src/config/index.ts";
import { configOf } from "../../server/cluster.ts";

/** Configuration of a simulated server: waits are shorter than in earnest, and snapshots more frequent, so that more happens within a storm. */
export function settingsFor(server: { readonly id: string; readonly name: string; readonly address: string }): RuntimeConfig {
  const { id, name, address } = server;
  const base = configOf(1);
  return {
    ...base,
    nodeId: id,
    nodeName: name,
    dataDir: "/data",
    rpcBind: address,
    rpcAdvertise: address,
    raft: { ...base.raft, multiplier: 1, snapshotThreshold: 120, trailingLogs: 30 },
    autopilot: { ...base.autopilot, cleanupDeadServers: false, serverStabilizationTimeMs: 1_000 },
    sessionTtlMinMs: 100,
    defaultQueryTimeMs: 5_000,
    rpcHoldTimeoutMs: 3_000,
  };
}
