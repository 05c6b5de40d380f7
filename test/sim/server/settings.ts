import type { ServerSettings } from "../../../src/server/index.ts";

/** Settings of every simulated server: waits are shorter than in earnest, so that more of them end within a storm. */
export const SETTINGS: Omit<ServerSettings, "id" | "nodeName"> = {
  datacenter: "dc1",
  version: "1.8.7",
  sessionTtlMinMs: 100,
  defaultQueryTimeMs: 5_000,
  maxQueryTimeMs: 60_000,
  rpcHoldTimeoutMs: 3_000,
  autopilot: {
    cleanupDeadServers: false,
    lastContactThresholdMs: 200,
    maxTrailingLogs: 250,
    minQuorum: 0,
    serverStabilizationTimeMs: 1_000,
    redundancyZoneTag: "",
    disableUpgradeMigration: false,
    upgradeVersionTag: "",
  },
  failedAfterMs: 5_000,
  deadAfterMs: 3_600_000,
};
