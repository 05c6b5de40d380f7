import type { ByteString } from "../base/byte-string.ts";
import type { Later } from "../base/later.ts";
import type { CatalogNode, Check, CheckedInstance, ServiceInstance, ServiceWithNode } from "./catalog.ts";
import type { DatacenterCoordinates, NodeCoordinate } from "./coordinate.ts";
import type { InstancePage, InstanceWish, NodeWithAll, QueryExecution, QueryFound, QueryResolved, QuerySource } from "./discovery.ts";
import type { KeyringAnswer, KeyringOperation } from "./gossip.ts";
import type { KvEntry, KvWrite } from "./kv.ts";
import type { AutopilotConfig, OperatorHealth, PreparedQuery, RaftConfigurationInfo } from "./operator.ts";
import type { Read, ReadOptions, WriteOptions } from "./options.ts";
import type { Heeds, Removed } from "./removals.ts";
import type { Session } from "./session.ts";
import type { TxnAnswer, TxnOp } from "./txn.ts";

type Unindexed<T> = Omit<T, "createIndex" | "modifyIndex">;
interface Method<Request, Response> {
  readonly request: Request;
  readonly response: Response;
}
/** A method that reads: the request carries `options`, the answer carries what headers tell. */
type ReadMethod<Request, Value> = Method<Request & { readonly options: ReadOptions }, Read<Value>>;
type WriteMethod<Request, Response> = Method<Request & { readonly options: WriteOptions }, Response>;

/** What a registration brings; any part may be missing but the node. */
export interface Registration {
  readonly node: Unindexed<CatalogNode>;
  /** Leave address, meta and so on of a node that exists as they are. */
  readonly skipNodeUpdate: boolean;
  readonly service: Unindexed<ServiceInstance> | undefined;
  readonly checks: readonly Unindexed<Check>[];
}

/** Every call that a server answers, whether it comes from its own HTTP door or from another server. */
export interface Methods {
  "KV.Apply": WriteMethod<{ readonly write: KvWrite }, boolean>;
  "KV.Get": ReadMethod<{ readonly key: ByteString }, KvEntry | undefined>;
  "KV.List": ReadMethod<{ readonly prefix: ByteString }, readonly KvEntry[]>;
  /** `separator` empty: whole keys. */
  "KV.Keys": ReadMethod<{ readonly prefix: ByteString; readonly separator: ByteString }, readonly ByteString[]>;

  "Session.Create": WriteMethod<{ readonly session: Unindexed<Session> }, string>;
  "Session.Destroy": WriteMethod<{ readonly id: string }, void>;
  /** Puts the end of its TTL off. `undefined`: no such session. */
  "Session.Renew": WriteMethod<{ readonly id: string }, Session | undefined>;
  "Session.Get": ReadMethod<{ readonly id: string }, Session | undefined>;
  "Session.List": ReadMethod<object, readonly Session[]>;
  "Session.Node": ReadMethod<{ readonly node: string }, readonly Session[]>;

  "Txn.Apply": WriteMethod<{ readonly ops: readonly TxnOp[] }, TxnAnswer>;
  "Txn.Read": ReadMethod<{ readonly ops: readonly TxnOp[] }, TxnAnswer>;

