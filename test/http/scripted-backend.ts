// Over 300 lines: one plain answer for every method and every port, which are read together.
import { EMPTY_BYTES } from "../../src/base/byte-string.ts";
import { KvorumError } from "../../src/base/errors.ts";
import { type AgentEvent, type AgentPort, HTTP_DEFAULTS, type HttpConfig, type HttpOptions } from "../../src/http/index.ts";
import type {
  Backend,
  CatalogNode,
  KvEntry,
  LocalCheck,
  Look,
  MethodName,
  NodeCoordinate,
  QueryFound,
  ReadMeta,
  RequestOf,
  ResponseOf,
  ServiceInstance,
  Session,
} from "../../src/model/index.ts";
import { realClock } from "../../src/platform/clock.ts";
import type { Clock, Logger, LogHub, LogLine, Metrics } from "../../src/platform/index.ts";
import { SAMPLE_AUTOPILOT, sampleCheck, sampleQuery, sampleService } from "../support/samples.ts";

/** What the script answers to a method; the second argument hands over what is to be called when the client goes. */
export type Script = {
  [M in MethodName]?: (request: RequestOf<M>, onCancel: ((cancel: () => void) => void) | undefined) => ResponseOf<M> | Promise<ResponseOf<M>>;
};

export const META: ReadMeta = { index: 42, lastContactMs: 0, knownLeader: true };
export const ENTRY: KvEntry = { key: EMPTY_BYTES, value: EMPTY_BYTES, flags: 0n, lockIndex: 0, session: "", createIndex: 41, modifyIndex: 42 };
export const NODE: CatalogNode = {
  id: "",
  node: "n1",
  address: "10.0.0.1",
  datacenter: "dc1",
  taggedAddresses: undefined,
  meta: undefined,
  createIndex: 1,
  modifyIndex: 2,
};
export const SERVICE: ServiceInstance = { ...sampleService("web", { tags: ["a"] }), createIndex: 1, modifyIndex: 2 };
const CHECK: LocalCheck = sampleCheck("service:web", {
  name: "Service 'web' check",
  serviceId: "web",
  serviceName: "web",
  serviceTags: ["a"],
  type: "ttl",
});
export const SESSION: Session = {
  id: "d9e0f1a2-1111-2222-3333-444455556666",
  name: "s",
  node: "n1",
  lockDelayNs: 0,
  behavior: "release",
  ttl: "",
  nodeChecks: ["serfHealth"],
  serviceChecks: undefined,
  createIndex: 1,
  modifyIndex: 1,
};
const QUERY = sampleQuery({ id: SESSION.id, createIndex: 1, modifyIndex: 1 });
const AUTOPILOT = { ...SAMPLE_AUTOPILOT, createIndex: 4, modifyIndex: 4 };

const FOUND: QueryFound = { service: "web", instances: [{ node: NODE, service: SERVICE, checks: [] }], ttl: "", datacenter: "dc1" };
const COORDINATE: NodeCoordinate = { node: "n1", segment: "", coord: { vec: [0, 0, 0, 0, 0, 0, 0, 0.5], error: 1.5, adjustment: 0, height: 0.00001 } };

