import { LocalAgent, type LocalAgentOptions, type LocalAgentSettings } from "../../src/agent/index.ts";
import { NO_CHECK } from "../../src/agent/sidecar.ts";
import { KvorumError } from "../../src/base/errors.ts";
import type { Backend, CatalogNode, Check, CheckDefinition, RequestOf, ServiceDefinition, ServiceInstance } from "../../src/model/index.ts";
import { RealFiles } from "../../src/platform/files.ts";
import type { Network, ProcessResult, WebAnswer, WebRequest } from "../../src/platform/index.ts";
import { TestLog } from "../http/scripted-backend.ts";
import { TurnedClock } from "./turned-clock.ts";

type Unindexed<T> = Omit<T, "createIndex" | "modifyIndex">;

/** The part of a catalog that one agent sees, and what was written to it. */
export class OneNodeCatalog {
  node: Unindexed<CatalogNode> | undefined;
  readonly services = new Map<string, Unindexed<ServiceInstance>>();
  readonly checks = new Map<string, Unindexed<Check>>();
  readonly writes: string[] = [];
  /** Refuses everything while it is set. */
  fault: KvorumError | undefined;
  /** Nothing is answered before it. */
  held: Promise<void> | undefined;
  /** Called with every question. */
  asked: () => void = () => undefined;

  readonly backend: Pick<Backend, "call"> = {
    call: (async (method: string, request: never) => {
      await this.held;
      this.asked();
      if (this.fault !== undefined) throw this.fault;
      return this.#answer(method, request);
    }) as Backend["call"],
  };

  #answer(method: string, request: never): unknown {
    const meta = { index: 1, lastContactMs: 0, knownLeader: true };
    switch (method) {
      case "Catalog.NodeServices":
        return { value: this.node === undefined ? undefined : { node: this.node, services: [...this.services.values()] }, meta };
      case "Health.Node":
        return { value: [...this.checks.values()], meta };
      case "Catalog.Register":
        return this.#register(request);
      case "Catalog.Deregister":
        return this.#deregister(request);
      default:
        throw new KvorumError("internal", `No test asks ${method}`);
    }
  }

  #register({ registration: { node, service, checks } }: RequestOf<"Catalog.Register">): void {
    this.node = node;
    if (service !== undefined) this.services.set(service.id, service);
    for (const check of checks) this.checks.set(check.checkId, check);
    this.writes.push([service?.id ?? "", ...checks.map(({ checkId, status }) => `${checkId}=${status}`)].join(" ").trim() || "node");
  }

  #deregister({ serviceId, checkId }: RequestOf<"Catalog.Deregister">): void {
    this.services.delete(serviceId);
    this.checks.delete(checkId);
    for (const check of [...this.checks.values()]) if (serviceId !== "" && check.serviceId === serviceId) this.checks.delete(check.checkId);
    this.writes.push(`-${serviceId || checkId}`);
  }
}

export const NODE = { id: "id-1", node: "n1", address: "10.0.0.1", datacenter: "dc1", taggedAddresses: { lan: "10.0.0.1" }, meta: {} };

const SETTINGS: LocalAgentSettings = {
  checkUpdateIntervalMs: 300_000,
  checkOutputMaxBytes: 0,
  discardCheckOutput: false,
  deregisterMinMs: 0,
  reapIntervalMs: 0,
  fullSyncIntervalMs: 0,
  remotePrograms: false,
  localPrograms: false,
  sidecarPorts: { min: 21_000, max: 21_001 },
};

export interface World {
  readonly agent: LocalAgent;
  readonly catalog: OneNodeCatalog;
  readonly clock: TurnedClock;
}

/** An agent whose clock the test turns, with a catalog of its own. Chance always says 0: nothing is put off. */
export async function startAgent(
  options: {
    readonly catalog?: OneNodeCatalog;
    /** Asked in place of the catalog. */
    readonly backend?: Pick<Backend, "call">;
    readonly clock?: TurnedClock;
    readonly folder?: string;
    readonly settings?: Partial<LocalAgentSettings>;
    readonly definitions?: LocalAgentOptions["definitions"];
    readonly members?: number;
    readonly web?: (url: string, request: WebRequest) => Promise<Partial<WebAnswer>>;
    readonly run?: (command: readonly string[]) => Promise<ProcessResult>;
    readonly int?: (below: number) => number;
  } = {},
): Promise<World> {
  const catalog = options.catalog ?? new OneNodeCatalog();
  const clock = options.clock ?? new TurnedClock();
  const empty = { kept: Buffer.alloc(0), totalBytes: 0 };
  const agent = await LocalAgent.start({
    node: NODE,
    settings: { ...SETTINGS, ...options.settings },
    definitions: options.definitions ?? { services: [], checks: [] },
    folder: options.folder ?? "",
    backend: options.backend ?? catalog.backend,
    platform: {
      clock,
      random: { int: options.int ?? (() => 0), bytes: (count) => new Uint8Array(count) },
      network: {} as Network, // no check of these tests connects
      files: new RealFiles(),
      web: { ask: async (request) => ({ status: 200, statusText: "OK", body: empty, ...(await options.web?.(request.url, request)) }) },
      ...(options.run === undefined
        ? {}
        : {
            processes: {
              shell: (line) => ["sh", "-c", line],
              scriptFile: () => Promise.reject(new Error("no file")),
              run: ({ command }) => options.run?.(command) ?? Promise.reject(new Error("no program")),
            },
          }),
    },
    logger: new TestLog().logger,
    members: () => options.members ?? 1,
  });
  await clock.pass(0);
  return { agent, catalog, clock };
}

export function service(name: string, changes: Partial<ServiceDefinition> = {}): ServiceDefinition {
  return {
    kind: "",
    id: "",
    name,
    tags: undefined,
    address: "",
    taggedAddresses: undefined,
    meta: undefined,
    port: 0,
    socketPath: "",
    weights: undefined,
    token: "",
    enableTagOverride: false,
    proxy: undefined,
    connect: undefined,
    checks: [],
    ...changes,
  };
}

export function check(changes: Partial<CheckDefinition>): CheckDefinition {
  return { ...NO_CHECK, ...changes };
}

export const ONCE = { replaceExistingChecks: false } as const;
