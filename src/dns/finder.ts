import { KvorumError, messageOf } from "../base/errors.ts";
import type { CheckedInstance, ReadOptions, RequestOf, ResponseOf } from "../model/index.ts";
import type { Clock, Logger } from "../platform/index.ts";
import { KeptLookups } from "./kept-lookups.ts";
import { STALE_COUNTED_MS } from "./limits.ts";
import type { Found, Wish } from "./lookups.ts";
import type { DnsMeters } from "./meters.ts";
import type { Asked, Cached, LocalExecution, LocalMethod, LocalRead, LocalReads } from "./ports.ts";
import type { Recursors } from "./recursors.ts";
import { type ReverseIndex, reverseIndex } from "./reverse-index.ts";
import type { DnsPlace, DnsSettings } from "./settings.ts";
import type { Trail } from "./trail.ts";

export interface FinderOptions {
  readonly place: DnsPlace;
  /** `undefined` on an agent that is no server. */
  readonly local: LocalReads | undefined;
  readonly backend: Asked;
  readonly cache: Cached | undefined;
  readonly recursors: Recursors;
  readonly meters: DnsMeters;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** Where all addresses of the state at hand lead, until one of them changes. */
interface KeptIndex {
  readonly index: ReverseIndex;
  readonly listeners: Set<() => void>;
  readonly forget: () => void;
}

const FAILED: Found = { kind: "failed" };

/** Fulfils the wishes of answers in the making: at once from this process's own state where that may be used, else by asking. */
export class Finder {
  readonly #with: FinderOptions;
  readonly #lookups = new KeptLookups();
  #reverse: KeptIndex | undefined;

  constructor(options: FinderOptions) {
    this.#with = options;
  }

  close(): void {
    this.#lookups.clear();
    this.#reverse?.forget();
  }

  find(wish: Wish, settings: DnsSettings, trail: Trail): Found | Promise<Found> {
    return this.#here(wish, settings, trail) ?? this.#asked(wish, settings, trail);
  }

  /** From the state at hand; `undefined` when it is not there, too old, or of another datacenter. */
  #here(wish: Wish, settings: DnsSettings, trail: Trail): Found | undefined {
    const { local, place, clock } = this.#with;
    if (local === undefined || !settings.allowStale || settings.useCache || wish.kind === "elsewhere") return undefined;
    if (wish.kind === "reverse") return this.#reverseHere(wish.name, local, settings, trail);
    if (wish.datacenter !== place.datacenter) return undefined;
    const key = keyOf(wish);
    const now = clock.now();
    const kept = this.#lookups.get(key, now);
    if (kept !== undefined) {
      trail.reads(kept.watch);
      return kept.found;
    }
    if (wish.kind === "query") return this.#queryHere(wish, local, settings, trail);
    const options = optionsFor(wish.datacenter, settings);
    const read =
      wish.kind === "node"
        ? this.#local(local, "Catalog.NodeServices", { node: wish.node, options }, settings)
        : this.#local(local, "Health.ServiceNodes", instancesRequest(wish, settings), settings);
    if (read === undefined) return undefined;
    const found = foundBy(wish, read.value);
    trail.reads(this.#lookups.put(key, found, now, read.watch));
    return found;
  }

  #queryHere(wish: Extract<Wish, { kind: "query" }>, local: LocalReads, settings: DnsSettings, trail: Trail): Found | undefined {
    let run: LocalExecution | undefined;
    try {
      run = local.execute(queryRequest(wish, this.#with.place, settings));
    } catch (error) {
      if (!(error instanceof KvorumError)) throw error;
      trail.leaves();
      return error.code === "not-found" ? { kind: "query", found: undefined, byChance: false } : FAILED;
    }
    if (run === undefined || run.execution.meta.lastContactMs > settings.maxStaleMs) return undefined;
    this.#aged(run.execution.meta.lastContactMs);
    const { byChance } = run;
    const found: Found = { kind: "query", found: run.execution.found, byChance };
    if (byChance) trail.reads(this.#lookups.put(keyOf(wish), found, this.#with.clock.now(), run.watch));
    else trail.leaves();
    return found;
  }

  #local<M extends LocalMethod>(local: LocalReads, method: M, request: RequestOf<M>, { maxStaleMs }: DnsSettings): LocalRead<M> | undefined {
    const read = local.read(method, request);
    if (read.meta.lastContactMs > maxStaleMs) return undefined;
    this.#aged(read.meta.lastContactMs);
    return read;
  }

  /** All addresses are looked through once, and again when a node or a service has changed. */
  #reverseHere(name: string, local: LocalReads, settings: DnsSettings, trail: Trail): Found | undefined {
    const { lastContactMs } = local.contact();
    if (lastContactMs > settings.maxStaleMs) return undefined;
    this.#aged(lastContactMs);
    const { index, listeners } = this.#reverse ?? this.#indexed(local, settings);
    trail.reads((changed) => {
      listeners.add(changed);
      return { [Symbol.dispose]: () => void listeners.delete(changed) };
    });
    return { kind: "reverse", target: index.get(name) };
  }

  #indexed(local: LocalReads, settings: DnsSettings): KeptIndex {
    const options = optionsFor(this.#with.place.datacenter, settings);
    const nodes = local.read("Catalog.Nodes", { nodeMeta: {}, near: "", options });
    const services = local.read("Internal.Services", { options });
    const listeners = new Set<() => void>();
    const forget = (): void => {
      this.#reverse = undefined;
      for (const one of armed) one[Symbol.dispose]();
      for (const changed of [...listeners]) changed();
    };
    const armed = [nodes.watch(forget), services.watch(forget)];
    this.#reverse = { index: reverseIndex(nodes.value, services.value, this.#with.place), listeners, forget };
    return this.#reverse;
  }

