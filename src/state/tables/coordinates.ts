import type { NodeCoordinate } from "../../model/index.ts";
import { type Indexed, indexed } from "../indexed.ts";
import { type Reading, TOPIC, watchTopics } from "../reading.ts";
import type { WriteTx } from "../tx.ts";
import type { WatchSet } from "../watch.ts";
import { compound, fold, type Tables, under } from "./tables.ts";

/** Sets the coordinates of nodes that are there; others are left out, since a node may go while its update is on the way. */
export function applyCoordinates(tx: WriteTx, updates: readonly NodeCoordinate[]): void {
  for (const update of updates) {
    if (tx.tables.nodes.get(fold(update.node)) === undefined) continue;
    insertCoordinate(tx.tables, update);
    changed(tx, update.node);
  }
  tx.bump("coordinates");
}

export function deleteCoordinates(tx: WriteTx, node: string): void {
  if (tx.tables.coordinates.deletePrefix(under(fold(node))) > 0) changed(tx, node);
}

export function insertCoordinate(tables: Tables, update: NodeCoordinate): void {
  tables.coordinates.set(compound(fold(update.node), update.segment), update);
}

function changed(tx: WriteTx, node: string): void {
  tx.bump("coordinates");
  tx.changedTopic(TOPIC.coordinates);
  tx.changedTopic(TOPIC.coordinatesOfNode(fold(node)));
}

/** Reads of coordinates; their index is the table's. */
export class CoordinateReader {
  readonly #from: Reading;

  constructor(from: Reading) {
    this.#from = from;
  }

  node(node: string, watch?: WatchSet): Indexed<readonly NodeCoordinate[]> {
    watchTopics(this.#from, watch, TOPIC.coordinatesOfNode(fold(node)));
    return this.#indexed(this.#from.tables.coordinates.valuesUnder(under(fold(node))));
  }

  list(watch?: WatchSet): Indexed<readonly NodeCoordinate[]> {
    watchTopics(this.#from, watch, TOPIC.coordinates);
    return this.#indexed(this.#from.tables.coordinates.valuesUnder(""));
  }

  #indexed<T>(value: T): Indexed<T> {
    return indexed(this.#from.tables.indexOf("coordinates"), value);
  }
}
