import type { CatalogNode, CheckedInstance, InstancePage, MethodName, Read, RequestOf, ResponseOf, TxnAnswer, TxnOp } from "../../model/index.ts";
import type { Indexed, StateStore, WatchSet } from "../../state/index.ts";
import { sortedByDistance } from "../near.ts";
import { foundBy, resolveQuery } from "./query-resolve.ts";
import { checkQueryId } from "./query-rules.ts";
import { settleTxn } from "./registration.ts";

/** The methods that read the replicated state and tell an index. */
export type ReadMethodName = { [M in MethodName]: ResponseOf<M> extends Read<unknown> ? M : never }[MethodName];
export type ValueOf<M extends ReadMethodName> = ResponseOf<M> extends Read<infer V> ? V : never;
type Reader<M extends ReadMethodName> = (state: StateStore, request: RequestOf<M>, watch?: WatchSet) => Indexed<ValueOf<M>>;

/** How each read is answered from the state at hand; who may answer, and when, is `reads.ts`. */
export const READS: { readonly [M in ReadMethodName]: Reader<M> } = {
  "KV.Get": (state, { key }, watch) => state.kv.get(key, watch),
  "KV.List": (state, { prefix }, watch) => state.kv.list(prefix, watch),
  "KV.Keys": (state, { prefix, separator }, watch) => state.kv.keys(prefix, separator, watch),
  "Session.Get": (state, { id }, watch) => state.sessions.get(id, watch),
  "Session.List": (state, _request, watch) => state.sessions.list(watch),
  "Session.Node": (state, { node }, watch) => state.sessions.node(node, watch),
  "Txn.Read": (state, { ops }) => readTxn(state, ops),
  "Catalog.Nodes": (state, { nodeMeta, near }, watch) => nearest(state, near, state.catalog.nodes(nodeMeta, watch), ({ node }) => node),
  "Catalog.Services": (state, { nodeMeta }, watch) => state.catalog.services(nodeMeta, watch),
  "Catalog.ServiceNodes": (state, request, watch) => nearest(state, request.near, state.catalog.serviceNodes(request, watch), nodeName),
  "Catalog.NodeServices": (state, { node }, watch) => state.catalog.nodeServices(node, watch),
  "Health.Node": (state, { node }, watch) => state.health.node(node, watch),
  "Health.Checks": (state, { service, nodeMeta, near }, watch) => nearest(state, near, state.health.checks(service, nodeMeta, watch), ({ node }) => node),
  "Health.State": (state, { state: wanted, nodeMeta, near }, watch) => nearest(state, near, state.health.state(wanted, nodeMeta, watch), ({ node }) => node),
  "Health.ServiceNodes": (state, request, watch) => nearest(state, request.near, state.health.serviceNodes(request, watch), nodeName),
  "Health.Instances": (state, { nodeMeta }, watch) => allInstances(state.dump.instances(nodeMeta, watch)),
  "Internal.Nodes": (state, _request, watch) => state.dump.nodes(watch),
  "Internal.Node": (state, { node }, watch) => state.dump.node(node, watch),
  "Internal.Services": (state, _request, watch) => state.dump.instances({}, watch),
  "Coordinate.ListNodes": (state, _request, watch) => state.coordinates.list(watch),
  "Coordinate.Node": (state, { node }, watch) => state.coordinates.node(node, watch),
  "Query.Get": (state, { id }, watch) => {
    checkQueryId(id);
    return state.queries.get(id, watch);
  },
  "Query.List": (state, _request, watch) => state.queries.list(watch),
  "Query.Resolve": (state, request) => resolveQuery(state, request),
  "Query.Instances": (state, { query, connect }) => ({ index: 1, value: foundBy(state, query, connect) }),
};

function nearest<T>(state: StateStore, near: string, found: Indexed<readonly T[]>, nodeOf: (item: T) => string): Indexed<readonly T[]> {
  return near === "" ? found : { ...found, value: sortedByDistance(state, near, found.value, nodeOf) };
}

/** Before `select.ts` has cut a page out of them. */
function allInstances({ index, value }: Indexed<readonly CheckedInstance[]>): Indexed<InstancePage> {
  return { index, value: { instances: value, total: value.length, next: "" } };
}

function nodeName({ node }: { readonly node: CatalogNode }): string {
  return node.node;
}

function readTxn(state: StateStore, ops: readonly TxnOp[]): Indexed<TxnAnswer> {
  const { errors } = settleTxn(ops);
  return errors.length === 0 ? state.readTxn(ops) : { ...state.readTxn([]), value: { results: [], errors } };
}

export function isRead(method: MethodName): method is ReadMethodName {
  return Object.hasOwn(READS, method);
}
