import { asNodeId } from "../../src/base/ids.ts";
import { Scope } from "../../src/base/scope.ts";
import type { RuntimeConfig } from "../../src/config/index.ts";
import { type OpenedStorage, openDisk, type RunningNode, startNode } from "../../src/node/index.ts";
import { realPlatform } from "../../src/platform/index.ts";
import { openMemory } from "../../src/storage/index.ts";
import { until } from "../support/until.ts";

export const READ = { datacenter: "", token: "", consistency: "default", maxStaleMs: undefined, minIndex: 0, maxWaitMs: 0, filter: "" } as const;
export const WRITE = { datacenter: "", token: "" } as const;

/** Everything that a server needs to be told; tests change what they are about. */
export function configOf(number: number, changes: Partial<RuntimeConfig> = {}): RuntimeConfig {
  return {
    devMode: false,
    server: true,
    datacenter: "dc1",
    primaryDatacenter: "dc1",
    nodeName: `s${number}`,
    nodeId: `00000000-0000-4000-8000-00000000000${number}`,
    nodeMeta: {},
    dataDir: "",
    bootstrap: false,
    bootstrapExpect: 0,
    bindAddr: "127.0.0.1",
    advertiseAddr: "127.0.0.1",
    advertiseAddrWan: "127.0.0.1",
    clientAddrs: [],
    ports: { server: 0, http: -1, https: -1, dns: -1, grpc: -1, serfLan: -1, serfWan: -1 },
    rpcBind: "127.0.0.1:0",
    rpcAdvertise: "127.0.0.1:0",
    taggedAddresses: { lan: "127.0.0.1", lan_ipv4: "127.0.0.1", wan: "127.0.0.1", wan_ipv4: "127.0.0.1" },
    dns: {
      listen: [],
      domain: "consul",
      altDomain: "",
      allowStale: true,
      maxStaleMs: 315_360_000_000,
      nodeTtlS: 0,
      serviceTtlS: {},
      onlyPassing: false,
      enableTruncate: false,
      disableCompression: false,
      aRecordLimit: 0,
      udpAnswerLimit: 3,
      nodeMetaTxt: true,
      soa: { refresh: 3600, retry: 600, expire: 86_400, minTtl: 0 },
      useCache: false,
      cacheMaxAgeMs: 0,
      recursors: [],
      recursorTimeoutMs: 2_000,
      translateWanAddrs: false,
    },
    agent: {
      checkUpdateIntervalMs: 300_000,
      checkOutputMaxBytes: 0,
      discardCheckOutput: false,
      deregisterMinMs: 0,
      reapIntervalMs: 0,
      fullSyncIntervalMs: 0,
      remotePrograms: false,
      remoteExec: false,
      localPrograms: false,
      sidecarPorts: { min: 21_000, max: 21_255 },
    },
    gossip: {
      lan: undefined,
      wan: undefined,
      encrypt: "",
      verifyIncoming: true,
      verifyOutgoing: true,
      keyringFile: false,
      coordinates: { enabled: true, ratePerSecond: 64, intervalMinMs: 15_000, flushMs: 5_000 },
    },
    raft: { multiplier: 1, snapshotThreshold: 8192, snapshotIntervalMs: 5_000, trailingLogs: 1_024 },
    autopilot: {
      cleanupDeadServers: true,
      lastContactThresholdMs: 200,
      maxTrailingLogs: 250,
      minQuorum: 0,
      serverStabilizationTimeMs: 100,
      redundancyZoneTag: "",
      disableUpgradeMigration: false,
      upgradeVersionTag: "",
    },
    limits: {
      httpMaxConnsPerClient: 0,
      httpsHandshakeTimeoutMs: 5_000,
      rpcHandshakeTimeoutMs: 5_000,
      rpcMaxConnsPerClient: 100,
      rpcRate: -1,
      rpcMaxBurst: 1_000,
      kvMaxValueBytes: 524_288,
      txnMaxReqBytes: 524_288,
    },
    http: {
      listen: [],
      secureListen: [],
      blockEndpoints: [],
      responseHeaders: {},
      allowWriteHttpFrom: [],
      useCache: true,
      unixSocket: { user: "", group: "", mode: "" },
      debug: false,
      disableUnprintableCharFilter: false,
    },
    tls: {
      certFile: "",
      keyFile: "",
      caFile: "",
      caPath: "",
      verifyClients: false,
      minVersion: "TLSv1.2",
      ciphers: "",
      preferOurCiphers: false,
      forChecks: false,
      serverName: "",
    },
    log: { level: "error", json: false, file: "", rotateBytes: 0, rotateMs: 0, rotateMaxFiles: 0, syslog: false, syslogFacility: "" },
    telemetry: {
      disableHostname: true,
      metricsPrefix: "consul",
      prometheusRetentionMs: 0,
      filterDefault: true,
      prefixFilter: [],
      statsdAddress: "",
      statsiteAddress: "",
      dogstatsdAddress: "",
      dogstatsdTags: [],
    },
    join: {
      startJoin: [],
      retryJoin: [],
      retryIntervalMs: 1_000,
      retryMax: 0,
      startJoinWan: [],
      retryJoinWan: [],
      retryIntervalWanMs: 1_000,
      retryMaxWan: 0,
      rejoinAfterLeave: false,
    },
    ui: { enabled: false, dir: "", contentPath: "/ui/" },
    sessionTtlMinMs: 200,
    defaultQueryTimeMs: 300_000,
    maxQueryTimeMs: 600_000,
    discoveryMaxStaleMs: 0,
    leaveDrainTimeMs: 0,
    rpcHoldTimeoutMs: 4_000,
    leaveOnTerminate: false,
    skipLeaveOnInterrupt: true,
    pidFile: "",
    services: [],
    checks: [],
    watches: [],
    warnings: [],
    merged: {},
    ...changes,
  };
}

