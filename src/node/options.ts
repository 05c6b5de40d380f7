import type { LocalAgent } from "../agent/index.ts";
import type { NodeId } from "../base/ids.ts";
import type { RuntimeConfig } from "../config/index.ts";
import type { Gossip } from "../gossip/index.ts";
import type { HttpServer } from "../http/index.ts";
import type { Backend } from "../model/index.ts";
import type { GrpcClient, LogLevel, LoopLag, Machine, MetricRules, MetricsView, Platform, Processes, Profiler, Signals, WebClient } from "../platform/index.ts";
import type { RaftNode, RaftStorage, StateMachine } from "../raft/index.ts";
import type { Member, StateHub } from "../server/index.ts";
import type { StateStore } from "../state/index.ts";

/** The world a node lives in; what only a real process has may be missing. */
export interface NodePlatform extends Platform {
  readonly metricsView?: MetricsView;
  readonly loopLag?: LoopLag;
  readonly signals?: Signals;
  /** What checks look at the world by. */
  readonly web?: WebClient;
  readonly grpc?: GrpcClient;
  readonly processes?: Processes;
  readonly machine?: Machine;
  readonly profiler?: Profiler;
  readonly setLogLevel?: (level: LogLevel) => void;
  readonly setMetricRules?: (rules: MetricRules) => void;
}

/** The pools that an agent is in. */
export interface Pools {
  readonly lan: Gossip;
  /** On servers only. */
  readonly wan: Gossip | undefined;
}

/** What the storage of a node is opened with. */
export interface StorageRequest {
  /** The data directory; empty: nothing is kept. */
  readonly folder: string;
  /** UUID text from the configuration; empty: the stored one, or a new one. */
  readonly wantedId: string;
  readonly platform: NodePlatform;
}

export interface OpenedStorage extends AsyncDisposable {
  readonly id: NodeId;
  readonly raft: RaftStorage;
}

/** Opens storage and finds out who this server is. `openDisk` in the world, a simulated disk elsewhere. */
export type OpenStorage = (request: StorageRequest) => Promise<OpenedStorage>;

export interface NodeOptions {
  readonly config: RuntimeConfig;
  readonly platform: NodePlatform;
  readonly openStorage?: OpenStorage;
  /** Reads the configuration anew for `agent/reload` and SIGHUP. Throws `config` when it is at fault; then the old one stays. */
  readonly readConfig?: () => Promise<RuntimeConfig>;
  /** Where checks find the Docker Engine, as `DOCKER_HOST` has it; its usual socket when nothing is said. */
  readonly dockerHost?: string | undefined;
  /** What raft drives; the state itself when nothing is said. A simulation looks on from between the two. */
  readonly machineOf?: (hub: StateHub) => StateMachine;
}

/** Why a node stopped. */
export type StopReason = "asked" | "left" | "interrupt" | "terminate" | "hurried" | "disk" | "not-joined";

/** An agent that runs, server or client. Disposing stops it without a word to the others; `leave` says goodbye first. */
export interface RunningAgent extends AsyncDisposable {
  readonly id: NodeId;
  readonly name: string;
  readonly datacenter: string;
  /** As it is now: a reload changes some of it. */
  readonly config: RuntimeConfig;
  /** For this agent itself and the clients that ask it: no faster than `limits.rpc_rate` allows. */
  readonly backend: Backend;
  /** `undefined` where gossip is off. */
  readonly pools: Pools | undefined;
  /** Its own services and checks; `undefined` until it has begun. */
  readonly local: LocalAgent | undefined;
  /** As bound; empty without HTTP. */
  readonly httpAddresses: readonly string[];
  readonly http: HttpServer | undefined;
  /** As bound; empty without DNS. */
  readonly dnsAddresses: readonly string[];
  /** Leaves the cluster (this agent is no member any more), then stops. */
  leave(): Promise<void>;
  /** Reads the configuration anew; what can change while running changes. */
  reload(): Promise<void>;
  /** Resolves when the node has stopped, with the reason. */
  readonly stopped: Promise<StopReason>;
}

/** A server. Disposing stops it: HTTP first, then the leadership is handed over, the pools, raft, the server port and storage close. */
export interface RunningNode extends RunningAgent {
  readonly raft: RaftNode;
  readonly state: StateStore;
  /** `ip:port` that other servers are told. */
  readonly rpcAddress: string;
  members(): readonly Member[];
}

/** An agent that is no server: it keeps nothing of the store and asks servers. */
export interface RunningClient extends RunningAgent {
  /** How many servers it knows. */
  knownServers(): number;
}