  /** `heeds`: by the node's own agent, which does not bring back what was removed and hears of it. Others get no answer. */
  "Catalog.Register": WriteMethod<{ readonly registration: Registration; readonly heeds?: Heeds | undefined }, Removed | undefined>;
  /**
   * With `serviceId` or `checkId` only that; with neither the node and all on it. `byOwner`: by the node's own agent, which does not have it any
   * more; by others a service or a check is removed for good: the agent cannot bring it back but by a new registration there.
   */
  "Catalog.Deregister": WriteMethod<
    { readonly node: string; readonly serviceId: string; readonly checkId: string; readonly byOwner?: boolean | undefined },
    void
  >;
  "Catalog.Datacenters": Method<object, readonly string[]>;
  "Catalog.Nodes": ReadMethod<{ readonly nodeMeta: Readonly<Record<string, string>>; readonly near: string }, readonly CatalogNode[]>;
  /** Service name → tags, all of them over all instances. */
  "Catalog.Services": ReadMethod<{ readonly nodeMeta: Readonly<Record<string, string>> }, Readonly<Record<string, readonly string[]>>>;
  "Catalog.ServiceNodes": ReadMethod<
    {
      readonly service: string;
      readonly connect: boolean;
      readonly tags: readonly string[];
      readonly nodeMeta: Readonly<Record<string, string>>;
      readonly near: string;
    },
    readonly ServiceWithNode[]
  >;
  /** By name or by id. */
  "Catalog.NodeServices": ReadMethod<{ readonly node: string }, { readonly node: CatalogNode; readonly services: readonly ServiceInstance[] } | undefined>;
  "Health.Node": ReadMethod<{ readonly node: string }, readonly Check[]>;
  "Health.Checks": ReadMethod<{ readonly service: string; readonly nodeMeta: Readonly<Record<string, string>>; readonly near: string }, readonly Check[]>;
  /** `state` as it stood in the path; `any` for all. */
  "Health.State": ReadMethod<{ readonly state: string; readonly nodeMeta: Readonly<Record<string, string>>; readonly near: string }, readonly Check[]>;
  "Health.ServiceNodes": ReadMethod<
    {
      readonly service: string;
      readonly connect: boolean;
      readonly tags: readonly string[];
      readonly nodeMeta: Readonly<Record<string, string>>;
      readonly near: string;
    },
    readonly CheckedInstance[]
  >;

  /** Instances of all services with their checks; ours alone. */
  "Health.Instances": ReadMethod<InstanceWish, InstancePage>;

  "Internal.Nodes": ReadMethod<object, readonly NodeWithAll[]>;
  "Internal.Node": ReadMethod<{ readonly node: string }, NodeWithAll | undefined>;
  /** By name of service. */
  "Internal.Services": ReadMethod<object, readonly CheckedInstance[]>;

  /** Taken by the leader and written some time later, with others; one of a node that nobody knows is dropped then. */
  "Coordinate.Update": WriteMethod<{ readonly update: NodeCoordinate }, void>;
  "Coordinate.ListNodes": ReadMethod<object, readonly NodeCoordinate[]>;
  "Coordinate.Node": ReadMethod<{ readonly node: string }, readonly NodeCoordinate[]>;
  /** As the asked server sees them in the WAN pool. */
  "Coordinate.Datacenters": Method<object, readonly DatacenterCoordinates[]>;

  /** Any server of that datacenter sends it through its LAN pool, under this name and with these bytes. */
  "Event.Fire": WriteMethod<{ readonly name: string; readonly payload: Uint8Array }, void>;
  /**
   * Any server asks every member of the WAN pool and of the LAN pools of all datacenters; `localOnly`: of this LAN pool alone.
   * What goes wrong in a pool is told in its answer. `key` is empty for `list`.
   */
  "Operator.Keyring": WriteMethod<
    { readonly operation: KeyringOperation; readonly key: Uint8Array; readonly relayFactor: number; readonly localOnly: boolean },
    readonly KeyringAnswer[]
  >;

  /** Gives the id. */
  "Query.Create": WriteMethod<{ readonly query: Unindexed<PreparedQuery> }, string>;
  "Query.Update": WriteMethod<{ readonly query: Unindexed<PreparedQuery> }, void>;
  "Query.Delete": WriteMethod<{ readonly id: string }, void>;
  "Query.Get": ReadMethod<{ readonly id: string }, PreparedQuery | undefined>;
  "Query.List": ReadMethod<object, readonly PreparedQuery[]>;
  /** `connect`: what speaks Connect for the service, whatever the query says. Rejects with `not-found`. */
  "Query.Resolve": ReadMethod<{ readonly idOrName: string; readonly connect: boolean }, QueryResolved>;
  /** The same for a query of another datacenter, whose template is filled in. */
  "Query.Instances": ReadMethod<{ readonly query: PreparedQuery; readonly connect: boolean }, QueryFound>;
  /** Finds instances here, and when there are none in other datacenters. `limit` 0: all. Rejects with `not-found`. */
  "Query.Execute": Method<
    {
      readonly idOrName: string;
      readonly connect: boolean;
      readonly limit: number;
      readonly source: QuerySource;
      readonly options: ReadOptions;
    },
    QueryExecution
  >;

