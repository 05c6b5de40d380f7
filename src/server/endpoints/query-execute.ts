import { messageOf } from "../../base/errors.ts";
import type { CheckedInstance, QueryExecution, QueryFound, QueryResolved, ReadMeta, RequestOf } from "../../model/index.ts";
import { WatchSet } from "../../state/index.ts";
import type { OnCancel } from "../cancel.ts";
import type { ServerContext } from "../context.ts";
import type { DatacentersPort } from "../ports.ts";
import type { Reads } from "../reads.ts";
import { inOrder } from "./query-near.ts";
import { resolveQuery } from "./query-resolve.ts";

/** What a query found without waiting. */
export interface LocalExecution {
  readonly execution: QueryExecution;
  /** The order of the instances says nothing: whoever gives them away shuffles them. Otherwise it is by where client and nodes are, which is not watched. */
  readonly byChance: boolean;
  /** Calls once, when the query, or what it finds, has changed. To be armed in the turn of the read, if at all. */
  watch(changed: () => void): Disposable;
}

type Request = RequestOf<"Query.Execute">;

/** Executes prepared queries: one read here, and when it finds nobody one in each datacenter that the query falls back to, in turn. */
export class QueryExecutions {
  readonly #context: ServerContext;
  readonly #reads: Reads;
  readonly #datacenters: DatacentersPort | undefined;

  constructor(context: ServerContext, reads: Reads, datacenters: DatacentersPort | undefined) {
    this.#context = context;
    this.#reads = reads;
    this.#datacenters = datacenters;
  }

  /** Consul api-docs, execute prepared query. Rejects with `not-found`. */
  async execute(request: Request, onCancel: OnCancel): Promise<QueryExecution> {
    const { meters, platform } = this.#context;
    const began = platform.clock.now();
    const execution = await this.#execute(request, onCancel);
    meters.queryExecute.observe(platform.clock.now() - began);
    return execution;
  }

  async #execute(request: Request, onCancel: OnCancel): Promise<QueryExecution> {
    const { idOrName, connect } = request;
    const options = { ...request.options, minIndex: 0, filter: "" };
    const { value, meta } = await this.#reads.answer("Query.Resolve", { idOrName, connect, options }, onCancel, false);
    const { state, platform, settings } = this.#context;
    const { random } = platform;
    const { datacenter } = settings;
    const instances = inOrder(value.instances, { state, random, query: value.query, source: request.source, datacenter });
    const here: QueryFound = {
      service: value.query.service.service,
      instances: cut(instances, request.limit),
      ttl: value.query.dns.ttl,
      datacenter,
    };
    if (here.instances.length > 0) return { found: here, failovers: 0, meta };
    return { ...(await this.#elsewhere(here, value, request)), meta };
  }

  /** From the state at hand, as old as it may be; `undefined` when other datacenters would have to be asked. Throws `not-found`. */
  now(request: Request, contact: Omit<ReadMeta, "index">): LocalExecution | undefined {
    const { state, platform, settings } = this.#context;
    const watch = new WatchSet();
    const { index, value } = resolveQuery(state, request, watch);
    const { query } = value;
    if (value.instances.length === 0 && this.#failoverOf(query).length > 0) return undefined;
    const { datacenter } = settings;
    const byChance = query.service.near === "" && request.source.near === "";
    const instances = byChance ? value.instances : inOrder(value.instances, { state, random: platform.random, query, source: request.source, datacenter });
    const found: QueryFound = { service: query.service.service, instances: cut(instances, request.limit), ttl: query.dns.ttl, datacenter };
    return { execution: { found, failovers: 0, meta: { index, ...contact } }, byChance, watch: (changed) => watch.wait(changed) };
  }

  /** The first datacenter that finds anybody; the last one's answer when none does. One that cannot be asked counts as asked. */
  async #elsewhere(here: QueryFound, { query }: QueryResolved, request: Request): Promise<Omit<QueryExecution, "meta">> {
    let found = here;
    let failovers = 0;
    for (const datacenter of this.#failoverOf(query)) {
      failovers++;
      const options = { ...request.options, datacenter, minIndex: 0, filter: "" };
      try {
        const there = await this.#datacenters?.of(datacenter).call("Query.Instances", { query, connect: request.connect, options });
        if (there === undefined) continue;
        const instances = inOrder(there.value.instances, {
          state: this.#context.state,
          random: this.#context.platform.random,
          query: { ...query, service: { ...query.service, near: "" } },
          source: { ...request.source, near: "" },
          datacenter: this.#context.settings.datacenter,
        });
        found = { ...there.value, instances: cut(instances, request.limit), datacenter };
      } catch (error) {
        this.#context.logger.warn("Failed querying for service in datacenter", { service: query.service.service, datacenter, error: messageOf(error) });
        continue;
      }
      if (found.instances.length > 0) break;
    }
    return { found, failovers };
  }

  /** The nearest ones first, then those named, each once; those that nobody knows are left out, as in Consul. */
  #failoverOf({ service }: QueryResolved["query"]): readonly string[] {
    const { nearestN, datacenters } = service.failover;
    if (nearestN <= 0 && (datacenters ?? []).length === 0) return [];
    const others = this.#context.pools.datacenters().filter((name) => name !== this.#context.settings.datacenter);
    const named = (datacenters ?? []).filter((name) => others.includes(name));
    return [...new Set([...others.slice(0, nearestN), ...named])];
  }
}

function cut(instances: readonly CheckedInstance[], limit: number): readonly CheckedInstance[] {
  return limit > 0 ? instances.slice(0, limit) : instances;
}
