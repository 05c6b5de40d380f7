import { messageOf } from "../../base/errors.ts";
import type { Scope } from "../../base/scope.ts";
import type { CatalogNode, Check, Registration, ServiceInstance } from "../../model/index.ts";
import { parseAddress } from "../../platform/index.ts";
import { done, propose, type ServerContext } from "../context.ts";
import { memberCheckMs, reconcileIntervalMs } from "../limits.ts";
import type { Member } from "../ports.ts";
import { FailedCap } from "./failed-cap.ts";

const SERF_CHECK_ID = "serfHealth";

/**
 * Keeps the catalog in step with the members: each is a node with the check `serfHealth`, servers with the service `consul` as well; a
 * failed one is critical, which ends its sessions; one that left or was forgotten is taken out. As Consul's leader does.
 */
export class MemberReconciler {
  readonly #context: ServerContext;
  #seen = "";
  #running = false;
  #again = false;
  /** Names that were members in this term: when they are none any more, they were forgotten. */
  readonly #met = new Set<string>();
  /** Nodes that nobody in the pool knows, and since when: a pool that has just come together again may lack some. */
  readonly #unknownSinceMs = new Map<string, number>();
  readonly #cap = new FailedCap();
  /** Who failed and is not marked yet, since many failed together. */
  #heldBack: ReadonlySet<string> = new Set();

  constructor(context: ServerContext) {
    this.#context = context;
  }

