import { deepEqual } from "../base/deep-equal.ts";
import { BadRequestError, KvorumError } from "../base/errors.ts";
import { goQuote } from "../base/go-quote.ts";
import type { CheckDefinition, LocalCheck, LocalService, ServiceDefinition } from "../model/index.ts";
import type { CheckRuns } from "./check-runs.ts";
import { checkFault, isStatus, runsPrograms, typeOf } from "./checks/kind.ts";
import type { Finding } from "./checks/types.ts";
import { checkDefinitionFault, serviceDefinitionFault } from "./definition-fault.ts";
import type { Keeping, KeptReport } from "./keeping.ts";
import { STATE_FILE_TTL_PART } from "./limits.ts";
import type { LocalState } from "./local-state.ts";
import { isMaintenance, type Maintenance } from "./maintenance.ts";
import { sidecarFault, validateService } from "./service-rules.ts";
import { checkIds, localService } from "./service-shape.ts";
import { type SidecarPorts, sidecarId, sidecarOf } from "./sidecar.ts";

/** Where something was registered: what the configuration says is not kept in files, and goes when the configuration says it no more. */
export type Source = "config" | "remote";

export interface RegistrarOptions {
  readonly nodeName: string;
  readonly local: LocalState;
  readonly runs: CheckRuns;
  readonly keeping: Keeping;
  readonly maintenance: Maintenance;
  readonly wall: () => number;
  readonly sidecarPorts: SidecarPorts;
  /** Whether checks may run programs, by where they come from. */
  readonly programs: Readonly<Record<Source, boolean>>;
}

const PROGRAMS_OFF: Readonly<Record<Source, string>> = {
  config: "Scripts are disabled on this agent; to enable, configure 'enable_script_checks' or 'enable_local_script_checks' to true",
  remote: "Scripts are disabled on this agent from remote calls; to enable, configure 'enable_script_checks' to true",
};

interface Owned {
  readonly source: Source;
  readonly sidecar: boolean;
  /** When it was registered, in milliseconds since 1970. */
  readonly at: number;
}
interface OwnedService extends Owned {
  readonly definition: ServiceDefinition;
}
type Report = Pick<KeptReport, "status" | "output" | "expires">;

/** Registers services and checks with this agent, and takes them out again. Consul api-docs, agent: services and checks. */
export class Registrar {
  readonly #with: RegistrarOptions;
  readonly #services = new Map<string, OwnedService>();
  readonly #checks = new Map<string, Omit<Owned, "sidecar">>();
  /** When the file of a TTL check's last report was written, and with what. */
  readonly #reported = new Map<string, { readonly at: number; readonly status: string }>();

  constructor(options: RegistrarOptions) {
    this.#with = options;
  }

  /**
   * Registers a service with its checks and its sidecar. Throws `bad-request` or `internal` with Consul's texts, and has changed nothing then.
   * Resolves when it is kept; the catalog follows.
   */
  async registerService(asked: ServiceDefinition, how: { readonly source: Source; readonly replaceExistingChecks?: boolean }): Promise<void> {
    validateService(asked);
    const sidecar = this.#sidecar(asked);
    for (const check of [...asked.checks, ...(sidecar?.checks ?? [])]) this.#refusePrograms(check, how.source);
    await this.#addService({ ...asked, connect: asked.connect && { native: asked.connect.native, sidecar: undefined } }, { ...how, sidecar: false });
    if (sidecar !== undefined) await this.#addService(sidecar, { ...how, sidecar: true });
  }

