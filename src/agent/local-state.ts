import { deepEqual } from "../base/deep-equal.ts";
import { type CheckTransition, HEEDS_NONE, type LocalCheck, type LocalService } from "../model/index.ts";
import type { Clock, Random } from "../platform/index.ts";
import { IdGroups } from "./id-groups.ts";
import { TRANSITIONS_KEPT } from "./limits.ts";

/** A service or a check of this agent, and how it stands to the catalog. */
interface Entry<T> {
  readonly value: T;
  /** Empty: the agent's own. */
  readonly token: string;
  /** The catalog has it as it is here. */
  readonly inSync: boolean;
  /**
   * Which removals from the catalog concern it, as in `Heeds`: none until the catalog has taken it, from then on any. Where that is not
   * known (restored from a file, registered once more as it was, or a write that nobody answered) those later than that.
   */
  readonly heeds: number;
}
export type ServiceEntry = Entry<LocalService>;
export interface CheckEntry extends Entry<LocalCheck> {
  /** Milliseconds since 1970 since when it has been critical without a break; `undefined`: it is not. */
  readonly criticalSince: number | undefined;
  /** The last changes of its status, oldest first. */
  readonly transitions: readonly CheckTransition[];
}

export interface LocalStateOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** A new output under the same status reaches the catalog after half to one and a half of this; 0: at once. */
  readonly checkUpdateIntervalMs: number;
  readonly discardCheckOutput: boolean;
}

/**
 * The services and checks that this agent answers for: the truth about this node. The catalog follows by anti-entropy, which asks what is
 * out of sync (`pending`) and tells what it found and did. Consul docs, anti-entropy.
 *
 * Over 300 lines: services and checks and how they stand to the catalog are one table, and every method below changes or reads it.
 */
export class LocalState {
  readonly #with: LocalStateOptions;
  /** Outputs that come from now on are not kept. */
  discardOutput: boolean;
  readonly #services = new Map<string, ServiceEntry>();
  readonly #checks = new Map<string, CheckEntry>();
  /** Ids of the checks of each service (empty: of the node), so that none of thousands is looked at in vain. */
  readonly #checkIds = new IdGroups();
  /** What the catalog may still have and is not here any more. */
  readonly #goneServices = new Map<string, string>();
  readonly #goneChecks = new Map<string, { readonly token: string; readonly serviceId: string }>();
  readonly #dirtyServices = new Set<string>();
  readonly #dirtyChecks = new Set<string>();
  /** Checks whose output alone has changed, and the timers that will tell it. */
  readonly #deferred = new Map<string, Disposable>();
  readonly #listeners = new Set<() => void>();
  readonly #serviceWatchers = new Map<string, Set<() => void>>();
  readonly #checkWatchers = new Map<string, Set<() => void>>();

  constructor(options: LocalStateOptions) {
    this.#with = options;
    this.discardOutput = options.discardCheckOutput;
  }

