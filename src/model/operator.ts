/** Autopilot's settings. Consul api-docs, operator/autopilot. */
export interface AutopilotConfig {
  readonly cleanupDeadServers: boolean;
  readonly lastContactThresholdMs: number;
  readonly maxTrailingLogs: number;
  readonly minQuorum: number;
  readonly serverStabilizationTimeMs: number;
  readonly redundancyZoneTag: string;
  readonly disableUpgradeMigration: boolean;
  readonly upgradeVersionTag: string;
  readonly createIndex: number;
  readonly modifyIndex: number;
}

export interface RaftServerInfo {
  readonly id: string;
  readonly node: string;
  readonly address: string;
  readonly leader: boolean;
  readonly protocolVersion: string;
  readonly voter: boolean;
}

export interface RaftConfigurationInfo {
  readonly servers: readonly RaftServerInfo[];
  readonly index: number;
}

export interface ServerHealth {
  readonly id: string;
  readonly name: string;
  readonly address: string;
  readonly serfStatus: "alive" | "leaving" | "left" | "failed" | "none";
  readonly version: string;
  readonly leader: boolean;
  readonly lastContactMs: number;
  readonly lastTerm: number;
  readonly lastIndex: number;
  readonly healthy: boolean;
  readonly voter: boolean;
  /** RFC 3339. */
  readonly stableSince: string;
}

export interface OperatorHealth {
  readonly healthy: boolean;
  readonly failureTolerance: number;
  readonly servers: readonly ServerHealth[];
}

/** A prepared query as it is kept: Consul's JSON of `Service`, `DNS` and `Template`, decoded and checked by whoever wrote it. */
export interface PreparedQuery {
  readonly id: string;
  readonly name: string;
  readonly session: string;
  readonly token: string;
  readonly template: { readonly type: string; readonly regexp: string; readonly removeEmptyTags: boolean };
  readonly service: {
    readonly service: string;
    readonly failover: { readonly nearestN: number; readonly datacenters: readonly string[] | undefined };
    readonly onlyPassing: boolean;
    readonly ignoreCheckIds: readonly string[] | undefined;
    readonly near: string;
    readonly tags: readonly string[] | undefined;
    readonly nodeMeta: Readonly<Record<string, string>> | undefined;
    readonly serviceMeta: Readonly<Record<string, string>> | undefined;
    readonly connect: boolean;
  };
  readonly dns: { readonly ttl: string };
  readonly createIndex: number;
  readonly modifyIndex: number;
}
