import { KvorumError, messageOf } from "../base/errors.ts";
import type { JsonValue } from "../base/json.ts";
import { Scope } from "../base/scope.ts";
import { Slots } from "../base/slots.ts";
import { checkRow, FilterCache, FilterFault, FilterSyntaxFault, type Kind, serviceRow, type Test } from "../filter/index.ts";
import {
  type Backend,
  type Check,
  type CheckDefinition,
  type CheckTransition,
  decodeCheckDefinition,
  decodeServiceDefinition,
  definitionJson,
  type LocalCheck,
  type LocalService,
  type ServiceDefinition,
} from "../model/index.ts";
import type { Files, GrpcClient, Logger, Platform, Processes, TlsIdentity, WebClient } from "../platform/index.ts";
import { AntiEntropy, type SyncState } from "./anti-entropy.ts";
import { CheckRuns } from "./check-runs.ts";
import type { Finding } from "./checks/types.ts";
import { contentHash } from "./content-hash.ts";
import type { OwnNode } from "./difference.ts";
import { Keeping } from "./keeping.ts";
import { FULL_SYNC_INTERVAL_MS, NETWORK_CHECKS_AT_ONCE, PROGRAM_CHECKS_AT_ONCE } from "./limits.ts";
import { LocalState } from "./local-state.ts";
import { Maintenance, type MaintenanceWish } from "./maintenance.ts";
import { Reaper } from "./reaper.ts";
import { Registrar } from "./registrar.ts";

/** The agent's part of the configuration. Durations in milliseconds; 0: the usual one. */
export interface LocalAgentSettings {
  readonly checkUpdateIntervalMs: number;
  readonly checkOutputMaxBytes: number;
  readonly discardCheckOutput: boolean;
  readonly deregisterMinMs: number;
  readonly reapIntervalMs: number;
  readonly fullSyncIntervalMs: number;
  /** Checks that clients register may run programs (`enable_script_checks`). */
  readonly remotePrograms: boolean;
  /** Those of the configuration may (`enable_local_script_checks`, or the former). */
  readonly localPrograms: boolean;
  readonly sidecarPorts: { readonly min: number; readonly max: number };
}

/** Services and checks as the configuration has them, keys in its spelling. */
export interface Definitions {
  readonly services: readonly JsonValue[];
  readonly checks: readonly JsonValue[];
}

export interface LocalAgentOptions {
  readonly node: OwnNode;
  readonly settings: LocalAgentSettings;
  readonly definitions: Definitions;
  /** For checks by TLS. `enable_agent_tls_for_checks`. */
  readonly identity?: TlsIdentity | undefined;
  /** The data directory; empty: nothing is kept. */
  readonly folder: string;
  readonly backend: Pick<Backend, "call">;
  readonly platform: Pick<Platform, "clock" | "random" | "network"> & {
    readonly files: Files;
    readonly web?: WebClient;
    readonly processes?: Processes;
    readonly grpc?: GrpcClient;
  };
  readonly logger: Logger;
  readonly members: () => number;
  /** Where checks find the Docker Engine, as `DOCKER_HOST` has it. */
  readonly dockerHost?: string | undefined;
}

const FILTER_FAULT = "Failed to create boolean expression evaluator: ";

/** Faults of definitions that end Consul's start; those of other kinds (an address nobody can call, a status that is none) do not, nor a check whose service may be among those kept. */
const FATAL =
  /^Failed to (validate checks for service|register check '.*': (Check is not valid|Scripts are disabled)|register service ".*": Scripts are disabled)/;

/** What an agent knows and does about its own node: services, checks, and that the catalog follows. Consul docs, agent. */
export class LocalAgent implements AsyncDisposable {
  readonly #scope: Scope;
  readonly #local: LocalState;
  readonly #registrar: Registrar;
  readonly #maintenance: Maintenance;
  readonly #runs: CheckRuns;
  readonly #sync: AntiEntropy;
  readonly #logger: Logger;
  readonly #filters = new FilterCache();

