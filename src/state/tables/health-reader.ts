import type { Check, CheckedInstance, ServiceInstance } from "../../model/index.ts";
import { type Indexed, indexed, indexedWithin } from "../indexed.ts";
import { type Reading, TOPIC, watchTopics } from "../reading.ts";
import type { WatchSet } from "../watch.ts";
import { hasMeta, instancesOf, type Meta, matching, type ServiceQuery } from "./catalog-reader.ts";
import { stateIndex } from "./checks.ts";
import { checksOfNodeIndex } from "./node-index.ts";
import { findNode } from "./nodes.ts";
import { checksIndex, connectIndex, serviceIndex } from "./service-index.ts";
import { fold, type Tables, under } from "./tables.ts";

const ALL_TABLES = ["nodes", "services", "checks"] as const;

/** Reads of checks. Consul api-docs, health. */
export class HealthReader {
  readonly #from: Reading;

  constructor(from: Reading) {
    this.#from = from;
  }

  node(node: string, watch?: WatchSet): Indexed<readonly Check[]> {
    const { tables } = this.#from;
    watchTopics(this.#from, watch, TOPIC.checksOfNode(fold(node)));
    return indexedWithin(checksOfNodeIndex(tables, node), tables.indexOf("checks"), tables.checks.valuesUnder(under(fold(node))));
  }

  /** With meta the service's own index is shown, as in Consul. */
  checks(service: string, nodeMeta: Meta, watch?: WatchSet): Indexed<readonly Check[]> {
    const { tables } = this.#from;
    const checks = tables.checksByService.valuesUnder(under(fold(service)));
    watchTopics(this.#from, watch, TOPIC.checksOfService(fold(service)));
    const index = checksIndex(tables, service);
    // Nor does a service without checks move it.
    if (Object.keys(nodeMeta).length === 0) return indexedWithin(Math.min(index, tables.indexOf("checks")), tables.indexOf("checks"), checks);
    watchTopics(this.#from, watch, TOPIC.service(fold(service)));
    return indexed(index, this.#onNodes(checks, nodeMeta));
  }

  /** `any`: all. */
  state(state: string, nodeMeta: Meta, watch?: WatchSet): Indexed<readonly Check[]> {
    const { tables } = this.#from;
    const filtered = Object.keys(nodeMeta).length > 0;
    watchTopics(this.#from, watch, state === "any" ? TOPIC.checks : TOPIC.checksInState(state), ...(filtered ? [TOPIC.nodes] : []));
    const checks = tables.checks.valuesUnder("").filter(({ status }) => state === "any" || status === state);
    // With meta the nodes are looked at as well; a node that changed is not seen by the state's index.
    const index = state === "any" ? tables.indexOf("checks") : stateIndex(tables, state);
    if (!filtered) return indexedWithin(index, tables.indexOf("checks"), checks);
    return indexedWithin(Math.max(index, tables.indexOf("nodes")), tables.indexOf("checks"), this.#onNodes(checks, nodeMeta));
  }

  /** Instances with their nodes, and the checks of both. */
  serviceNodes(query: ServiceQuery, watch?: WatchSet): Indexed<readonly CheckedInstance[]> {
    const { tables } = this.#from;
    const instances = instancesOf(this.#from, query, watch);
    const { service: name, connect } = query;
    const found = matching(tables, instances, query).map(({ service, node }) => ({ service, node, checks: checksOfInstance(tables, service) }));
    if (!connect) return indexed(serviceIndex(tables, name, instances.length > 0, ALL_TABLES), found);
    return indexedWithin(connectIndex(tables, name, ALL_TABLES), shownConnectIndex(tables, name, instances), found);
  }

  #onNodes(checks: readonly Check[], nodeMeta: Meta): readonly Check[] {
    return checks.filter(({ node }) => hasMeta(findNode(this.#from.tables, node), nodeMeta));
  }
}

/** Consul shows the newest index of the services that speak for this one, under their own names; where there are none that of a service that is not there. */
function shownConnectIndex(tables: Tables, name: string, instances: readonly ServiceInstance[]): number {
  if (instances.length === 0) return serviceIndex(tables, name, false, ALL_TABLES);
  return Math.max(...new Set(instances.map(({ service }) => serviceIndex(tables, service, true, ALL_TABLES))));
}

/** Those of its node, then its own. */
export function checksOfInstance(tables: Tables, { node, id }: ServiceInstance): readonly Check[] {
  const ofNode = tables.checksByInstance.valuesUnder(under(fold(node), ""));
  const own = tables.checksByInstance.valuesUnder(under(fold(node), fold(id)));
  return ofNode.length === 0 ? own : [...ofNode, ...own];
}
