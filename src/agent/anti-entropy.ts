import { deepEqual } from "../base/deep-equal.ts";
import { KvorumError, messageOf } from "../base/errors.ts";
import type { Backend, LocalCheck, ReadOptions, Removed } from "../model/index.ts";
import type { Clock, Logger, Random } from "../platform/index.ts";
import { noteDifferences, type OwnNode, sameNode } from "./difference.ts";
import { heedsOf, mayBeDone, NOTHING_REMOVED } from "./heeds.ts";
import { FULL_SYNC_SCALE_FROM_NODES, RETRY_FULL_SYNC_MS, SERVER_UP_SPLAY_MS, SYNCS_AT_ONCE } from "./limits.ts";
import type { CheckEntry, LocalState, ServiceEntry } from "./local-state.ts";

export interface AntiEntropyOptions {
  readonly node: OwnNode;
  readonly local: LocalState;
  readonly backend: Pick<Backend, "call">;
  readonly platform: { readonly clock: Clock; readonly random: Random };
  readonly logger: Logger;
  /** How many members the LAN pool has: the more, the rarer everything is compared. */
  readonly members: () => number;
  readonly intervalMs: number;
  /** For calls of the agent's own; empty: none. */
  readonly token: string;
  /** Takes out here what somebody took out of the catalog for good (the other id is empty), and whatever is kept of it. */
  readonly drop: (what: { readonly serviceId: string; readonly checkId: string }) => Promise<void>;
}

/**
 * - `full`: everything is about to be compared with the catalog, or is being compared
 * - `partial`: in step but for what has changed here since, which is written at once; everything is compared when the interval is over
 * - `retry`: a full sync failed; another one comes after a while, or soon after a server has come
 */
export type SyncState = "full" | "partial" | "retry";

/**
 * Keeps the catalog's view of this node in step with the local state. Consul docs, anti-entropy.
 *
 * Over 300 lines: when to sync and what a sync does share the states and the flags of what has come meanwhile.
 */
export class AntiEntropy implements Disposable {
  readonly #with: AntiEntropyOptions;
  #node: OwnNode;
  #state: SyncState = "full";
  #timer: Disposable | undefined;
  #running = false;
  /** Something changed while a sync was under way. */
  #again = false;
  /** The time for comparing everything came while a sync was under way. */
  #fullDue = false;
  /** A server or a leader came while a sync was under way: if it fails, it may have been too early. */
  #upMeanwhile = false;
  #stopped = false;
  readonly #listening: Disposable;
  /** The catalog has the node itself as it is described here. */
  #nodeInSync = false;

  constructor(options: AntiEntropyOptions) {
    this.#with = options;
    this.#node = options.node;
    this.#listening = options.local.onChange(() => this.#changed());
  }

  get state(): SyncState {
    return this.#state;
  }

  /** Begins with a full sync. */
  start(): void {
    this.#schedule(0);
  }

