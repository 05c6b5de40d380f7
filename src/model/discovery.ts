import type { CatalogNode, Check, CheckedInstance, ServiceInstance } from "./catalog.ts";
import type { PreparedQuery } from "./operator.ts";
import type { ReadMeta } from "./options.ts";

/** A node with all on it, as the page's own reads give it. */
export interface NodeWithAll {
  readonly node: CatalogNode;
  readonly services: readonly ServiceInstance[];
  readonly checks: readonly Check[];
}

/** What instances of all services are sorted by; those that are equal by name of service, node and id. */
export type InstanceOrder = "service" | "node" | "status";

/** Which instances of all services are wanted, and which page of them. */
export interface InstanceWish {
  /** An instance must have all of them, in any case. */
  readonly tags: readonly string[];
  readonly nodeMeta: Readonly<Record<string, string>>;
  /** Only those all of whose checks pass. */
  readonly onlyPassing: boolean;
  readonly order: InstanceOrder;
  readonly descending: boolean;
  /** How many at most; 0: all. */
  readonly limit: number;
  /** The `next` of the page before; empty: the first. */
  readonly after: string;
}

/** A page of the instances of all services. */
export interface InstancePage {
  readonly instances: readonly CheckedInstance[];
  /** How many there are on all pages. */
  readonly total: number;
  /** Where the next page begins; empty: there is none. */
  readonly next: string;
}

/** From where a prepared query is asked. */
export interface QuerySource {
  /** A node to sort by distance from; empty: what the query says. */
  readonly near: string;
  /** The client's address, for `near` as `_ip`. */
  readonly ip: string;
  /** The agent that was asked, for `near` as `_agent`. */
  readonly agent: string;
  /** Its datacenter. */
  readonly datacenter: string;
}

/** Instances that a prepared query found. Consul api-docs, execute prepared query. */
export interface QueryFound {
  readonly service: string;
  readonly instances: readonly CheckedInstance[];
  readonly ttl: string;
  readonly datacenter: string;
}

/** The answer to an execution: `meta` is of the read that found the query. */
export interface QueryExecution {
  readonly found: QueryFound;
  /** How many other datacenters were asked. */
  readonly failovers: number;
  readonly meta: ReadMeta;
}

/** A query by id or name with its template filled in, and what it finds in this datacenter. */
export interface QueryResolved {
  readonly query: PreparedQuery;
  readonly instances: readonly CheckedInstance[];
}
