import type { JsonValue } from "../base/json.ts";
import type {
  AgentMember,
  Backend,
  CheckDefinition,
  CheckTransition,
  LocalCheck,
  LocalService,
  RequestOf,
  ResponseOf,
  ServiceDefinition,
} from "../model/index.ts";
import type { MetricsView, Platform, Profiler } from "../platform/index.ts";
import type { Credentials, SecureDoor } from "./secure.ts";

/** A user event as an agent keeps it. Consul api-docs, event. */
export interface AgentEvent {
  /** UUID. */
  readonly id: string;
  readonly name: string;
  readonly payload: Uint8Array;
  /** Regular expressions; empty: everybody is meant. */
  readonly nodeFilter: string;
  readonly serviceFilter: string;
  readonly tagFilter: string;
  readonly version: number;
  /** The pool's Lamport time, a uint64; 0 in the answer to whoever fires it. */
  readonly ltime: bigint;
}

export interface EventToFire extends Pick<AgentEvent, "name" | "payload" | "nodeFilter" | "serviceFilter" | "tagFilter"> {
  /** Empty: our own. */
  readonly datacenter: string;
  readonly token: string;
}

/** The events of this agent: room `agent` has them. */
export interface EventPort {
  /** Resolves when it is on its way. Rejects with `internal` and Consul's texts when it is too long or a filter is at fault. */
  fire(event: EventToFire): Promise<AgentEvent>;
  /** The last ones that meant this agent, oldest first. */
  recent(): readonly AgentEvent[];
  /** Calls once, at the next event that means this agent; disposing stops the wait. */
  onNext(run: () => void): Disposable;
}

export interface JoinOutcome {
  /** How many addresses took us in. */
  readonly joined: number;
  /** Why others did not; `resolved`: it was found out what the address stands for. */
  readonly errors: readonly { readonly address: string; readonly message: string; readonly resolved: boolean }[];
}

/** The reads that the agent's cache answers. */
export type CachedMethod = "Catalog.Datacenters" | "Catalog.Services" | "Catalog.ServiceNodes" | "Health.ServiceNodes" | "Query.Execute";

/** What a client wants of the cache. Only answers that do not keep themselves up to date are measured by it. */
export interface CacheWish {
  /** An older answer is asked for anew; `undefined`: any will do. */
  readonly maxAgeMs: number | undefined;
  /** When it cannot be asked for anew, one that is not older than this will do. */
  readonly staleIfErrorMs: number;
  readonly mustRevalidate: boolean;
}

/** The agent's cache of reads: room `agent` has it. */
export interface ReadCachePort {
  /** `hit`: it was there; `ageMs`: how long ago it was known to be true. Rejects as the backend does. */
  get<M extends CachedMethod>(
    method: M,
    request: RequestOf<M>,
    wish: CacheWish,
    onCancel: (cancel: () => void) => void,
  ): Promise<{ readonly answer: ResponseOf<M>; readonly hit: boolean; readonly ageMs: number }>;
}

/** What puts a service or the node into maintenance, or out of it again. */
export interface MaintenanceWish {
  readonly enable: boolean;
  /** Empty: a text of our own. */
  readonly reason: string;
  readonly token: string;
}

/** The services and checks of this agent itself: room `agent` has them. Failures carry Consul's texts and codes. */
export interface LocalPort {
  /** Those that meet a filter expression; empty: all. Rejects with `internal` where it is at fault. */
  services(filter: string): readonly LocalService[];
  checks(filter: string): readonly LocalCheck[];
  /** A service with the hash of all that it is. */
  service(id: string): { readonly service: LocalService; readonly hash: string } | undefined;
  /** Calls once when this service is changed or removed; disposing stops the wait. */
  onService(id: string, run: () => void): Disposable;
  registerService(service: ServiceDefinition, how: { readonly replaceExistingChecks: boolean }): Promise<void>;
  deregisterService(id: string): Promise<void>;
  registerCheck(check: CheckDefinition): Promise<void>;
  deregisterCheck(id: string): Promise<void>;
  /** What the owner of a TTL check says of it. */
  report(checkId: string, status: "passing" | "warning" | "critical", text: string): Promise<void>;
  /** The last changes of a check's status, oldest first; `undefined`: no such check. */
  transitions(checkId: string): readonly CheckTransition[] | undefined;
  serviceMaintenance(id: string, wish: MaintenanceWish): Promise<void>;
  nodeMaintenance(wish: MaintenanceWish): Promise<void>;
}

/** A member that somebody accuses of being dead, while it may still speak for itself. */
export interface MemberSuspicion {
  readonly name: string;
  readonly forMs: number;
  /** Members that say so, the first one first. */
  readonly accusers: readonly string[];
}