/** One plain answer for every method, so that every route has something to show. */
const DEFAULTS: Required<Script> = {
  "KV.Apply": () => true,
  "KV.Get": ({ key }) => ({ value: { ...ENTRY, key }, meta: META }),
  "KV.List": ({ prefix }) => ({ value: [{ ...ENTRY, key: prefix }], meta: META }),
  "KV.Keys": ({ prefix }) => ({ value: [prefix], meta: META }),
  "Session.Create": () => SESSION.id,
  "Session.Destroy": () => undefined,
  "Session.Renew": () => SESSION,
  "Session.Get": () => ({ value: SESSION, meta: META }),
  "Session.List": () => ({ value: [SESSION], meta: META }),
  "Session.Node": () => ({ value: [SESSION], meta: META }),
  "Txn.Apply": () => ({ results: [], errors: [] }),
  "Txn.Read": () => ({ value: { results: [], errors: [] }, meta: META }),
  "Catalog.Register": () => undefined,
  "Catalog.Deregister": () => undefined,
  "Catalog.Datacenters": () => ["dc1"],
  "Catalog.Nodes": () => ({ value: [NODE], meta: META }),
  "Catalog.Services": () => ({ value: { web: ["a"] }, meta: META }),
  "Catalog.ServiceNodes": () => ({ value: [{ node: NODE, service: SERVICE }], meta: META }),
  "Catalog.NodeServices": () => ({ value: { node: NODE, services: [SERVICE] }, meta: META }),
  "Health.Node": () => ({ value: [], meta: META }),
  "Health.Checks": () => ({ value: [], meta: META }),
  "Health.State": () => ({ value: [], meta: META }),
  "Health.ServiceNodes": () => ({ value: [{ node: NODE, service: SERVICE, checks: [] }], meta: META }),
  "Health.Instances": () => ({ value: { instances: [{ node: NODE, service: SERVICE, checks: [] }], total: 2, next: "d2Vi" }, meta: META }),
  "Internal.Nodes": () => ({ value: [{ node: NODE, services: [SERVICE], checks: [] }], meta: META }),
  "Internal.Node": () => ({ value: { node: NODE, services: [SERVICE], checks: [] }, meta: META }),
  "Internal.Services": () => ({ value: [{ node: NODE, service: SERVICE, checks: [] }], meta: META }),
  "Coordinate.Update": () => undefined,
  "Coordinate.ListNodes": () => ({ value: [COORDINATE], meta: META }),
  "Coordinate.Node": () => ({ value: [COORDINATE], meta: META }),
  "Coordinate.Datacenters": () => [{ datacenter: "dc1", areaId: "wan", coordinates: [COORDINATE] }],
  "Event.Fire": () => undefined,
  "Operator.Keyring": () => [{ wan: false, datacenter: "dc1", segment: "", messages: {}, keys: { AAAA: 1 }, primaryKeys: { AAAA: 1 }, nodes: 1, error: "" }],
  "Query.Create": () => QUERY.id,
  "Query.Update": () => undefined,
  "Query.Delete": () => undefined,
  "Query.Get": () => ({ value: QUERY, meta: META }),
  "Query.List": () => ({ value: [QUERY], meta: META }),
  "Query.Resolve": () => ({ value: { query: QUERY, instances: [] }, meta: META }),
  "Query.Instances": () => ({ value: FOUND, meta: META }),
  "Query.Execute": () => ({ found: FOUND, failovers: 0, meta: META }),
  "Status.Leader": () => "10.0.0.1:8300",
  "Status.Peers": () => ["10.0.0.1:8300"],
  "Status.Pledge": () => "",
  "Status.Server": () => {
    throw new KvorumError("internal", "no route asks this");
  },
  "Operator.RaftConfiguration": () => ({ servers: [], index: 0 }),
  "Operator.RaftRemovePeer": () => undefined,
  "Operator.RaftAddPeer": () => ({ id: SESSION.id }),
  "Operator.RaftTransferLeader": () => undefined,
  "Operator.AutopilotGetConfig": () => AUTOPILOT,
  "Operator.AutopilotSetConfig": () => true,
  "Operator.AutopilotHealth": () => ({ healthy: true, failureTolerance: 0, servers: [] }),
};

/** A backend that answers by script and writes down what it was asked. */
export class ScriptedBackend implements Backend {
  readonly asked: { readonly method: MethodName; readonly request: unknown }[] = [];
  readonly #script: Required<Script>;
  restored = 0;
  /** Set by tests that are about it. */
  readonly look: Look | undefined = undefined;

  constructor(script: Script = {}) {
    this.#script = { ...DEFAULTS, ...script };
  }

  async call<M extends MethodName>(method: M, request: RequestOf<M>, onCancel?: (cancel: () => void) => void): Promise<ResponseOf<M>> {
    this.asked.push({ method, request });
    const answer = this.#script[method] as (
      request: RequestOf<M>,
      onCancel: ((cancel: () => void) => void) | undefined,
    ) => ResponseOf<M> | Promise<ResponseOf<M>>;
    return await answer(request, onCancel);
  }

  async saveSnapshot(): ReturnType<Backend["saveSnapshot"]> {
    return { chunks: piecesOf(["one", "two"]), meta: META };
  }

  async restoreSnapshot({ body }: Parameters<Backend["restoreSnapshot"]>[0]): Promise<void> {
    for await (const chunk of body) this.restored += chunk.byteLength;
  }
}

