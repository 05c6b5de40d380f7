import { BadRequestError } from "../base/errors.ts";
import type { MethodName, RequestOf, Streams } from "../model/index.ts";
import { anything, byteString, bytes, count, flag, listOf, object, oneOf, optional, real, recordOf, type Shape, text, uint64, union, whole } from "./shapes.ts";

const readOptions = object({
  datacenter: text,
  token: text,
  consistency: oneOf("default", "stale", "consistent"),
  maxStaleMs: optional(count),
  minIndex: count,
  maxWaitMs: count,
  filter: text,
});
const writeOptions = object({ datacenter: text, token: text });

const set = { key: byteString, value: bytes, flags: uint64 };
const kvWrites = {
  set: object(set),
  cas: object({ ...set, index: count }),
  lock: object({ ...set, session: text }),
  unlock: object({ ...set, session: text }),
  delete: object({ key: byteString }),
  "delete-cas": object({ key: byteString, index: count }),
  "delete-tree": object({ prefix: byteString }),
};
const kvReads = {
  get: object({ key: byteString }),
  "get-tree": object({ prefix: byteString }),
  "check-index": object({ key: byteString, index: count }),
  "check-session": object({ key: byteString, session: text }),
  "check-not-exists": object({ key: byteString }),
};

const texts = optional(recordOf(text));
const node = object({ id: text, node: text, address: text, datacenter: text, taggedAddresses: texts, meta: texts });
const service = object({
  node: text,
  id: text,
  kind: text,
  service: text,
  tags: optional(listOf(text)),
  address: text,
  taggedAddresses: optional(recordOf(object({ address: text, port: whole }))),
  meta: texts,
  port: whole,
  socketPath: optional(text),
  weights: object({ passing: whole, warning: whole }),
  enableTagOverride: flag,
  proxy: anything,
  connect: anything,
});
const check = object({
  node: text,
  checkId: text,
  name: text,
  status: text,
  notes: text,
  output: text,
  serviceId: text,
  serviceName: text,
  serviceTags: listOf(text),
  type: text,
  definition: anything,
});
const session = object({
  id: text,
  name: text,
  node: text,
  lockDelayNs: whole,
  behavior: oneOf("release", "delete"),
  ttl: text,
  nodeChecks: listOf(text),
  serviceChecks: optional(listOf(object({ id: text, namespace: text }))),
});

const catalogVerb = oneOf("get", "set", "cas", "delete", "delete-cas");
const txnOps = listOf(
  union("kind", {
    kv: object({ op: union("verb", { ...kvWrites, ...kvReads }) }),
    node: object({ verb: catalogVerb, node, index: count }),
    service: object({ verb: catalogVerb, service, index: count }),
    check: object({ verb: catalogVerb, check, index: count }),
    refused: object({ what: text }),
  }),
);

const query = object({
  id: text,
  name: text,
  session: text,
  token: text,
  template: object({ type: text, regexp: text, removeEmptyTags: flag }),
  service: object({
    service: text,
    failover: object({ nearestN: whole, datacenters: optional(listOf(text)) }),
    onlyPassing: flag,
    ignoreCheckIds: optional(listOf(text)),
    near: text,
    tags: optional(listOf(text)),
    nodeMeta: texts,
    serviceMeta: texts,
    connect: flag,
  }),
  dns: object({ ttl: text }),
});
const autopilot = object({
  cleanupDeadServers: flag,
  lastContactThresholdMs: whole,
  maxTrailingLogs: whole,
  minQuorum: whole,
  serverStabilizationTimeMs: whole,
  redundancyZoneTag: text,
  disableUpgradeMigration: flag,
  upgradeVersionTag: text,
});

const nodeCoordinate = object({ node: text, segment: text, coord: object({ vec: listOf(real), error: real, adjustment: real, height: real }) });

const read = (fields: Readonly<Record<string, Shape>>): Shape => object({ ...fields, options: readOptions });
const write = (fields: Readonly<Record<string, Shape>>): Shape => object({ ...fields, options: writeOptions });
const instances = { service: text, connect: flag, tags: listOf(text), nodeMeta: recordOf(text), near: text };