  /** The node has other metadata from now on. */
  describe(meta: OwnNode["meta"]): void {
    if (deepEqual(meta, this.#node.meta)) return;
    this.#node = { ...this.#node, meta };
    this.#nodeInSync = false;
    this.#changed();
  }

  /** A server has come, or a leader: who was waiting for one tries again soon, others compare everything. */
  serverUp(): void {
    this.#upMeanwhile = this.#running;
    if (this.#stopped || this.#running || this.#state === "full") return; // in the last case one is about to begin
    this.#schedule(this.#with.platform.random.int(SERVER_UP_SPLAY_MS));
  }

  [Symbol.dispose](): void {
    this.#stopped = true;
    this.#timer?.[Symbol.dispose]();
    this.#listening[Symbol.dispose]();
  }

  #schedule(ms: number): void {
    if (!this.#stopped) this.#state = this.#state === "retry" ? "retry" : "full";
    this.#next(ms);
  }

  /** Changes that come together are written together: in a later turn, and in one go. */
  #changed(): void {
    if (this.#running) this.#again = true;
    else if (this.#state === "partial" && !this.#stopped) this.#sync(() => this.#partial());
  }

  #sync(run: () => Promise<void>): void {
    if (this.#running || this.#stopped) return;
    this.#running = true;
    this.#again = false;
    this.#upMeanwhile = false;
    run()
      .catch((error: unknown) => {
        // What was not written stays out of sync, and the next full sync finds it.
        if (!this.#stopped) this.#with.logger.error("Cannot sync with the catalog", { state: this.#state, error: messageOf(error) });
        this.#failed(error);
      })
      .finally(() => {
        this.#running = false;
        if (this.#fullDue) this.#compareAll();
        else if (this.#again) this.#changed();
      })
      .catch(() => undefined);
  }

  async #full(): Promise<void> {
    await this.#compare();
    await this.#write();
    this.#state = "partial";
    this.#again ||= this.#hasWork();
    this.#next(this.#intervalMs());
  }

  async #partial(): Promise<void> {
    await new Promise<void>((resolve) => this.#with.platform.clock.soon(resolve));
    await this.#write();
  }

  /** A write that was refused is tried again with everything else, and before the interval is over; where nobody answered, soon. */
  #failed(error: unknown): void {
    const { random } = this.#with.platform;
    if (this.#state !== "partial") this.#state = "retry";
    const nobody = error instanceof KvorumError && (error.code === "no-leader" || error.code === "unavailable");
    const base = nobody || this.#upMeanwhile ? SERVER_UP_SPLAY_MS : RETRY_FULL_SYNC_MS;
    this.#next(base + random.int(base * this.#scale()));
  }

  #next(ms: number): void {
    this.#timer?.[Symbol.dispose]();
    if (this.#stopped) return;
    this.#timer = this.#with.platform.clock.after(ms, () => this.#compareAll());
  }

  #compareAll(): void {
    this.#fullDue = this.#running;
    if (!this.#running) this.#sync(() => this.#full());
  }

  /** The interval, and up to once more of it at random, so that agents that started together part. */
  #intervalMs(): number {
    const scaled = this.#with.intervalMs * this.#scale();
    return scaled + this.#with.platform.random.int(Math.max(1, Math.trunc(scaled)));
  }

  #scale(): number {
    const members = this.#with.members();
    return members <= FULL_SYNC_SCALE_FROM_NODES ? 1 : Math.ceil(Math.log2(members / FULL_SYNC_SCALE_FROM_NODES)) + 1;
  }

  #hasWork(): boolean {
    const { services, checks, goneServices, goneChecks } = this.#with.local.pending();
    return services.length + checks.length + goneServices.length + goneChecks.length > 0;
  }

  async #compare(): Promise<void> {
    const { backend, local } = this.#with;
    const node = this.#node;
    const options = this.#readOptions();
    const found = await backend.call("Catalog.NodeServices", { node: node.node, options });
    const { value: checks } = await backend.call("Health.Node", { node: node.node, options });
    this.#nodeInSync = found.value !== undefined && sameNode(found.value.node, this.#node); // it may be described anew meanwhile
    noteDifferences(local, { services: found.value?.services ?? [], checks: checks as readonly LocalCheck[] });
  }

  #readOptions(): ReadOptions {
    // Every server may answer, as long as it is not far behind: this is asked by every agent every minute.
    return { datacenter: "", token: this.#with.token, consistency: "stale", maxStaleMs: 2_000, minIndex: 0, maxWaitMs: 0, filter: "" };
  }

  async #write(): Promise<void> {
    const { local } = this.#with;
    const { services, checks, goneServices } = local.pending();
    const byService = groupBy(checks, ({ value }) => value.serviceId);
    const errors: unknown[] = [];
    const attempt = (items: readonly (() => Promise<void>)[]): Promise<void> => inParallel(items, (error) => errors.push(error));
    await attempt(
      goneServices.map(
        ([id, token]) =>
          () =>
            this.#removeService(id, token),
      ),
    );
    await attempt(services.map((entry) => () => this.#writeService(entry, byService.get(entry.value.id) ?? [])));
    // Only now: what rode along with its service has been written.
    await attempt(local.pending().checks.map((entry) => () => this.#writeCheck(entry)));
    await attempt(
      local.pending().goneChecks.map(
        ([id, token]) =>
          () =>
            this.#removeCheck(id, token),
      ),
    );
    if (!this.#nodeInSync && errors.length === 0) await this.#register({ service: undefined, checks: [], token: this.#with.token });
    if (errors.length > 0) throw errors[0];
    this.#with.logger.trace("Node is in sync", { node: this.#node.node });
  }

  /** Checks with the token of their service ride along with it: it never stands there without them. */
  async #writeService(entry: ServiceEntry, checks: readonly CheckEntry[]): Promise<void> {
    const { local, logger } = this.#with;
    const riding = checks.filter(({ value, token }) => token === entry.token && local.check(value.checkId) === value);
    const removed = await this.#register({ service: entry, checks: riding, token: entry.token || this.#with.token });
    if (removed.services.includes(entry.value.id)) {
      if (local.serviceEntry(entry.value.id) === entry) await this.#with.drop({ serviceId: entry.value.id, checkId: "" });
      return;
    }
    local.serviceWritten(entry);
    for (const check of riding) await this.#checkAnswered(check, removed);
    logger.info("Synced service", { service: entry.value.id });
  }

  async #writeCheck(entry: CheckEntry): Promise<void> {
    const { value } = entry;
    // A check whose service did not get through waits for it.
    if (value.serviceId !== "" && this.#with.local.serviceEntry(value.serviceId)?.inSync === false) return;
    const removed = await this.#register({ service: undefined, checks: [entry], token: entry.token || this.#with.token });
    // Its service was removed under it: that is written next, and hears what it heeds.
    if (removed.services.includes(value.serviceId)) return this.#with.local.doubt({ serviceId: value.serviceId, checkId: "" });
    await this.#checkAnswered(entry, removed);
    this.#with.logger.info("Synced check", { check: value.checkId });
  }

  async #checkAnswered(entry: CheckEntry, removed: Removed): Promise<void> {
    const { local, drop } = this.#with;
    const id = entry.value.checkId;
    if (!removed.checks.includes(id)) local.checkWritten(entry);
    else if (local.checkEntry(id) === entry) await drop({ serviceId: "", checkId: id });
  }

  async #register({ service, checks, token }: Written): Promise<Removed> {
    const { backend, local, platform } = this.#with;
    const node = this.#node;
    const registration = { node, skipNodeUpdate: this.#nodeInSync, service: service?.value, checks: checks.map(({ value }) => value) };
    const begun = platform.clock.wall();
    const request = { registration, heeds: heedsOf(service, checks), options: { datacenter: "", token } };
    const removed = await backend.call("Catalog.Register", request).catch((error: unknown) => {
      if (mayBeDone(error)) local.maybeTaken(service, checks, begun);
      throw error;
    });
    if (node === this.#node) this.#nodeInSync = true;
    return removed ?? NOTHING_REMOVED;
  }

  async #removeService(id: string, token: string): Promise<void> {
    const { local, logger } = this.#with;
    if (id === "") return;
    await this.#deregister({ serviceId: id, checkId: "" }, token);
    local.serviceRemoved(id);
    logger.info("Deregistered service", { service: id });
  }

  async #removeCheck(id: string, token: string): Promise<void> {
    const { local, logger } = this.#with;
    await this.#deregister({ serviceId: "", checkId: id }, token);
    local.checkRemoved(id);
    logger.info("Deregistered check", { check: id });
  }

  async #deregister(what: { readonly serviceId: string; readonly checkId: string }, token: string): Promise<void> {
    const options = { datacenter: "", token: token || this.#with.token };
    await this.#with.backend.call("Catalog.Deregister", { node: this.#node.node, ...what, byOwner: true, options });
  }
}

interface Written {
  readonly service: ServiceEntry | undefined;
  readonly checks: readonly CheckEntry[];
  readonly token: string;
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

/** Runs all of them, some at once; failures are told and stop nothing. */
async function inParallel(items: readonly (() => Promise<void>)[], failed: (error: unknown) => void): Promise<void> {
  const queue = items.values();
  const worker = async (): Promise<void> => {
    for (const item of queue) {
      try {
        await item();
      } catch (error) {
        failed(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(SYNCS_AT_ONCE, items.length) }, worker));
}
