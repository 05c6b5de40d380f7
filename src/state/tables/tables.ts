import type { ByteString } from "../../base/byte-string.ts";
import { CowTree, type SavePoint } from "../../base/cow-tree.ts";
import type { AutopilotConfig, CatalogNode, Check, KvEntry, NodeCoordinate, PreparedQuery, Removal, ServiceInstance, Session } from "../../model/index.ts";

/** Names of the tables whose last change is kept, as a blocking query on a whole table compares with it. */
export type TableName = "kvs" | "tombstones" | "sessions" | "nodes" | "services" | "checks" | "prepared-queries" | "coordinates" | "autopilot-config";

/** Stands between the parts of a key of several parts: no name contains it, and it sorts before all others. */
const SEPARATOR = "\0";

export function compound(...parts: readonly string[]): string {
  return parts.join(SEPARATOR);
}

/** The prefix of all compound keys that begin with these parts. */
export function under(...parts: readonly string[]): string {
  return compound(...parts) + SEPARATOR;
}

/** Names of nodes, services and checks are the same in any case. */
export function fold(name: string): string {
  return name.toLowerCase();
}

/**
 * All of the state: trees, so that a snapshot is their roots. The first group is what a snapshot holds; the second is made from it
 * by whoever inserts or removes a row.
 */
export class Tables {
  readonly kv = new CowTree<KvEntry>((entry) => entry.modifyIndex);
  /** Key or prefix that was deleted → index of the deletion. */
  readonly tombstones = new CowTree<number>((index) => index);
  readonly sessions = new CowTree<Session>();
  /** By name. */
  readonly nodes = new CowTree<CatalogNode>();
  /** By node, id. */
  readonly services = new CowTree<ServiceInstance>();
  /** By node, check id. */
  readonly checks = new CowTree<Check>();
  readonly queries = new CowTree<PreparedQuery>();
  /** By node, segment. */
  readonly coordinates = new CowTree<NodeCoordinate>();
  /** One row under the empty key. */
  readonly autopilot = new CowTree<AutopilotConfig>();
  /** By node, kind, id: what was taken out of the catalog for good. */
  readonly removals = new CowTree<Removal>();
  /** Table, or `service.` and a name → index of the last change. */
  readonly indexes = new CowTree<number>();

  /** By session, key: the keys it holds. */
  readonly locks = new CowTree<ByteString>();
  /** By node, id. */
  readonly sessionsByNode = new CowTree<Session>();
  /** By node, check id, session id. */
  readonly sessionsByCheck = new CowTree<string>();
  /** By id → name. */
  readonly nodeIds = new CowTree<string>();
  /** By service name, node, id. */
  readonly servicesByName = new CowTree<ServiceInstance>();
  /** By the service that it speaks Connect for, node, id. */
  readonly servicesByConnect = new CowTree<ServiceInstance>();
  /** By service name, node, check id. */
  readonly checksByService = new CowTree<Check>();
  /** By node, service id (empty: of the node itself), check id. */
  readonly checksByInstance = new CowTree<Check>();
  /** By name → id. */
  readonly queryNames = new CowTree<string>();
  /** By session, id. */
  readonly queriesBySession = new CowTree<string>();

  get #all(): readonly CowTree<unknown>[] {
    return Object.values(this) as CowTree<unknown>[];
  }

  save(): readonly SavePoint<unknown>[] {
    return this.#all.map((tree) => tree.save());
  }

  rollBack(points: readonly SavePoint<unknown>[]): void {
    this.#all.forEach((tree, at) => {
      const point = points[at];
      if (point !== undefined) tree.rollBack(point);
    });
  }

  /** The greatest of the last changes of these tables; 0 when there was none. */
  indexOf(...tables: readonly TableName[]): number {
    return Math.max(0, ...tables.map((table) => this.indexes.get(table) ?? 0));
  }
}
