import type { CheckedInstance, NodeWithAll } from "../../model/index.ts";
import { type Indexed, indexed, indexedWithin } from "../indexed.ts";
import { type Reading, TOPIC, watchTopics } from "../reading.ts";
import type { WatchSet } from "../watch.ts";
import { hasMeta, type Meta } from "./catalog-reader.ts";
import { checksOfInstance } from "./health-reader.ts";
import { nodeIndex } from "./node-index.ts";
import { findNode } from "./nodes.ts";
import { allInstancesIndex } from "./service-index.ts";
import { fold, type Tables, under } from "./tables.ts";

const ALL_TABLES = ["nodes", "services", "checks"] as const;
const ALL_TOPICS = [TOPIC.nodes, TOPIC.services, TOPIC.checks] as const;

/** Reads of the whole catalog at once. Their index is that of the catalog. */
export class DumpReader {
  readonly #from: Reading;

  constructor(from: Reading) {
    this.#from = from;
  }

  nodes(watch?: WatchSet): Indexed<readonly NodeWithAll[]> {
    const { tables } = this.#from;
    watchTopics(this.#from, watch, ...ALL_TOPICS);
    return indexed(
      tables.indexOf(...ALL_TABLES),
      tables.nodes.valuesUnder("").flatMap((node) => withAll(tables, node.node) ?? []),
    );
  }

  /** By name. */
  node(name: string, watch?: WatchSet): Indexed<NodeWithAll | undefined> {
    const { tables } = this.#from;
    watchTopics(this.#from, watch, TOPIC.node(fold(name)), TOPIC.checksOfNode(fold(name)));
    const index = Math.max(nodeIndex(tables, "node", name, ["nodes", "services"]), nodeIndex(tables, "node-checks", name, ["checks"]));
    return indexedWithin(index, tables.indexOf(...ALL_TABLES), withAll(tables, name));
  }

  /** Instances of all services on nodes that have the meta, by name of service, node and id. */
  instances(nodeMeta: Meta, watch?: WatchSet): Indexed<readonly CheckedInstance[]> {
    const { tables } = this.#from;
    watchTopics(this.#from, watch, TOPIC.allInstances);
    const value: CheckedInstance[] = [];
    tables.servicesByName.scan("", (_, service) => {
      const node = findNode(tables, service.node);
      if (node !== undefined && hasMeta(node, nodeMeta)) value.push({ service, node, checks: checksOfInstance(tables, service) });
      return true;
    });
    return indexedWithin(allInstancesIndex(tables), tables.indexOf(...ALL_TABLES), value);
  }
}

function withAll(tables: Tables, name: string): NodeWithAll | undefined {
  const node = findNode(tables, name);
  if (node === undefined) return undefined;
  const mine = under(fold(name));
  return { node, services: tables.services.valuesUnder(mine), checks: tables.checks.valuesUnder(mine) };
}