  /** Takes a service out, with its checks and the sidecar that came with it. One that is not there is fine. Throws `internal` without an id. */
  async deregisterService(id: string): Promise<void> {
    if (id === "") throw new KvorumError("internal", "ServiceID missing");
    await this.#removeService(id);
    const sidecar = sidecarId(id);
    if (this.#services.get(sidecar)?.sidecar === true) await this.#removeService(sidecar);
  }

  /** Registers a check of the node, or of a service that is there. Throws `bad-request` or `internal` with Consul's texts. */
  async registerCheck(asked: CheckDefinition, source: Source): Promise<void> {
    if (asked.name === "") throw new BadRequestError("Missing check name");
    if (asked.status !== "" && !isStatus(asked.status)) throw new BadRequestError("Bad check status");
    const fault = checkFault(asked);
    if (fault !== undefined) throw new BadRequestError(`Invalid check: ${fault}`);
    this.#refusePrograms(asked, source);
    const service = this.#with.local.service(asked.serviceId);
    if (asked.serviceId !== "" && service === undefined) throw new KvorumError("internal", `ServiceID ${goQuote(asked.serviceId)} does not exist`);
    const id = asked.id || asked.name;
    this.#addCheck({ ...asked, id }, { source, service, old: this.#with.local.check(id) });
    await this.#keepCheck(id);
  }

  /** One that is not there is fine. Throws `internal` when there is no id. */
  async deregisterCheck(id: string): Promise<void> {
    if (id === "") throw new KvorumError("internal", "CheckID missing");
    const serviceId = this.#with.local.check(id)?.serviceId ?? "";
    await this.#removeCheck(id);
    if (this.#isKept(serviceId)) await this.#keepService(serviceId);
  }

  /** What the owner of a TTL check says of it. Throws `internal` when there is no such check. */
  async report(id: string, status: Finding["status"], text: string): Promise<void> {
    const check = this.#with.runs.ttl(id);
    if (check === undefined) throw new KvorumError("internal", `CheckID ${goQuote(id)} does not have associated TTL`);
    const output = check.report(status, text);
    const now = this.#with.wall();
    const last = this.#reported.get(id);
    // The file is for restarts: as long as it stands for the same, it need not be of this very moment.
    if (last?.status === status && now - last.at < check.ttlMs / STATE_FILE_TTL_PART) return;
    this.#reported.set(id, { at: now, status });
    await this.#with.keeping.saveReport({ checkId: id, status, output, expires: now + check.ttlMs });
  }

  /** Restores what was registered before the last stop. What the configuration has too is the configuration's. */
  async restore(): Promise<void> {
    const { keeping, wall } = this.#with;
    const reports = new Map((await keeping.reports()).map((report) => [report.checkId, report]));
    const add = (definition: CheckDefinition, at: number): void => {
      if (runsPrograms(definition) && !this.#with.programs.remote) return;
      const report = reports.get(definition.id);
      const service = this.#with.local.service(definition.serviceId);
      const old = this.#with.local.check(definition.id);
      const held = report !== undefined && report.expires > wall() ? report : undefined;
      this.#addCheck(definition, { source: "remote", service, old, restored: { at, report: held } });
    };
    for (const { definition, checks, sidecar, at, checksAt } of await keeping.services()) {
      const id = definition.id || definition.name;
      if (this.#services.get(id)?.source === "config") {
        await keeping.forgetService(id);
        continue;
      }
      this.#setService(definition, { source: "remote", sidecar, at, heeds: at });
      for (const [which, check] of checks.entries()) add(check, checksAt[which] ?? at);
    }
    for (const kept of await keeping.checks()) {
      if (kept.kind === "maintenance") await this.#with.maintenance.restore(kept);
      else if (this.#checks.get(kept.definition.id)?.source === "config" || this.#isOrphan(kept.definition)) await keeping.forgetCheck(kept.definition.id);
      else add(kept.definition, kept.at);
    }
    for (const report of reports.values()) if (report.expires > wall()) this.#resume(report);
  }

  /** Lets a report of the node's TTL check of the configuration hold for the rest of its time; those of services begin anew, as in Consul. */
  #resume(report: KeptReport): void {
    const definition = this.#with.runs.definition(report.checkId);
    if (definition === undefined || definition.ttlMs === 0 || definition.serviceId !== "") return;
    if (this.#checks.get(report.checkId)?.source !== "config") return;
    this.#addCheck(definition, { source: "config", service: undefined, old: undefined, restored: { at: this.#with.wall(), report } });
  }

  /** Makes what the configuration says so; what it said before and says no more goes. A definition at fault is passed over, and gives its message. */
  async configure(services: readonly ServiceDefinition[], checks: readonly CheckDefinition[]): Promise<readonly string[]> {
    const faults: string[] = [];
    const before = { services: this.#ofConfig(this.#services), checks: this.#ofConfig(this.#checks) };
    const kept = { services: new Set<string>(), checks: new Set<string>() };
    for (const service of services) {
      const id = service.id || service.name;
      await this.registerService(service, { source: "config" }).catch((error: unknown) => faults.push(serviceDefinitionFault(service.name, error)));
      kept.services.add(id).add(sidecarId(id));
      for (const checkId of checkIds(id, service.checks)) kept.checks.add(checkId);
    }
    for (const check of checks) {
      await this.registerCheck(check, "config").catch((error: unknown) => faults.push(checkDefinitionFault(check.name, error)));
      kept.checks.add(check.id || check.name);
    }
    for (const id of before.services) if (!kept.services.has(id)) await this.#removeService(id);
    for (const id of before.checks) {
      const parent = this.#with.local.check(id)?.serviceId ?? "";
      if (!kept.checks.has(id) && this.#services.get(parent)?.sidecar !== true) await this.#removeCheck(id);
    }
    return faults;
  }

  #ofConfig(owned: ReadonlyMap<string, Pick<Owned, "source">>): readonly string[] {
    return [...owned].filter(([, { source }]) => source === "config").map(([id]) => id);
  }

  #sidecar(asked: ServiceDefinition): ServiceDefinition | undefined {
    const said = asked.connect?.sidecar;
    if (said === undefined) return undefined;
    const fault = sidecarFault(said);
    if (fault !== undefined) throw new KvorumError("internal", `Bad request: ${fault}`);
    return sidecarOf(asked, this.#with.local.services(), this.#with.sidecarPorts);
  }

  /** `heeds` as the local state has it: for what is no new registration. */
  #setService(definition: ServiceDefinition, { heeds, ...how }: Owned & { readonly heeds?: number }): LocalService {
    const service = localService(definition, this.#with.nodeName);
    this.#with.local.setService(service, definition.token, heeds);
    this.#services.set(service.id, { ...how, definition });
    return service;
  }

  async #addService(definition: ServiceDefinition, how: Omit<Owned, "at"> & { readonly replaceExistingChecks?: boolean }): Promise<void> {
    const { local, wall } = this.#with;
    const before = local.checksOf(definition.id || definition.name);
    const service = this.#setService(definition, { source: how.source, sidecar: how.sidecar, at: wall() });
    const { id } = service;
    const ids = checkIds(id, definition.checks);
    const old = new Map(ids.map((checkId) => [checkId, local.check(checkId)])); // of several checks of one id the last counts, not what the first began with
    definition.checks.forEach((check, at) => {
      const checkId = ids[at] ?? id;
      const name = check.name || `Service '${service.service}' check`;
      const token = check.token || definition.token;
      this.#addCheck({ ...check, id: checkId, serviceId: id, name, token }, { source: how.source, service, old: old.get(checkId) });
    });
    const saved: Promise<void>[] = [];
    for (const check of before) {
      if (ids.includes(check.checkId)) continue;
      if (how.replaceExistingChecks === true && !isMaintenance(check.checkId)) saved.push(this.#removeCheck(check.checkId));
    }
    if (this.#isKept(id)) saved.push(this.#keepService(id));
    await Promise.all(saved);
  }

  /** Whether a service has a file, which then holds its checks as well. */
  #isKept(serviceId: string): boolean {
    return this.#services.get(serviceId)?.source === "remote";
  }

  async #keepService(id: string): Promise<void> {
    const { local, runs, keeping } = this.#with;
    const owned = this.#services.get(id);
    if (owned === undefined) return;
    const checks = local.checksOf(id).flatMap(({ checkId }) => runs.definition(checkId) ?? []);
    const checksAt = checks.map((check) => this.#checks.get(check.id)?.at ?? owned.at);
    await keeping.saveService(id, { ...owned, checks, checksAt });
  }

  async #keepCheck(id: string): Promise<void> {
    const definition = this.#with.runs.definition(id);
    const owned = this.#checks.get(id);
    if (definition === undefined || owned?.source !== "remote") return;
    if (this.#isKept(definition.serviceId)) await this.#keepService(definition.serviceId);
    else await this.#with.keeping.saveCheck(id, { kind: "check", definition, at: owned.at });
  }

  /** A check of a service that is not there any more. */
  #isOrphan({ serviceId }: CheckDefinition): boolean {
    return serviceId !== "" && this.#with.local.service(serviceId) === undefined;
  }

  async #removeService(id: string): Promise<void> {
    const { local, keeping } = this.#with;
    const removed = local.checksOf(id).map((check) => this.#removeCheck(check.checkId));
    local.removeService(id);
    this.#services.delete(id);
    await Promise.all([...removed, keeping.forgetService(id)]);
  }

  #addCheck(
    definition: CheckDefinition,
    how: {
      readonly source: Source;
      readonly service: LocalService | undefined;
      readonly old: LocalCheck | undefined;
      readonly restored?: { readonly at: number; readonly report: Report | undefined };
    },
  ): void {
    const { local, runs, nodeName, wall } = this.#with;
    const { id } = definition;
    const { old } = how;
    const report = how.restored?.report;
    // After a restart nothing is well until it has been looked at.
    const first = how.restored === undefined && definition.status !== "" ? definition.status : "critical";
    const check: LocalCheck = {
      node: nodeName,
      checkId: id,
      name: definition.name,
      status: report?.status ?? old?.status ?? first,
      notes: definition.notes,
      output: report?.output ?? old?.output ?? "",
      serviceId: definition.serviceId,
      serviceName: how.service?.service ?? "",
      serviceTags: how.service?.tags ?? [],
      type: typeOf(definition),
      definition: undefined,
    };
    const same = how.source === "config" && deepEqual(runs.definition(id), definition);
    local.setCheck(check, definition.token, how.restored?.at);
    this.#checks.set(id, { source: how.source, at: how.restored?.at ?? wall() });
    if (!same || report !== undefined)
      runs.start(id, definition.serviceId, definition, report === undefined ? undefined : Math.max(0, report.expires - wall()));
  }

  async #removeCheck(id: string): Promise<void> {
    const { local, runs, keeping } = this.#with;
    runs.stop(id);
    local.removeCheck(id);
    this.#checks.delete(id);
    this.#reported.delete(id);
    await keeping.forgetCheck(id);
  }

  #refusePrograms(check: CheckDefinition, source: Source): void {
    if (runsPrograms(check) && !this.#with.programs[source]) throw new KvorumError("internal", PROGRAMS_OFF[source]);
  }
}
