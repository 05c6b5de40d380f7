import type { ByteString } from "../base/byte-string.ts";
import type {
  AutopilotConfig,
  CatalogNode,
  Check,
  Heeds,
  KvRead,
  KvWrite,
  NodeCoordinate,
  PreparedQuery,
  Registration,
  Removal,
  ServiceInstance,
  Session,
  TxnOp,
} from "../model/index.ts";
import { branded, bytes, dictionary, flag, list, oneOf, optional, plain, real, record, type Shape, text, uint64, variants, whole } from "./shape.ts";

type Unindexed<T> = Omit<T, "createIndex" | "modifyIndex">;
type Indexes = { readonly createIndex: Shape<number>; readonly modifyIndex: Shape<number> };
const indexes: Indexes = { createIndex: whole, modifyIndex: whole };

const key = branded<ByteString>();
const meta = optional(dictionary(text));
const texts = optional(list(text));

const node = { id: text, node: text, address: text, datacenter: text, taggedAddresses: meta, meta };
export const nodeShape = record<CatalogNode>({ ...node, ...indexes });
const nodeGiven = record<Unindexed<CatalogNode>>(node);

const service = {
  node: text,
  id: text,
  kind: text,
  service: text,
  tags: texts,
  address: text,
  taggedAddresses: optional(dictionary(record<{ readonly address: string; readonly port: number }>({ address: text, port: whole }))),
  meta,
  port: whole,
  // A member that may be absent but not `undefined`: `record` leaves it out.
  socketPath: optional(text) as Shape<string>,
  weights: record<ServiceInstance["weights"]>({ passing: whole, warning: whole }),
  enableTagOverride: flag,
  proxy: plain,
  connect: plain,
};
export const serviceShape = record<ServiceInstance>({ ...service, ...indexes });
const serviceGiven = record<Unindexed<ServiceInstance>>(service);

const check = {
  node: text,
  checkId: text,
  name: text,
  status: text,
  notes: text,
  output: text,
  serviceId: text,
  serviceName: text,
  serviceTags: list(text),
  type: text,
  definition: plain,
};
export const checkShape = record<Check>({ ...check, ...indexes });
const checkGiven = record<Unindexed<Check>>(check);

export const registrationShape = record<Registration>({ node: nodeGiven, skipNodeUpdate: flag, service: optional(serviceGiven), checks: list(checkGiven) });

export const heedsShape = record<Heeds>({ service: whole, checks: list(whole) });
export const removalShape = record<Removal>({ node: text, serviceId: text, checkId: text, at: whole, index: whole });

const session = {
  id: text,
  name: text,
  node: text,
  lockDelayNs: real,
  behavior: oneOf("release", "delete"),
  ttl: text,
  checks: optional(list(text)) as Shape<readonly string[]>,
  nodeChecks: list(text),
  serviceChecks: optional(list(record<{ readonly id: string; readonly namespace: string }>({ id: text, namespace: text }))),
};
export const sessionShape = record<Session>({ ...session, ...indexes });
export const sessionGiven = record<Unindexed<Session>>(session);

const query = {
  id: text,
  name: text,
  session: text,
  token: text,
  template: record<PreparedQuery["template"]>({ type: text, regexp: text, removeEmptyTags: flag }),
  service: record<PreparedQuery["service"]>({
    service: text,
    failover: record<PreparedQuery["service"]["failover"]>({ nearestN: whole, datacenters: texts }),
    onlyPassing: flag,
    ignoreCheckIds: texts,
    near: text,
    tags: texts,
    nodeMeta: meta,
    serviceMeta: meta,
    connect: flag,
  }),
  dns: record<PreparedQuery["dns"]>({ ttl: text }),
};
export const queryShape = record<PreparedQuery>({ ...query, ...indexes });
export const queryGiven = record<Unindexed<PreparedQuery>>(query);

const autopilot = {
  cleanupDeadServers: flag,
  lastContactThresholdMs: real,
  maxTrailingLogs: real,
  minQuorum: real,
  serverStabilizationTimeMs: real,
  redundancyZoneTag: text,
  disableUpgradeMigration: flag,
  upgradeVersionTag: text,
};
export const autopilotShape = record<AutopilotConfig>({ ...autopilot, ...indexes });
export const autopilotGiven = record<Unindexed<AutopilotConfig>>(autopilot);

export const coordinateShape = record<NodeCoordinate>({
  node: text,
  segment: text,
  coord: record<NodeCoordinate["coord"]>({ vec: list(real), error: real, adjustment: real, height: real }),
});

const value = { key, value: bytes, flags: uint64 };
type Verb<T extends { readonly verb: string }, V extends T["verb"]> = Extract<T, { readonly verb: V }>;
const writes: Readonly<Record<KvWrite["verb"], Shape<KvWrite>>> = {
  set: record<Verb<KvWrite, "set">>({ verb: oneOf("set"), ...value }),
  cas: record<Verb<KvWrite, "cas">>({ verb: oneOf("cas"), ...value, index: whole }),
  lock: record<Verb<KvWrite, "lock">>({ verb: oneOf("lock"), ...value, session: text }),
  unlock: record<Verb<KvWrite, "unlock">>({ verb: oneOf("unlock"), ...value, session: text }),
  delete: record<Verb<KvWrite, "delete">>({ verb: oneOf("delete"), key }),
  "delete-cas": record<Verb<KvWrite, "delete-cas">>({ verb: oneOf("delete-cas"), key, index: whole }),
  "delete-tree": record<Verb<KvWrite, "delete-tree">>({ verb: oneOf("delete-tree"), prefix: key }),
};
const reads: Readonly<Record<KvRead["verb"], Shape<KvRead>>> = {
  get: record<Verb<KvRead, "get">>({ verb: oneOf("get"), key }),
  "get-tree": record<Verb<KvRead, "get-tree">>({ verb: oneOf("get-tree"), prefix: key }),
  "check-index": record<Verb<KvRead, "check-index">>({ verb: oneOf("check-index"), key, index: whole }),
  "check-session": record<Verb<KvRead, "check-session">>({ verb: oneOf("check-session"), key, session: text }),
  "check-not-exists": record<Verb<KvRead, "check-not-exists">>({ verb: oneOf("check-not-exists"), key }),
};
const verb = oneOf("get", "set", "cas", "delete", "delete-cas");
type Kind<K extends TxnOp["kind"]> = Extract<TxnOp, { readonly kind: K }>;
export const opShape: Shape<TxnOp> = variants<TxnOp>("kind", {
  kv: record<Kind<"kv">>({ kind: oneOf("kv"), op: variants<KvWrite | KvRead>("verb", { ...writes, ...reads }) }),
  node: record<Kind<"node">>({ kind: oneOf("node"), verb, node: nodeGiven, index: whole }),
  service: record<Kind<"service">>({ kind: oneOf("service"), verb, service: serviceGiven, index: whole }),
  check: record<Kind<"check">>({ kind: oneOf("check"), verb, check: checkGiven, index: whole }),
  refused: record<Kind<"refused">>({ kind: oneOf("refused"), what: text }),
});
