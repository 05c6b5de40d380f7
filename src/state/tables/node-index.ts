import type { WriteTx } from "../tx.ts";
import { fold, type TableName, type Tables } from "./tables.ts";

/** Index of the last time that any node was removed. */
const EXTINCTION = "node_last_extinction";
/** What of a node has an index of its own: its row with its services, or its checks. */
type Part = "node" | "node-checks";

/** This part of a node changed. */
export function bumpNode(tx: WriteTx, part: Part, node: string): void {
  tx.tables.indexes.set(indexName(part, node), tx.index);
}

/** The node is gone: its indexes go, and the common one for what is not there grows. */
export function extinguishNode(tx: WriteTx, node: string): void {
  for (const part of ["node", "node-checks"] as const) tx.tables.indexes.delete(indexName(part, node));
  tx.tables.indexes.set(EXTINCTION, tx.index);
}

/**
 * The index of a part of one node: its own; for checks where there never was any, that of the node; for a node that is not there that of the last
 * removal of any node, and before there was one that of the tables. So it never falls, and other nodes do not move it, as they do in Consul.
 */
export function nodeIndex(tables: Tables, part: Part, node: string, wholeTables: readonly TableName[]): number {
  const { indexes } = tables;
  return indexes.get(indexName(part, node)) ?? indexes.get(indexName("node", node)) ?? indexes.get(EXTINCTION) ?? tables.indexOf(...wholeTables);
}

/**
 * The index of the checks of one node: their own, and where there never was any that of the last removal of any node, which may have taken some
 * with it. As far as the index of all checks, which Consul has in its place.
 */
export function checksOfNodeIndex(tables: Tables, node: string): number {
  const { indexes } = tables;
  return Math.min(indexes.get(indexName("node-checks", node)) ?? indexes.get(EXTINCTION) ?? 0, tables.indexOf("checks"));
}

function indexName(part: Part, node: string): string {
  return `${part}.${fold(node)}`;
}
