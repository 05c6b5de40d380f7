import { messageOf } from "../../base/errors.ts";
import type { CheckedInstance, QueryExecution, QueryFound, QueryResolved, RequestOf } from "../../model/index.ts";
import type { OnCancel } from "../cancel.ts";
import type { ServerContext } from "../context.ts";
import type { DatacentersPort } from "../ports.ts";
import type { Reads } from "../reads.ts";
import { inOrder } from "./query-near.ts";

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