  async #asked(wish: Wish, settings: DnsSettings, trail: Trail): Promise<Found> {
    trail.leaves();
    try {
      return await this.#ask(wish, settings);
    } catch (error) {
      if (error instanceof KvorumError && error.message.includes("No path to datacenter")) return nobody(wish);
      this.#with.logger.warn("Lookup failed", { kind: wish.kind, error: messageOf(error) });
      return FAILED;
    }
  }

  async #ask(wish: Wish, settings: DnsSettings): Promise<Found> {
    const { place, backend, recursors } = this.#with;
    if (wish.kind === "elsewhere") return { kind: "elsewhere", records: await recursors.addressesOf(wish.name, settings) };
    if (wish.kind === "query") return this.#query(wish, settings);
    if (wish.kind === "node") {
      const { value } = this.#fresh(await backend.call("Catalog.NodeServices", { node: wish.node, options: optionsFor(wish.datacenter, settings) }));
      return { kind: "node", node: value?.node };
    }
    if (wish.kind === "instances") return { kind: "instances", instances: await this.#instances(wish, settings) };
    const options = optionsFor(place.datacenter, settings);
    const nodes = this.#fresh(await backend.call("Catalog.Nodes", { nodeMeta: {}, near: "", options })).value;
    const target = reverseIndex(nodes, [], place).get(wish.name);
    if (target !== undefined) return { kind: "reverse", target };
    const instances = this.#fresh(await backend.call("Internal.Services", { options })).value;
    return { kind: "reverse", target: reverseIndex([], instances, place).get(wish.name) };
  }

  async #instances(wish: Extract<Wish, { kind: "instances" }>, settings: DnsSettings): Promise<readonly CheckedInstance[]> {
    const { backend, cache } = this.#with;
    const request = instancesRequest(wish, settings);
    if (!settings.useCache || cache === undefined) return this.#fresh(await backend.call("Health.ServiceNodes", request)).value;
    return (await cache.get("Health.ServiceNodes", request, cacheWish(settings), () => {})).answer.value;
  }

  async #query(wish: Extract<Wish, { kind: "query" }>, settings: DnsSettings): Promise<Found> {
    const { backend, cache, place } = this.#with;
    const request = queryRequest(wish, place, settings);
    try {
      const answer =
        settings.useCache && cache !== undefined
          ? (await cache.get("Query.Execute", request, cacheWish(settings), () => {})).answer
          : await backend.call("Query.Execute", request);
      this.#aged(answer.meta.lastContactMs);
      return { kind: "query", found: answer.found, byChance: false };
    } catch (error) {
      if (error instanceof KvorumError && error.code === "not-found") return { kind: "query", found: undefined, byChance: false };
      throw error;
    }
  }

  #fresh<R extends ResponseOf<LocalMethod>>(read: R): R {
    this.#aged(read.meta.lastContactMs);
    return read;
  }

  #aged(lastContactMs: number): void {
    if (lastContactMs > STALE_COUNTED_MS) this.#with.meters.staleQueries.add(1);
  }
}

/** A datacenter that nobody knows has nothing in it. */
function nobody(wish: Wish): Found {
  if (wish.kind === "node") return { kind: "node", node: undefined };
  if (wish.kind === "query") return { kind: "query", found: undefined, byChance: false };
  return { kind: "instances", instances: [] };
}

/** What was read for a wish, which decides what it is. */
function foundBy(wish: Extract<Wish, { kind: "node" | "instances" }>, value: NodeRead | readonly CheckedInstance[]): Found {
  if (wish.kind === "node") return { kind: "node", node: (value as NodeRead)?.node };
  return { kind: "instances", instances: value as readonly CheckedInstance[] };
}

type NodeRead = ResponseOf<"Catalog.NodeServices">["value"];

/** Wishes with one key are fulfilled alike. Names cannot hold a line feed unescaped. */
function keyOf(wish: Extract<Wish, { kind: "node" | "instances" | "query" }>): string {
  if (wish.kind === "node") return `node\n${wish.node}`;
  return wish.kind === "query" ? `query\n${wish.query}` : `${wish.connect ? "connect" : "service"}\n${wish.service}\n${wish.tag}`;
}

function queryRequest({ query, datacenter, clientIp }: Extract<Wish, { kind: "query" }>, place: DnsPlace, settings: DnsSettings): RequestOf<"Query.Execute"> {
  return {
    idOrName: query,
    connect: false,
    limit: 0,
    source: { near: "", ip: clientIp, agent: place.nodeName, datacenter: place.datacenter },
    options: optionsFor(datacenter, settings),
  };
}

function optionsFor(datacenter: string, { allowStale, maxStaleMs }: DnsSettings): ReadOptions {
  return { datacenter, token: "", consistency: allowStale ? "stale" : "default", maxStaleMs, minIndex: 0, maxWaitMs: 0, filter: "" };
}

function instancesRequest(wish: Extract<Wish, { kind: "instances" }>, settings: DnsSettings): RequestOf<"Health.ServiceNodes"> {
  const { service, tag, connect, datacenter } = wish;
  return { service, connect, tags: tag === "" ? [] : [tag], nodeMeta: {}, near: "", options: optionsFor(datacenter, settings) };
}

function cacheWish({ cacheMaxAgeMs }: DnsSettings): {
  readonly maxAgeMs: number | undefined;
  readonly staleIfErrorMs: number;
  readonly mustRevalidate: boolean;
} {
  return { maxAgeMs: cacheMaxAgeMs === 0 ? undefined : cacheMaxAgeMs, staleIfErrorMs: 0, mustRevalidate: false };
}