  services(): readonly LocalService[] {
    return [...this.#services.values()].map(({ value }) => value);
  }

  service(id: string): LocalService | undefined {
    return this.#services.get(id)?.value;
  }

  serviceEntry(id: string): ServiceEntry | undefined {
    return this.#services.get(id);
  }

  checks(): readonly LocalCheck[] {
    return [...this.#checks.values()].map(({ value }) => value);
  }

  check(id: string): LocalCheck | undefined {
    return this.#checks.get(id)?.value;
  }

  checkEntry(id: string): CheckEntry | undefined {
    return this.#checks.get(id);
  }

  /** Empty: those of the node. */
  checksOf(serviceId: string): readonly LocalCheck[] {
    return this.#checkIds.of(serviceId).flatMap((id) => this.check(id) ?? []);
  }

  /** Adds or replaces a service; one that is as it was stays in sync. `heeds` where it is no new registration. */
  setService(service: LocalService, token: string, heeds?: number): void {
    const old = this.#services.get(service.id);
    if (old !== undefined && old.token === token && deepEqual(old.value, service)) {
      this.#services.set(service.id, { ...old, heeds: heeds ?? this.#heedsAgain(old) });
      if (!old.inSync) this.#changed();
      return;
    }
    this.#services.set(service.id, { value: service, token, inSync: false, heeds: heeds ?? HEEDS_NONE });
    this.#goneServices.delete(service.id);
    this.#dirtyServices.add(service.id);
    this.#wake(this.#serviceWatchers, service.id);
    this.#changed();
  }

  /** Adds or replaces a check; one that is as it was stays in sync. `heeds` where it is no new registration. */
  setCheck(check: LocalCheck, token: string, heeds?: number): void {
    const old = this.#checks.get(check.checkId);
    const value = this.discardOutput ? { ...check, output: "" } : check;
    if (old !== undefined && old.token === token && deepEqual(old.value, value)) {
      this.#checks.set(check.checkId, { ...old, heeds: heeds ?? this.#heedsAgain(old) });
      if (!old.inSync) this.#changed();
      return;
    }
    const criticalSince = value.status === "critical" ? (old?.criticalSince ?? this.#with.clock.wall()) : undefined;
    if (old !== undefined && old.value.serviceId !== value.serviceId) this.#checkIds.delete(old.value.serviceId, value.checkId);
    this.#checks.set(check.checkId, { value, token, inSync: false, heeds: heeds ?? HEEDS_NONE, criticalSince, transitions: old?.transitions ?? [] });
    this.#checkIds.add(value.serviceId, value.checkId);
    this.#goneChecks.delete(check.checkId);
    this.#markCheck(check.checkId);
    this.#wake(this.#checkWatchers, value.serviceId);
    if (old !== undefined && old.value.serviceId !== value.serviceId) this.#wake(this.#checkWatchers, old.value.serviceId);
  }

  /** Takes a service out, here and, by and by, in the catalog. Its checks are taken out by whoever added them. */
  removeService(id: string): void {
    const old = this.#services.get(id);
    if (old === undefined) return;
    this.#services.delete(id);
    this.#dirtyServices.delete(id);
    this.#goneServices.set(id, old.token);
    this.#wake(this.#serviceWatchers, id);
    this.#changed();
  }

  removeCheck(id: string): void {
    const old = this.#checks.get(id);
    if (old === undefined) return;
    this.#checks.delete(id);
    this.#checkIds.delete(old.value.serviceId, id);
    this.#dirtyChecks.delete(id);
    this.#settle(id);
    this.#goneChecks.set(id, { token: old.token, serviceId: old.value.serviceId });
    this.#wake(this.#checkWatchers, old.value.serviceId);
    this.#changed();
  }

  /** What a check has found. A new status is told at once, a new output alone later and with others. */
  updateCheck(id: string, status: string, said: string): void {
    const old = this.#checks.get(id);
    if (old === undefined) return;
    const output = this.discardOutput ? "" : said;
    const { value } = old;
    if (value.status === status && value.output === output) return;
    const { clock, checkUpdateIntervalMs } = this.#with;
    if (value.status === status && checkUpdateIntervalMs > 0) {
      this.#checks.set(id, { ...old, value: { ...value, output } });
      this.#defer(id);
      return;
    }
    const criticalSince = status === "critical" ? (old.criticalSince ?? clock.wall()) : undefined;
    const moved = value.status === status ? [] : [{ at: clock.wall(), from: value.status, to: status, output }];
    const transitions = [...old.transitions, ...moved].slice(-TRANSITIONS_KEPT);
    this.#checks.set(id, { ...old, value: { ...value, status, output }, inSync: false, criticalSince, transitions });
    this.#markCheck(id);
    this.#wake(this.#checkWatchers, value.serviceId);
  }

  /** What the catalog does not have as it is here: to be set, and to be removed (ids with tokens). */
  pending(): {
    readonly services: readonly ServiceEntry[];
    readonly checks: readonly CheckEntry[];
    readonly goneServices: readonly (readonly [id: string, token: string])[];
    readonly goneChecks: readonly (readonly [id: string, token: string])[];
  } {
    return {
      services: [...this.#dirtyServices].flatMap((id) => this.#services.get(id) ?? []),
      checks: [...this.#dirtyChecks].flatMap((id) => this.#checks.get(id) ?? []),
      goneServices: [...this.#goneServices],
      goneChecks: [...this.#goneChecks].map(([id, { token }]) => [id, token]),
    };
  }

  /** The catalog has taken exactly this; if it has changed here meanwhile, it stays out of sync. */
  serviceWritten(entry: ServiceEntry): void {
    const now = this.#services.get(entry.value.id);
    if (now?.value !== entry.value || now.token !== entry.token) return;
    this.#services.set(entry.value.id, { ...now, inSync: true, heeds: 0 });
    this.#dirtyServices.delete(entry.value.id);
  }

  checkWritten(entry: CheckEntry): void {
    const id = entry.value.checkId;
    const now = this.#checks.get(id);
    if (now?.value !== entry.value || now.token !== entry.token) return;
    this.#checks.set(id, { ...now, inSync: true, heeds: 0 });
    this.#dirtyChecks.delete(id);
    this.#settle(id);
  }

  /** Nobody knows whether the catalog took these when it was asked to at that time: removals since then concern what was new. */
  maybeTaken(service: ServiceEntry | undefined, checks: readonly CheckEntry[], at: number): void {
    if (service?.heeds === HEEDS_NONE && this.#services.get(service.value.id) === service) this.#services.set(service.value.id, { ...service, heeds: at });
    for (const check of checks) {
      const { checkId } = check.value;
      if (check.heeds === HEEDS_NONE && this.#checks.get(checkId) === check) this.#checks.set(checkId, { ...check, heeds: at });
    }
  }

  /** Its checks went with it. */
  serviceRemoved(id: string): void {
    this.#goneServices.delete(id);
    for (const [checkId, { serviceId }] of this.#goneChecks) if (serviceId === id) this.#goneChecks.delete(checkId);
  }

  checkRemoved(id: string): void {
    this.#goneChecks.delete(id);
  }

  /** The catalog has something under this id that is not here, or not so. */
  noteService(id: string): void {
    const entry = this.#services.get(id);
    if (entry === undefined) {
      this.#goneServices.set(id, "");
    } else {
      this.#services.set(id, { ...entry, inSync: false });
      this.#dirtyServices.add(id);
    }
  }

  noteCheck(id: string): void {
    const entry = this.#checks.get(id);
    if (entry === undefined) {
      this.#goneChecks.set(id, { token: "", serviceId: "" });
    } else {
      this.#checks.set(id, { ...entry, inSync: false });
      this.#dirtyChecks.add(id);
    }
  }

  /** The catalog may have lost this on purpose: what is here is written once more, and the answer tells. */
  doubt({ serviceId, checkId }: { readonly serviceId: string; readonly checkId: string }): void {
    if (serviceId !== "" && this.#services.has(serviceId)) this.noteService(serviceId);
    else if (serviceId === "" && this.#checks.has(checkId)) this.noteCheck(checkId);
    else return;
    this.#changed();
  }

  /** Tags that others wrote into the catalog, where the service allows it (`enable_tag_override`). */
  adoptTags(id: string, tags: readonly string[] | undefined): void {
    const entry = this.#services.get(id);
    if (entry === undefined || deepEqual(entry.value.tags, tags)) return;
    this.#services.set(id, { ...entry, value: { ...entry.value, tags } });
    this.#wake(this.#serviceWatchers, id);
  }

  /** Whether the output of this check is on its way already, by and by. */
  isDeferred(id: string): boolean {
    return this.#deferred.has(id);
  }

  /** Calls after every change that the catalog should learn of. */
  onChange(run: () => void): Disposable {
    this.#listeners.add(run);
    return { [Symbol.dispose]: () => void this.#listeners.delete(run) };
  }

  /** Calls once when this service is changed or removed. */
  onService(id: string, run: () => void): Disposable {
    return watch(this.#serviceWatchers, id, run);
  }

  /** Calls at every change of a check of this service (empty: of the node) in status or being. */
  onChecks(serviceId: string, run: () => void): Disposable {
    return watch(this.#checkWatchers, serviceId, run);
  }

  /** Stops the timers. */
  [Symbol.dispose](): void {
    for (const timer of this.#deferred.values()) timer[Symbol.dispose]();
    this.#deferred.clear();
  }

  /** Of something that is registered once more as it is; what the catalog has not taken yet is as good as new. */
  #heedsAgain({ inSync }: Entry<unknown>): number {
    return inSync ? this.#with.clock.wall() : HEEDS_NONE;
  }

  #markCheck(id: string): void {
    this.#dirtyChecks.add(id);
    this.#changed();
  }

  #defer(id: string): void {
    if (this.#deferred.has(id)) return;
    const { clock, random, checkUpdateIntervalMs } = this.#with;
    const after = checkUpdateIntervalMs / 2 + random.int(Math.max(1, Math.trunc(checkUpdateIntervalMs)));
    const told = (): void => {
      this.#deferred.delete(id);
      const entry = this.#checks.get(id);
      if (entry === undefined) return;
      this.#checks.set(id, { ...entry, inSync: false });
      this.#markCheck(id);
    };
    this.#deferred.set(id, clock.after(after, told));
  }

  #settle(id: string): void {
    this.#deferred.get(id)?.[Symbol.dispose]();
    this.#deferred.delete(id);
  }

  #changed(): void {
    for (const run of this.#listeners) run();
  }

  #wake(watchers: ReadonlyMap<string, ReadonlySet<() => void>>, id: string): void {
    for (const run of [...(watchers.get(id) ?? [])]) run();
  }
}

function watch(watchers: Map<string, Set<() => void>>, id: string, run: () => void): Disposable {
  const own = (): void => run(); // a function of its own for every watch, should one ask twice
  const set = watchers.get(id) ?? new Set();
  watchers.set(id, set.add(own));
  return {
    [Symbol.dispose]() {
      set.delete(own);
      if (set.size === 0 && watchers.get(id) === set) watchers.delete(id);
    },
  };
}