const REQUESTS: { readonly [M in MethodName]: Shape } = {
  "KV.Apply": write({ write: union("verb", kvWrites) }),
  "KV.Get": read({ key: byteString }),
  "KV.List": read({ prefix: byteString }),
  "KV.Keys": read({ prefix: byteString, separator: byteString }),
  "Session.Create": write({ session }),
  "Session.Destroy": write({ id: text }),
  "Session.Renew": write({ id: text }),
  "Session.Get": read({ id: text }),
  "Session.List": read({}),
  "Session.Node": read({ node: text }),
  "Txn.Apply": write({ ops: txnOps }),
  "Txn.Read": read({ ops: txnOps }),
  "Catalog.Register": write({
    registration: object({ node, skipNodeUpdate: flag, service: optional(service), checks: listOf(check) }),
    heeds: optional(object({ service: count, checks: listOf(count) })),
  }),
  "Catalog.Deregister": write({ node: text, serviceId: text, checkId: text, byOwner: optional(flag) }),
  "Catalog.Datacenters": object({}),
  "Catalog.Nodes": read({ nodeMeta: recordOf(text), near: text }),
  "Catalog.Services": read({ nodeMeta: recordOf(text) }),
  "Catalog.ServiceNodes": read(instances),
  "Catalog.NodeServices": read({ node: text }),
  "Health.Node": read({ node: text }),
  "Health.Checks": read({ service: text, nodeMeta: recordOf(text), near: text }),
  "Health.State": read({ state: text, nodeMeta: recordOf(text), near: text }),
  "Health.ServiceNodes": read(instances),
  "Health.Instances": read({
    tags: listOf(text),
    nodeMeta: recordOf(text),
    onlyPassing: flag,
    order: oneOf("service", "node", "status"),
    descending: flag,
    limit: count,
    after: text,
  }),
  "Internal.Nodes": read({}),
  "Internal.Node": read({ node: text }),
  "Internal.Services": read({}),
  "Coordinate.Update": write({ update: nodeCoordinate }),
  "Coordinate.ListNodes": read({}),
  "Coordinate.Node": read({ node: text }),
  "Coordinate.Datacenters": object({}),
  "Event.Fire": write({ name: text, payload: bytes }),
  "Operator.Keyring": write({ operation: oneOf("list", "install", "use", "remove"), key: bytes, relayFactor: count, localOnly: flag }),
  "Query.Create": write({ query }),
  "Query.Update": write({ query }),
  "Query.Delete": write({ id: text }),
  "Query.Get": read({ id: text }),
  "Query.List": read({}),
  "Query.Resolve": read({ idOrName: text, connect: flag }),
  "Query.Instances": read({ query, connect: flag }),
  "Query.Execute": read({ idOrName: text, connect: flag, limit: count, source: object({ near: text, ip: text, agent: text, datacenter: text }) }),
  "Status.Leader": object({ datacenter: text }),
  "Status.Peers": object({ datacenter: text }),
  "Status.Server": object({}),
  "Status.Pledge": object({ founder: text, servers: listOf(text) }),
  "Operator.RaftConfiguration": read({}),
  "Operator.RaftRemovePeer": write({ id: text, address: text }),
  "Operator.RaftAddPeer": write({ address: text }),
  "Operator.RaftTransferLeader": write({ id: text }),
  "Operator.AutopilotGetConfig": read({}),
  "Operator.AutopilotSetConfig": write({ config: autopilot, cas: optional(count) }),
  "Operator.AutopilotHealth": read({}),
};

export function isMethod(name: unknown): name is MethodName {
  return typeof name === "string" && Object.hasOwn(REQUESTS, name);
}

/** Throws `bad-request` on anything but a request of the method: what reaches the log must be sound, whoever sent it. */
export function decodeRequest<M extends MethodName>(method: M, value: unknown): RequestOf<M> {
  if (!REQUESTS[method](value)) throw new BadRequestError(`Cannot read request of ${method}`);
  return value as RequestOf<M>;
}

type StreamRequest =
  | { readonly name: "Snapshot.Save"; readonly request: Streams["Snapshot.Save"]["request"] }
  | { readonly name: "Snapshot.Restore"; readonly request: Omit<Streams["Snapshot.Restore"]["request"], "body"> };

/** Throws `not-found` on an unknown stream, `bad-request` on anything but its request. */
export function decodeStreamRequest(name: unknown, value: unknown): StreamRequest {
  if (name === "Snapshot.Save" && read({})(value)) return { name, request: value as Streams["Snapshot.Save"]["request"] };
  if (name === "Snapshot.Restore" && write({})(value)) return { name, request: value as Omit<Streams["Snapshot.Restore"]["request"], "body"> };
  throw new BadRequestError(`Cannot read request of stream "${String(name).slice(0, 100)}"`);
}
