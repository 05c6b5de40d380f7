import type { AutopilotConfig, Check, PreparedQuery, ServiceInstance } from "../../src/model/index.ts";

type Unindexed<T> = Omit<T, "createIndex" | "modifyIndex">;

/** A prepared query for instances of `web`, with what a test is about. */
export function sampleQuery(changes: Partial<Omit<PreparedQuery, "service">> = {}, service: Partial<PreparedQuery["service"]> = {}): PreparedQuery {
  return {
    id: "",
    name: "q",
    session: "",
    token: "",
    template: { type: "", regexp: "", removeEmptyTags: false },
    dns: { ttl: "" },
    createIndex: 0,
    modifyIndex: 0,
    ...changes,
    service: {
      service: "web",
      failover: { nearestN: 0, datacenters: undefined },
      onlyPassing: false,
      ignoreCheckIds: undefined,
      near: "",
      tags: undefined,
      nodeMeta: undefined,
      serviceMeta: undefined,
      connect: false,
      ...service,
    },
  };
}

/** An instance on node `n1` with nothing that need not be said, named as its id. */
export function sampleService(id: string, changes: Partial<ServiceInstance> = {}): Unindexed<ServiceInstance> {
  return {
    node: "n1",
    id,
    kind: "",
    service: id,
    tags: undefined,
    address: "",
    taggedAddresses: undefined,
    meta: undefined,
    port: 80,
    weights: { passing: 1, warning: 1 },
    enableTagOverride: false,
    proxy: undefined,
    connect: undefined,
    ...changes,
  };
}

/** A check of node `n1` that passes. */
export function sampleCheck(checkId: string, changes: Partial<Check> = {}): Unindexed<Check> {
  return {
    node: "n1",
    checkId,
    name: checkId,
    status: "passing",
    notes: "",
    output: "",
    serviceId: "",
    serviceName: "",
    serviceTags: [],
    type: "",
    definition: undefined,
    ...changes,
  };
}

/** Consul's defaults. */
export const SAMPLE_AUTOPILOT: Unindexed<AutopilotConfig> = {
  cleanupDeadServers: true,
  lastContactThresholdMs: 200,
  maxTrailingLogs: 250,
  minQuorum: 0,
  serverStabilizationTimeMs: 10_000,
  redundancyZoneTag: "",
  disableUpgradeMigration: false,
  upgradeVersionTag: "",
};