async function* piecesOf(texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

/** A log that hands its lines to whoever listens. */
export class TestLog implements LogHub {
  readonly #listeners = new Set<(line: LogLine) => void>();
  readonly logger: Logger = this.#named("agent");

  listen(_level: LogLine["level"], onLine: (line: LogLine) => void): Disposable {
    this.#listeners.add(onLine);
    return { [Symbol.dispose]: () => void this.#listeners.delete(onLine) };
  }

  get listening(): number {
    return this.#listeners.size;
  }

  #named(name: string): Logger {
    const at = (level: LogLine["level"]) => (message: string) => {
      for (const listener of this.#listeners) listener({ at: realClock.wall(), level, name, message, fields: undefined });
    };
    const wants = (): boolean => this.listening > 0;
    return {
      wants,
      named: (part) => this.#named(`${name}.${part}`),
      trace: at("trace"),
      debug: at("debug"),
      info: at("info"),
      warn: at("warn"),
      error: at("error"),
    };
  }
}

export const NO_METRICS: Metrics = {
  counter: () => ({ add: () => undefined }),
  gauge: () => ({ set: () => undefined }),
  histogram: () => ({ observe: () => undefined }),
};

export const EVENT: AgentEvent = {
  id: "15d63cc5-7ac7-ccc0-1572-9b45bddd3d37",
  name: "deploy",
  payload: Buffer.from("v2"),
  nodeFilter: "",
  serviceFilter: "",
  tagFilter: "",
  version: 1,
  ltime: 7n,
};

const AGENT: AgentPort = {
  self: async () => ({ Config: { NodeName: "n1" } }),
  suspicions: () => [],
  members: async () => [
    {
      name: "n1",
      address: "10.0.0.1",
      port: 8301,
      tags: { role: "consul" },
      status: 1,
      protocolMin: 1,
      protocolMax: 5,
      protocolCur: 2,
      delegateMin: 2,
      delegateMax: 5,
      delegateCur: 4,
    },
  ],
  join: async () => ({ joined: 1, errors: [] }),
  forceLeave: async () => undefined,
  events: {
    fire: async ({ name, payload, nodeFilter, serviceFilter, tagFilter }) => ({ ...EVENT, name, payload, nodeFilter, serviceFilter, tagFilter, ltime: 0n }),
    recent: () => [EVENT],
    onNext: () => ({ [Symbol.dispose]: () => undefined }),
  },
  local: {
    services: () => [SERVICE],
    checks: () => [CHECK],
    service: (id) => (id === SERVICE.id ? { service: SERVICE, hash: "0123456789abcdef" } : undefined),
    onService: () => ({ [Symbol.dispose]: () => undefined }),
    registerService: async () => undefined,
    deregisterService: async () => undefined,
    registerCheck: async () => undefined,
    deregisterCheck: async () => undefined,
    report: async () => undefined,
    transitions: () => [{ at: 1, from: "critical", to: "passing", output: "ok" }],
    serviceMaintenance: async () => undefined,
    nodeMaintenance: async () => undefined,
  },
  host: async () => ({ Memory: {}, CPU: [], Host: {}, Disk: {}, CollectionTime: 1, Errors: null }),
  reload: async () => undefined,
  leave: async () => undefined,
  metrics: {
    report: () => ({ Timestamp: "2026-11-20 10:48:30 +0000 UTC", Gauges: [{ Name: "consul.x", Value: 1, Labels: {} }], Points: [], Counters: [], Samples: [] }),
    prometheus: async () => ({ contentType: "text/plain; version=0.0.4; charset=utf-8", text: "# HELP consul_x x\n" }),
  },
};

/** Everything a door needs, with a real clock and nothing else that is real. */
export function testOptions(
  backend: Backend,
  config: Partial<HttpConfig> = {},
  log = new TestLog(),
  agent: Partial<AgentPort> = {},
): Omit<HttpOptions, "listenAddresses"> & { readonly log: TestLog } {
  const clock: Clock = realClock;
  return {
    backend,
    agent: { ...AGENT, ...agent },
    config: { ...HTTP_DEFAULTS, datacenter: "dc1", nodeName: "n1", version: "1.8.7", ...config },
    platform: { clock, random: { int: () => 0, bytes: (count) => new Uint8Array(count) }, log, metrics: NO_METRICS },
    log,
  };
}