/** What the HTTP room needs and no store call gives; `node` fills it in. */
export interface AgentPort {
  /** The whole answer of `agent/self`: Config, DebugConfig, Coord, Member, Stats, Meta. */
  self(): Promise<JsonValue>;
  members(options: { readonly wan: boolean; readonly segment: string }): Promise<readonly AgentMember[]>;
  /** Members whose silence is being judged now. Empty where there is no such pool. */
  suspicions(options: { readonly wan: boolean }): readonly MemberSuspicion[];
  /** Joins the LAN or the WAN pool at these addresses. Rejects with `internal` where there is no WAN pool: on a client. */
  join(addresses: readonly string[], options: { readonly wan: boolean }): Promise<JoinOutcome>;
  /** Makes a failed member one that left; `prune` forgets it as well. Rejects with `not-found` when nobody has this name. */
  forceLeave(name: string, options: { readonly prune: boolean }): Promise<void>;
  readonly events: EventPort;
  readonly local: LocalPort;
  /** The machine this agent runs on: the answer of `agent/host`. */
  host(): Promise<JsonValue>;
  /** Missing where `enable_debug` is off. */
  readonly profiler?: Profiler | undefined;
  /** Reads the configuration anew. */
  reload(): Promise<void>;
  /** Leaves the cluster and stops the agent; resolves when the answer may be sent. */
  leave(): Promise<void>;
  /** The reading side of the platform's metrics. */
  readonly metrics: MetricsView;
}

/** The part of the configuration that is the HTTP room's. Every field is settled: defaults are in already. */
export interface HttpConfig {
  readonly datacenter: string;
  readonly nodeName: string;
  /** Version of the agent, shown on the page of `/ui/`. */
  readonly version: string;
  /** `ui`: serve the page and redirect `/` to it. */
  readonly ui: boolean;
  /** `ui_config.content_path`: where it is; begins and ends with a slash. */
  readonly uiContentPath: string;
  /** `-dev`: every JSON answer is indented. */
  readonly alwaysPretty: boolean;
  /** `http_config.response_headers`. */
  readonly responseHeaders: Readonly<Record<string, string>>;
  /** `http_config.block_endpoints`: prefixes of paths. */
  readonly blockEndpoints: readonly string[];
  /** `http_config.allow_write_http_from`: CIDR blocks; empty: everybody may write. */
  readonly allowWriteHttpFrom: readonly string[];
  /** `limits.http_max_conns_per_client`; 0: no limit. */
  readonly maxConnsPerClient: number;
  /** `limits.kv_max_value_size`, bytes. */
  readonly kvMaxValueBytes: number;
  /** `limits.txn_max_req_len`, bytes. */
  readonly txnMaxBytes: number;
  /** `default_query_time`, milliseconds. */
  readonly defaultQueryTimeMs: number;
  /** `max_query_time`, milliseconds. */
  readonly maxQueryTimeMs: number;
  /** `disable_http_unprintable_char_filter`: let control characters in paths pass. */
  readonly disableUnprintableCharFilter: boolean;
  /** `translate_wan_addrs`: give nodes and services of other datacenters by their WAN addresses, and say so in every answer. */
  readonly translateWanAddrs: boolean;
  /** `discovery_max_stale`, milliseconds; 0: off. */
  readonly discoveryMaxStaleMs: number;
}

/** What Consul 1.8.7 has when nothing is configured; spread over by `node`. */
export const HTTP_DEFAULTS: Omit<HttpConfig, "datacenter" | "nodeName" | "version"> = {
  ui: false,
  uiContentPath: "/ui/",
  alwaysPretty: false,
  responseHeaders: {},
  blockEndpoints: [],
  allowWriteHttpFrom: [],
  maxConnsPerClient: 200,
  kvMaxValueBytes: 512 * 1024,
  txnMaxBytes: 512 * 1024,
  defaultQueryTimeMs: 300_000,
  maxQueryTimeMs: 600_000,
  disableUnprintableCharFilter: false,
  translateWanAddrs: false,
  discoveryMaxStaleMs: 0,
};

export interface HttpOptions {
  readonly backend: Backend;
  readonly agent: AgentPort;
  /** None: `cached` is passed over. */
  readonly cache?: ReadCachePort | undefined;
  readonly config: HttpConfig;
  readonly platform: Pick<Platform, "clock" | "random" | "log" | "metrics">;
  /** `ip:port`, `[ip6]:port` or `unix:///path`; port 0 for any. */
  readonly listenAddresses: readonly string[];
  /** HTTPS besides; none when not given. One of the two has an address. */
  readonly secure?: SecureDoor | undefined;
}

export interface HttpServer extends AsyncDisposable {
  /** As bound, in the order of `listenAddresses`, the port never 0. */
  readonly addresses: readonly string[];
  /** The same of HTTPS. */
  readonly secureAddresses: readonly string[];
  /** Shows other credentials to those who come by HTTPS from now on. Throws `config` when they cannot be used; then the old ones stay. */
  changeCredentials(credentials: Credentials): void;
  /** Another limit for the connections of one client from now on; 0: none. */
  limitConnections(maxPerClient: number): void;
}