  /** `ip:port` of the leader's RPC listener; empty when none is known. */
  "Status.Leader": Method<{ readonly datacenter: string }, string>;
  "Status.Peers": Method<{ readonly datacenter: string }, readonly string[]>;
  /** Who is at this address: asked before a server is added to a cluster, and by autopilot. */
  "Status.Server": Method<object, ServerStats>;
  /** Asks a server without a log to begin a cluster with exactly these, and with nobody else for a while. Gives the reason when it will not; empty: it will. */
  "Status.Pledge": Method<{ readonly founder: string; readonly servers: readonly string[] }, string>;

  "Operator.RaftConfiguration": Method<{ readonly options: ReadOptions }, RaftConfigurationInfo>;
  "Operator.RaftRemovePeer": WriteMethod<{ readonly id: string; readonly address: string }, void>;
  /** Asks the server at `address` who it is and adds it; it becomes a voter when it has caught up and been stable. */
  "Operator.RaftAddPeer": WriteMethod<{ readonly address: string }, { readonly id: string }>;
  /** `id` empty: whoever is furthest on. */
  "Operator.RaftTransferLeader": WriteMethod<{ readonly id: string }, void>;
  "Operator.AutopilotGetConfig": Method<{ readonly options: ReadOptions }, AutopilotConfig>;
  /** `cas` `undefined`: always. False when the index did not match. */
  "Operator.AutopilotSetConfig": WriteMethod<{ readonly config: Unindexed<AutopilotConfig>; readonly cas: number | undefined }, boolean>;
  "Operator.AutopilotHealth": Method<{ readonly options: ReadOptions }, OperatorHealth>;
}

export interface ServerStats {
  readonly id: string;
  readonly name: string;
  readonly datacenter: string;
  readonly version: string;
  readonly lastTerm: number;
  readonly lastIndex: number;
  /** Milliseconds since it last heard from the leader; `undefined` when never. */
  readonly lastContactMs: number | undefined;
  /** Its RPC address as it knows it itself. */
  readonly address: string;
  /** Whether its log is empty: only such a server may be added to a cluster that does not know its id. */
  readonly empty: boolean;
  /** Ids of the servers of its cluster, as its log has them. */
  readonly servers: readonly string[];
}

export type MethodName = keyof Methods;
export type RequestOf<M extends MethodName> = Methods[M]["request"];
export type ResponseOf<M extends MethodName> = Methods[M]["response"];

/** Bytes that flow while they are made: snapshots in and out. */
export interface ByteFlow {
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** Calls with a body too large for one frame. */
export interface Streams {
  /** The whole state as a snapshot archive. */
  "Snapshot.Save": {
    readonly request: { readonly options: ReadOptions };
    readonly response: ByteFlow & { readonly meta: { readonly index: number; readonly lastContactMs: number; readonly knownLeader: boolean } };
  };
  "Snapshot.Restore": { readonly request: { readonly options: WriteOptions; readonly body: AsyncIterable<Uint8Array> }; readonly response: undefined };
}

/**
 * As a backend's `call`, for a read that it answers by itself: now, or by a call when what it waits for has changed.
 * `undefined` when it cannot: then it is for `call`. Throws what `call` rejects with.
 */
export type Look = <M extends MethodName>(
  method: M,
  request: RequestOf<M>,
  onCancel?: (cancel: () => void) => void,
) => ResponseOf<M> | Later<ResponseOf<M>> | undefined;

/**
 * Whoever answers methods: the server in this process, or servers elsewhere by RPC. All errors are `KvorumError`s.
 * `cancelled` stops a wait early: it is called with a function to be called when the client has gone.
 */
export interface Backend {
  call<M extends MethodName>(method: M, request: RequestOf<M>, onCancel?: (cancel: () => void) => void): Promise<ResponseOf<M>>;
  /** What can be read without a promise, where this backend has the store itself. Always named: who wraps a backend and leaves it out makes all reads slow. */
  readonly look: Look | undefined;
  saveSnapshot(request: Streams["Snapshot.Save"]["request"]): Promise<Streams["Snapshot.Save"]["response"]>;
  restoreSnapshot(request: Streams["Snapshot.Restore"]["request"]): Promise<void>;
}