  private constructor(options: LocalAgentOptions) {
    const { node, settings, backend, platform, logger } = options;
    this.#scope = new Scope();
    this.#logger = logger;
    const local = this.#scope.use(
      new LocalState({ ...platform, checkUpdateIntervalMs: settings.checkUpdateIntervalMs, discardCheckOutput: settings.discardCheckOutput }),
    );
    const keeping = this.#scope.use(new Keeping({ folder: options.folder, files: platform.files, logger }));
    const world = {
      clock: platform.clock,
      random: platform.random,
      network: platform.network,
      web: platform.web,
      processes: platform.processes,
      grpc: platform.grpc,
      identity: options.identity,
      logger,
      local,
      backend,
      nodeName: node.node,
      networkSlots: new Slots(NETWORK_CHECKS_AT_ONCE),
      programSlots: new Slots(PROGRAM_CHECKS_AT_ONCE),
      dockerHost: options.dockerHost ?? "",
    };
    this.#runs = this.#scope.use(new CheckRuns(world, { outputMaxBytes: settings.checkOutputMaxBytes, deregisterMinMs: settings.deregisterMinMs }));
    this.#maintenance = new Maintenance({ nodeName: node.node, local, keeping, wall: () => platform.clock.wall() });
    this.#registrar = new Registrar({
      nodeName: node.node,
      maintenance: this.#maintenance,
      local,
      runs: this.#runs,
      keeping,
      wall: () => platform.clock.wall(),
      sidecarPorts: settings.sidecarPorts,
      programs: { config: settings.localPrograms, remote: settings.remotePrograms },
    });
    this.#sync = this.#scope.use(
      new AntiEntropy({
        node,
        local,
        backend,
        platform,
        logger: logger.named("anti_entropy"),
        members: options.members,
        intervalMs: settings.fullSyncIntervalMs > 0 ? settings.fullSyncIntervalMs : FULL_SYNC_INTERVAL_MS,
        token: "",
        drop: (what) => this.#drop(what),
      }),
    );
    const deregister = (id: string): Promise<void> => this.#registrar.deregisterService(id);
    this.#scope.use(new Reaper({ clock: platform.clock, logger, local, runs: this.#runs, deregister, intervalMs: settings.reapIntervalMs }));
    this.#local = local;
  }

  /** Loads what the configuration says and what was registered before, then begins to bring the catalog in step. Rejects with `config` for what ends Consul's start. */
  static async start(options: LocalAgentOptions): Promise<LocalAgent> {
    const agent = new LocalAgent(options);
    const fatal = (await agent.configure(options.definitions)).find((fault) => FATAL.test(fault));
    if (fatal !== undefined) {
      await agent[Symbol.asyncDispose]();
      throw new KvorumError("config", fatal);
    }
    await agent.#registrar.restore();
    agent.#sync.start();
    return agent;
  }

  /** Takes the definitions of a configuration in place of those before. What is at fault there is told in the log and passed over; gives those faults. */
  async configure({ services, checks }: Definitions): Promise<readonly string[]> {
    const faults: string[] = [];
    const decoded = {
      services: decodeAll<ServiceDefinition>(services, (each) => decodeServiceDefinition(definitionJson(each, "service")), faults),
      checks: decodeAll<CheckDefinition>(checks, (each) => decodeCheckDefinition(definitionJson(each, "check")), faults),
    };
    faults.push(...(await this.#registrar.configure(decoded.services, decoded.checks)));
    for (const fault of faults) this.#logger.error("A definition of the configuration is passed over", { error: fault });
    return faults;
  }

  /** What a reload changes besides: the node's metadata, which the catalog follows, and whether outputs are kept. */
  describe({ meta, discardCheckOutput }: { readonly meta: Readonly<Record<string, string>>; readonly discardCheckOutput: boolean }): void {
    this.#local.discardOutput = discardCheckOutput;
    this.#sync.describe(meta);
  }

  /** Those that meet a filter expression; empty: all. Throws `internal` with Consul's words when it is at fault. */
  services(filter = ""): readonly LocalService[] {
    const test = this.#filter(filter, serviceRow);
    const all = this.#local.services();
    return test === undefined ? all : all.filter((service) => test(indexed(service)));
  }

  service(id: string): { readonly service: LocalService; readonly hash: string } | undefined {
    const service = this.#local.service(id);
    return service === undefined ? undefined : { service, hash: contentHash(service) };
  }

  checks(filter = ""): readonly LocalCheck[] {
    const all = this.#local.checks();
    const test = this.#filterOfChecks(filter, all.length > 0);
    return test === undefined ? all : all.filter((check) => test(indexed(check)));
  }

  /** The last changes of a check's status, oldest first; `undefined`: no such check. */
  transitions(checkId: string): readonly CheckTransition[] | undefined {
    return this.#local.checkEntry(checkId)?.transitions;
  }

  registerService(definition: ServiceDefinition, how: { readonly replaceExistingChecks: boolean }): Promise<void> {
    return this.#registrar.registerService(definition, { source: "remote", ...how });
  }

  deregisterService(id: string): Promise<void> {
    return this.#registrar.deregisterService(id);
  }

  registerCheck(definition: CheckDefinition): Promise<void> {
    return this.#registrar.registerCheck(definition, "remote");
  }

  deregisterCheck(id: string): Promise<void> {
    return this.#registrar.deregisterCheck(id);
  }

  report(checkId: string, status: Finding["status"], text: string): Promise<void> {
    return this.#registrar.report(checkId, status, text);
  }

  serviceMaintenance(id: string, wish: MaintenanceWish): Promise<void> {
    return this.#maintenance.service(id, wish);
  }

  nodeMaintenance(wish: MaintenanceWish): Promise<void> {
    return this.#maintenance.node(wish);
  }

  /** Somebody says that this was taken out of the catalog (a check, where the service's id is empty): whether that concerns what is here, the catalog knows. */
  doubt(what: { readonly serviceId: string; readonly checkId: string }): void {
    this.#local.doubt(what);
  }

  /** A server has come, or a leader was elected. */
  serverUp(): void {
    this.#sync.serverUp();
  }

  /** Calls once when this service is changed or removed. */
  onService(id: string, run: () => void): Disposable {
    return this.#local.onService(id, run);
  }

  get syncState(): SyncState {
    return this.#sync.state;
  }

  /** How much there is of what, as `info` shows it. */
  get counts(): { readonly services: number; readonly checks: number; readonly ttls: number; readonly monitors: number } {
    return { services: this.services().length, checks: this.checks().length, ...this.#runs.counts };
  }

  /** Somebody took this out of the catalog for good: it goes here as well, with its files, and is nothing that the catalog would have to be rid of. */
  async #drop({ serviceId, checkId }: { readonly serviceId: string; readonly checkId: string }): Promise<void> {
    this.#logger.info("Removed here what was removed from the catalog", { service: serviceId, check: checkId });
    const gone = serviceId === "" ? this.#registrar.deregisterCheck(checkId) : this.#registrar.deregisterService(serviceId);
    if (serviceId === "") this.#local.checkRemoved(checkId);
    else this.#local.serviceRemoved(serviceId);
    await gone;
  }

  #filter<T>(expression: string, kind: Kind<T>): Test<T> | undefined {
    try {
      return this.#filters.get(expression, kind);
    } catch (error) {
      if (error instanceof FilterFault) throw new KvorumError("internal", error.message, { cause: error });
      throw error;
    }
  }

  /** Consul 1.8.7 finds only here what does not fit while it looks at the checks: where there are none nothing is wrong, and its message is shorter. */
  #filterOfChecks(expression: string, any: boolean): Test<Check> | undefined {
    try {
      return this.#filters.get(expression, checkRow);
    } catch (error) {
      if (!(error instanceof FilterFault)) throw error;
      if (error instanceof FilterSyntaxFault) throw new KvorumError("internal", error.message, { cause: error });
      if (any) throw new KvorumError("internal", error.message.replace(FILTER_FAULT, ""), { cause: error });
      return undefined;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#scope[Symbol.asyncDispose]();
  }
}

/** Rows of filters have the catalog's indexes, which nothing here has. */
function indexed<T extends object>(row: T): T & { readonly createIndex: number; readonly modifyIndex: number } {
  return { ...row, createIndex: 0, modifyIndex: 0 };
}

function decodeAll<T>(given: readonly JsonValue[], decode: (value: JsonValue) => T, faults: string[]): readonly T[] {
  return given.flatMap((each) => {
    try {
      return [decode(each)];
    } catch (error) {
      faults.push(messageOf(error));
      return [];
    }
  });
}
