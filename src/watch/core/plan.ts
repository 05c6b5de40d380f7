import { type Parameters, WatchFault } from "./parameters.ts";
import { SHAPES } from "./shapes.ts";
import type { Question, WatchPlan } from "./types.ts";

type Asked = Pick<WatchPlan, "shape"> & { readonly question: Pick<Question, "path"> & Partial<Question> };

/** Each type takes its own parameters. Consul docs, watches: watch types. */
const TYPES: Readonly<Record<string, (from: Parameters) => Asked>> = {
  key(from) {
    const query = { stale: from.flag("stale") };
    const key = required(from, "key", "Must specify a single key to watch");
    return { shape: SHAPES.entry, question: { path: `/v1/kv/${keyPath(key)}`, query, mayBeAbsent: true } };
  },
  keyprefix(from) {
    const query = { stale: from.flag("stale"), recurse: true };
    const prefix = required(from, "prefix", "Must specify a single prefix to watch");
    return { shape: SHAPES.entries, question: { path: `/v1/kv/${keyPath(prefix)}`, query, mayBeAbsent: true } };
  },
  services: (from) => ({ shape: SHAPES.services, question: { path: "/v1/catalog/services", query: { stale: from.flag("stale") } } }),
  nodes: (from) => ({ shape: SHAPES.nodes, question: { path: "/v1/catalog/nodes", query: { stale: from.flag("stale") } } }),
  service(from) {
    const stale = from.flag("stale");
    const service = from.text("service");
    const tag = from.texts("tag");
    if (service === "") throw new WatchFault("Must specify a single service to watch");
    const query = { stale, passing: from.flag("passingonly") ? "1" : undefined, tag };
    return { shape: SHAPES.instances, question: { path: `/v1/health/service/${encodeURIComponent(service)}`, query } };
  },
  checks(from) {
    const query = { stale: from.flag("stale") };
    const service = from.text("service");
    const state = from.text("state");
    if (service !== "" && state !== "") throw new WatchFault("Cannot specify service and state");
    const path = service === "" ? `/v1/health/state/${encodeURIComponent(state || "any")}` : `/v1/health/checks/${encodeURIComponent(service)}`;
    return { shape: SHAPES.checks, question: { path, query } };
  },
  event: (from) => ({ shape: SHAPES.events, question: { path: "/v1/event/list", query: { name: from.text("name") || undefined } } }),
  agent_service: (from) => ({
    shape: SHAPES.agentService,
    question: { path: `/v1/agent/service/${encodeURIComponent(from.text("service_id"))}`, blocking: "hash" },
  }),
  connect_roots: () => unusable(),
  connect_leaf(from) {
    from.text("service");
    return unusable();
  },
};

/** Types that Consul knows and that cannot be asked for here: there is no Connect. */
const WITHOUT_CONNECT = new Set(["connect_roots", "connect_leaf"]);

/** What comes before the parameters of a type. */
export interface Common {
  readonly type: string;
  readonly datacenter: string;
  readonly token: string;
}

/** Takes what all watches have. Throws `WatchFault`. */
export function takeCommon(from: Parameters): Common {
  const datacenter = from.text("datacenter");
  const token = from.text("token");
  const type = from.text("type");
  if (type === "") throw new WatchFault("Watch type must be specified");
  return { type, datacenter, token };
}

/** Takes what a watch of this type has, and makes a plan of it. Throws `WatchFault`, also for types that need Connect: `isConnect` tells those before. */
export function takePlan(from: Parameters, { type, datacenter, token }: Common): WatchPlan {
  const read = Object.hasOwn(TYPES, type) ? TYPES[type] : undefined;
  if (read === undefined) throw new WatchFault(`Unsupported watch type: ${type}`);
  const { question, shape } = read(from);
  const { path, query = {}, blocking = "index", mayBeAbsent = false } = question;
  return { type, token, shape, question: { path, query: { ...query, dc: datacenter || undefined }, blocking, mayBeAbsent } };
}

export function isConnect(type: string): boolean {
  return WITHOUT_CONNECT.has(type);
}

/** Throws `WatchFault` when something is left that nobody takes. */
export function nothingLeft(from: Parameters): void {
  if (from.left.length > 0) throw new WatchFault(`Invalid parameters: [${from.left.join(" ")}]`);
}

function required(from: Parameters, name: string, otherwise: string): string {
  const value = from.text(name);
  if (value === "") throw new WatchFault(otherwise);
  return value;
}

function unusable(): never {
  throw new WatchFault("Connect is not there: neither its roots nor its leaf certificates can be watched");
}

/** The slashes of a key stay, a leading one is dropped. */
function keyPath(key: string): string {
  return key.replace(/^\//, "").split("/").map(encodeURIComponent).join("/");
}
