import type { CatalogNode, ServiceInstance, ServiceWithNode } from "../../model/index.ts";
import { type Indexed, indexed, indexedWithin } from "../indexed.ts";
import { type Reading, TOPIC, watchTopics } from "../reading.ts";
import type { WatchSet } from "../watch.ts";
import { nodeIndex } from "./node-index.ts";
import { findNode, findNodeById } from "./nodes.ts";
import { instancesIndex, namesIndex, serviceIndex } from "./service-index.ts";
import { fold, type Tables, under } from "./tables.ts";

export type Meta = Readonly<Record<string, string>>;

export interface ServiceQuery {
  readonly service: string;
  /** Instances that speak Connect for it, instead of its own. */
  readonly connect: boolean;
  /** An instance must have all of them, in any case. */
  readonly tags: readonly string[];
  /** Its node must have all of it. */
  readonly nodeMeta: Meta;
}

/** Reads of nodes and services. Consul api-docs, catalog. */
export class CatalogReader {
  readonly #from: Reading;

  constructor(from: Reading) {
    this.#from = from;
  }

  nodes(nodeMeta: Meta, watch?: WatchSet): Indexed<readonly CatalogNode[]> {
    const { tables } = this.#from;
    watchTopics(this.#from, watch, TOPIC.nodes);
    return indexed(
      tables.indexOf("nodes"),
      tables.nodes.valuesUnder("").filter((node) => hasMeta(node, nodeMeta)),
    );
  }

  /** By name. */
  node(name: string, watch?: WatchSet): Indexed<CatalogNode | undefined> {
    watchTopics(this.#from, watch, TOPIC.node(fold(name)));
    return indexed(this.#from.tables.indexOf("nodes"), findNode(this.#from.tables, name));
  }

  /** Service name → tags of all its instances, in order of their first places. */
  services(nodeMeta: Meta, watch?: WatchSet): Indexed<Readonly<Record<string, readonly string[]>>> {
    const { tables } = this.#from;
    const filtered = Object.keys(nodeMeta).length > 0;
    watchTopics(this.#from, watch, TOPIC.serviceNames, ...(filtered ? [TOPIC.nodes] : []));
    const tags = new Map<string, Set<string>>();
    tables.services.scan("", (_, instance) => {
      if (filtered && !hasMeta(findNode(tables, instance.node), nodeMeta)) return true;
      const known = tags.get(instance.service) ?? new Set();
      for (const tag of instance.tags ?? []) known.add(tag);
      tags.set(instance.service, known);
      return true;
    });
    const value = Object.fromEntries([...tags].map(([name, set]) => [name, [...set]]));
    const index = filtered ? Math.max(namesIndex(tables), tables.indexOf("nodes")) : namesIndex(tables);
    return indexedWithin(index, filtered ? tables.indexOf("services", "nodes") : tables.indexOf("services"), value);
  }

  /** By node, then id. Its index is the service's own, also for those that speak Connect for it: they do not move it, as in Consul. */
  serviceNodes(query: ServiceQuery, watch?: WatchSet): Indexed<readonly ServiceWithNode[]> {
    const { tables } = this.#from;
    const { service, connect } = query;
    if (!connect) watchTopics(this.#from, watch, TOPIC.instances(fold(service)));
    const instances = instancesOf(this.#from, query, connect ? watch : undefined);
    const wholeCatalog = ["nodes", "services"] as const;
    const shown = serviceIndex(tables, service, instances.length > 0, wholeCatalog);
    const index = connect ? shown : instancesIndex(tables, service, instances.length > 0, wholeCatalog);
    return indexedWithin(index, shown, matching(tables, instances, query));
  }

  /** By name or by id. Not there: index 1, as in Consul. */
  nodeServices(nameOrId: string, watch?: WatchSet): Indexed<{ readonly node: CatalogNode; readonly services: readonly ServiceInstance[] } | undefined> {
    const { tables } = this.#from;
    const node = findNode(tables, nameOrId) ?? findNodeById(tables, nameOrId);
    watchTopics(this.#from, watch, node === undefined ? TOPIC.nodes : TOPIC.node(fold(node.node)));
    if (node === undefined) return indexed(0, undefined);
    const tableNames = ["nodes", "services"] as const;
    const index = nodeIndex(tables, "node", node.node, tableNames);
    return indexedWithin(index, tables.indexOf(...tableNames), { node, services: tables.services.valuesUnder(under(fold(node.node))) });
  }
}

/** All instances that a query is about, before tags and meta are looked at. */
export function instancesOf(from: Reading, { service, connect }: ServiceQuery, watch: WatchSet | undefined): readonly ServiceInstance[] {
  const { tables } = from;
  watchTopics(from, watch, connect ? TOPIC.connect(fold(service)) : TOPIC.service(fold(service)));
  return (connect ? tables.servicesByConnect : tables.servicesByName).valuesUnder(under(fold(service)));
}

/** Those that have the tags, with their nodes that have the meta. */
export function matching(tables: Tables, instances: readonly ServiceInstance[], { tags, nodeMeta }: ServiceQuery): ServiceWithNode[] {
  const wanted = tags.map(fold);
  const found: ServiceWithNode[] = [];
  for (const service of instances) {
    const node = findNode(tables, service.node);
    const own = (service.tags ?? []).map(fold);
    if (node !== undefined && hasMeta(node, nodeMeta) && wanted.every((tag) => own.includes(tag))) found.push({ service, node });
  }
  return found;
}

export function hasMeta(node: CatalogNode | undefined, wanted: Meta): boolean {
  return Object.entries(wanted).every(([key, value]) => node?.meta?.[key] === value);
}