  start(term: Scope): void {
    const { clock } = this.#context.platform;
    let timer: Disposable | undefined;
    let nextWhole = 0;
    const look = (): void => {
      timer = clock.after(memberCheckMs, look);
      const seen = this.#fingerprint();
      if (seen === this.#seen && this.#heldBack.size === 0 && clock.now() < nextWhole) return;
      nextWhole = clock.now() + reconcileIntervalMs;
      this.trigger(term);
    };
    look();
    const changed = this.#context.members.onChange(() => this.trigger(term));
    term.defer(() => {
      timer?.[Symbol.dispose]();
      changed[Symbol.dispose]();
      this.#seen = "";
      this.#met.clear();
      this.#unknownSinceMs.clear();
      this.#cap.clear();
      this.#heldBack = new Set();
    });
  }

  /** Another state stands in place of the one that the members were compared with. */
  stateReplaced(): void {
    this.#seen = "";
  }

  /** Compares all members with the catalog, once more when it is at it already. */
  trigger(term: Scope): void {
    if (term.closed) return;
    if (this.#running) {
      this.#again = true;
      return;
    }
    this.#running = true;
    const run = async (): Promise<void> => {
      do {
        this.#again = false;
        this.#seen = this.#fingerprint();
        await this.#all(term);
      } while (this.#again && !term.closed);
    };
    run()
      .catch((error: unknown) => {
        this.#seen = "";
        if (!term.closed) this.#context.logger.warn("Cannot bring the catalog in step with the members", { error: messageOf(error) });
      })
      .finally(() => {
        this.#running = false;
      })
      .catch(() => undefined);
  }

  #fingerprint(): string {
    return this.#context.members
      .members()
      .map((member) => `${member.id} ${member.name} ${member.address} ${member.status} ${member.voter}`)
      .join("\n");
  }

  async #all(term: Scope): Promise<void> {
    const { clock } = this.#context.platform;
    const began = clock.now();
    const members = this.#context.members.members();
    const waiting = this.#waiting(members);
    for (const member of members) {
      if (term.closed) return;
      const at = clock.now();
      if (member.status === "alive") await this.#alive(member);
      else if (member.status === "failed" && !waiting.has(member.name)) await this.#failed(member);
      else if (member.status === "left") await this.#gone(member.name);
      this.#context.meters.reconcileMember.observe(clock.now() - at);
    }
    for (const name of this.#strangers(members)) if (!term.closed) await this.#gone(name);
    for (const { name } of members) this.#met.add(name.toLowerCase());
    this.#context.meters.reconcile.observe(clock.now() - began);
  }

  async #alive(member: Member): Promise<void> {
    const before = this.#context.state.catalog.node(member.name).value;
    const wanted = this.#registration(member, before);
    if (this.#isRegistered(wanted)) return;
    const isOther = before !== undefined && before.id !== "" && member.id !== "" && before.id !== member.id;
    if (isOther) await this.#takeOver(member, before);
    this.#context.logger.info("Member joined, marking health alive", { member: member.name });
    done(await propose(this.#context, "catalog.register", isOther ? this.#registration(member, undefined) : wanted));
  }

  /** The pool has one holder of a name at a time: the machine that had it before has failed or left, and another one stands in its place. */
  async #takeOver(member: Member, before: CatalogNode): Promise<void> {
    this.#context.logger.info("Member takes over the name of another node", { member: member.name, id: member.id, before: before.id });
    done(await propose(this.#context, "catalog.deregister", { node: before.node, serviceId: "", checkId: "" }));
  }

  /** Those of the failed whose turn to be marked has not come: see `FailedCap`. The longest silent ones go first. */
  #waiting(members: readonly Member[]): ReadonlySet<string> {
    const { meters, logger, platform } = this.#context;
    const failed = members.filter((member) => member.status === "failed" && this.#unmarked(member) !== undefined);
    const now = platform.clock.now();
    const pool = members.filter(({ status }) => status !== "left").length;
    const waiting = failed.toSorted((a, b) => b.failedForMs - a.failedForMs).filter(() => !this.#cap.take(now, pool));
    const newly = waiting.filter(({ name }) => !this.#heldBack.has(name));
    this.#heldBack = new Set(waiting.map(({ name }) => name));
    if (newly.length > 0) {
      meters.heldBack.add(newly.length);
      logger.warn("Many members failed at once, some wait to be marked critical", { members: pool, failed: failed.length, waiting: waiting.length });
    }
    return this.#heldBack;
  }

  /** Its node, when it is in the catalog and not critical there yet. */
  #unmarked({ name }: Member): CatalogNode | undefined {
    const check = this.#context.state.health.node(name).value.find(({ checkId }) => checkId === SERF_CHECK_ID);
    return check?.status === "critical" ? undefined : this.#context.state.catalog.node(name).value;
  }

  async #failed(member: Member): Promise<void> {
    const node = this.#unmarked(member);
    if (node === undefined) return;
    this.#context.logger.info("Member failed, marking health critical", { member: member.name });
    const critical = { ...serfCheck(node.node), status: "critical", output: "Agent not live or unreachable" } as const;
    done(await propose(this.#context, "catalog.register", { node: withoutIndexes(node), skipNodeUpdate: true, service: undefined, checks: [critical] }));
  }

  async #gone(name: string): Promise<void> {
    // The leader does not take itself out.
    if (name === this.#context.settings.nodeName || this.#context.state.catalog.node(name).value === undefined) return;
    this.#context.logger.info("Member left, deregistering", { member: name });
    done(await propose(this.#context, "catalog.deregister", { node: name, serviceId: "", checkId: "" }));
  }

  /** Nodes that were members of this cluster and are none any more. */
  #strangers(members: readonly Member[]): readonly string[] {
    const known = new Set(members.map((member) => member.name.toLowerCase()));
    if (this.#context.members.pooled) return this.#forgotten(known);
    const servers = this.#context.state.catalog.serviceNodes({ service: "consul", connect: false, tags: [], nodeMeta: {} }).value;
    return servers.filter(({ service, node }) => service.id === "consul" && !known.has(node.node.toLowerCase())).map(({ node }) => node.node);
  }

  #forgotten(known: ReadonlySet<string>): readonly string[] {
    const now = this.#context.platform.clock.now();
    const checks = this.#context.state.health.state("any", {}).value;
    const unknown = checks.filter(({ checkId, node }) => checkId === SERF_CHECK_ID && !known.has(node.toLowerCase())).map(({ node }) => node);
    for (const name of this.#unknownSinceMs.keys()) if (!unknown.includes(name)) this.#unknownSinceMs.delete(name);
    return unknown.filter((name) => {
      const since = this.#unknownSinceMs.get(name) ?? now;
      this.#unknownSinceMs.set(name, since);
      return this.#met.has(name.toLowerCase()) || now - since >= reconcileIntervalMs;
    });
  }

  #isRegistered(wanted: Registration): boolean {
    const { state } = this.#context;
    const at = state.catalog.nodeServices(wanted.node.node).value;
    const node = at?.node;
    if (node === undefined || node.address !== wanted.node.address || node.id !== wanted.node.id) return false;
    const service = at?.services.find(({ id }) => id === "consul");
    if (wanted.service !== undefined && (service?.port !== wanted.service.port || !sameTexts(service.meta, wanted.service.meta))) return false;
    const check = state.health.node(node.node).value.find(({ checkId }) => checkId === SERF_CHECK_ID);
    return check?.status === "passing";
  }

  /** As Consul 1.8.7 registers a member: what else there is to say of a node comes from its own agent, and a plain serf agent says nothing. */
  #registration(member: Member, before: CatalogNode | undefined): Registration {
    const { host, port } = parseAddress(member.address);
    const isThere = before?.address === host;
    const node: Registration["node"] = {
      id: member.id,
      node: member.name,
      address: host,
      datacenter: this.#context.settings.datacenter,
      taggedAddresses: (isThere ? before.taggedAddresses : undefined) ?? (member.server ? sameEverywhere(host) : undefined),
      meta: before?.meta ?? (member.server ? { "consul-network-segment": "" } : undefined),
    };
    // Where no node is it is made all the same; where its agent was quicker, what that one says of itself (its metadata) stands.
    const keeps = before === undefined || (before.id === member.id && isThere);
    const service = member.server ? this.#service(member, port) : undefined;
    return { node, skipNodeUpdate: keeps, service, checks: [serfCheck(member.name)] };
  }

  #service(member: Member, port: number): Omit<ServiceInstance, "createIndex" | "modifyIndex"> {
    return {
      node: member.name,
      id: "consul",
      kind: "",
      service: "consul",
      tags: undefined,
      address: "",
      taggedAddresses: undefined,
      meta: {
        non_voter: String(!member.voter),
        raft_version: "3",
        serf_protocol_current: "2",
        serf_protocol_max: "5",
        serf_protocol_min: "1",
        version: member.version,
      },
      port,
      weights: { passing: 1, warning: 1 },
      enableTagOverride: false,
      proxy: undefined,
      connect: undefined,
    };
  }
}

function serfCheck(node: string): Omit<Check, "createIndex" | "modifyIndex"> {
  return {
    node,
    checkId: SERF_CHECK_ID,
    name: "Serf Health Status",
    status: "passing",
    notes: "",
    output: "Agent alive and reachable",
    serviceId: "",
    serviceName: "",
    serviceTags: [],
    type: "",
    definition: undefined,
  };
}

function withoutIndexes(node: CatalogNode): Registration["node"] {
  const { createIndex: _created, modifyIndex: _modified, ...rest } = node;
  return rest;
}

function sameTexts(a: Readonly<Record<string, string>> | undefined, b: Readonly<Record<string, string>> | undefined): boolean {
  const left = Object.entries(a ?? {});
  return left.length === Object.keys(b ?? {}).length && left.every(([key, value]) => b?.[key] === value);
}

/** The addresses of a node that is reached at the same one from everywhere. */
function sameEverywhere(host: string): Readonly<Record<string, string>> {
  const family = host.includes(":") ? "ipv6" : "ipv4";
  return { lan: host, [`lan_${family}`]: host, wan: host, [`wan_${family}`]: host };
}