/** Servers of one process with real sockets and memory for a disk. */
export class TestCluster implements AsyncDisposable {
  readonly #scope = new Scope();
  readonly nodes: RunningNode[] = [];
  /** What the servers warned of, a line each with the server's name first. */
  readonly warnings: string[] = [];

  /** As many servers as asked for, all voting. */
  static async start(count: number, changes: Partial<RuntimeConfig> = {}): Promise<TestCluster> {
    const cluster = new TestCluster();
    const first = await cluster.add(1, { ...changes, bootstrap: true });
    await until("the first leads", () => first.raft.status().role === "leader", 10_000, 5);
    for (let number = 2; number <= count; number++) {
      const node = await cluster.add(number, changes);
      await first.backend.call("Operator.RaftAddPeer", { address: node.rpcAddress, options: WRITE });
    }
    if (count > 1) await cluster.promoted(count);
    return cluster;
  }

  async add(number: number, changes: Partial<RuntimeConfig> = {}): Promise<RunningNode> {
    const debug = process.env["KVORUM_TEST_LOG"] === "debug";
    const write = (text: string): void => {
      if (text.includes("[WARN]")) this.warnings.push(`s${number} ${text}`);
      if (debug || text.includes("[ERROR]")) process.stderr.write(`s${number} ${text}`);
    };
    const platform = realPlatform(this.#scope, { log: { level: debug ? "debug" : "warn", write } });
    const config = configOf(number, changes);
    const { signals: _signals, ...world } = platform;
    const node = await startNode({ config, platform: world, openStorage: config.dataDir === "" ? memory : openDisk });
    this.nodes.push(node);
    this.#scope.use(node);
    return node;
  }

  get leader(): RunningNode {
    const leader = this.nodes.find((node) => node.raft.status().role === "leader");
    if (leader === undefined) throw new Error("There is no leader");
    return leader;
  }

  get followers(): readonly RunningNode[] {
    return this.nodes.filter((node) => node.raft.status().role !== "leader");
  }

  /** Stops a server; a leader hands over first. */
  async stop(node: RunningNode): Promise<void> {
    this.nodes.splice(this.nodes.indexOf(node), 1);
    await node[Symbol.asyncDispose]();
  }

  async promoted(voters: number): Promise<void> {
    await until(
      `${voters} servers vote`,
      () => this.nodes.every((node) => node.raft.status().configuration.servers.filter((server) => server.suffrage === "voter").length === voters),
      60_000,
      10,
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#scope[Symbol.asyncDispose]();
  }
}

async function memory({ wantedId }: { readonly wantedId: string }): Promise<OpenedStorage> {
  const raft = openMemory();
  return { id: asNodeId(wantedId), raft, [Symbol.asyncDispose]: () => raft[Symbol.asyncDispose]() };
}
