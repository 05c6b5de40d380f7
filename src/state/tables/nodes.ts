import { deepEqual } from "../../base/deep-equal.ts";
import { goQuote } from "../../base/go-quote.ts";
import type { CatalogNode } from "../../model/index.ts";
import { Refusal } from "../outcome.ts";
import { TOPIC } from "../reading.ts";
import type { WriteTx } from "../tx.ts";
import { deleteCheck } from "./checks.ts";
import { deleteCoordinates } from "./coordinates.ts";
import { bumpNode, extinguishNode } from "./node-index.ts";
import { bumpServicesOfNode } from "./service-index.ts";
import { deleteService } from "./services.ts";
import { endSessionsOfNode } from "./sessions.ts";
import { compound, fold, type Tables, under } from "./tables.ts";

export type NodeGiven = Omit<CatalogNode, "createIndex" | "modifyIndex">;

export function findNode(tables: Tables, name: string): CatalogNode | undefined {
  return tables.nodes.get(fold(name));
}

export function findNodeById(tables: Tables, id: string): CatalogNode | undefined {
  const name = id === "" ? undefined : tables.nodeIds.get(fold(id));
  return name === undefined ? undefined : tables.nodes.get(name);
}

/**
 * Sets a node. One with the same id under another name is renamed: all that belonged to the old name goes. A name that belongs to a node with
 * another id, or is the same but for case, is refused while that node's `serfHealth` is not critical. Throws `Refusal`.
 */
export function ensureNode(tx: WriteTx, given: NodeGiven): void {
  const { tables } = tx;
  const old = nodeToReplace(tx, given) ?? findNode(tables, given.node);
  if (given.node === "") throw new Refusal("object missing primary index");
  const node: CatalogNode = { ...given, createIndex: old?.createIndex ?? tx.index, modifyIndex: tx.index };
  if (old !== undefined && sameNode(old, node)) return;
  const replaced = findNode(tables, given.node);
  if (replaced !== undefined && replaced.id !== "") tables.nodeIds.delete(fold(replaced.id));
  insertNode(tables, node);
  changed(tx, node.node);
  bumpServicesOfNode(tx, node.node);
}

/** Removes a node with its services, checks, coordinates and sessions; nothing happens when there is none. */
export function deleteNode(tx: WriteTx, name: string): void {
  const { tables } = tx;
  const node = findNode(tables, name);
  if (node === undefined) return;
  const mine = under(fold(name));
  for (const { id } of tables.services.valuesUnder(mine)) deleteService(tx, name, id);
  for (const { checkId } of tables.checks.valuesUnder(mine)) deleteCheck(tx, name, checkId);
  deleteCoordinates(tx, name);
  tables.nodes.delete(fold(name));
  if (node.id !== "") tables.nodeIds.delete(fold(node.id));
  changed(tx, name);
  extinguishNode(tx, name);
  endSessionsOfNode(tx, name);
}

/** Puts a row and what is derived from it. */
export function insertNode(tables: Tables, node: CatalogNode): void {
  tables.nodes.set(fold(node.node), node);
  if (node.id !== "") tables.nodeIds.set(fold(node.id), fold(node.node));
}

/** Whether two rows say the same, whatever their indexes. */
export function sameNode(a: NodeGiven, b: NodeGiven): boolean {
  return (
    a.id === b.id &&
    a.node === b.node &&
    a.address === b.address &&
    a.datacenter === b.datacenter &&
    deepEqual(a.taggedAddresses, b.taggedAddresses) &&
    deepEqual(a.meta, b.meta)
  );
}

/** The node that has this id. When it has another name it is removed under that name. */
function nodeToReplace(tx: WriteTx, given: NodeGiven): CatalogNode | undefined {
  if (given.id === "") return undefined;
  const old = findNodeById(tx.tables, given.id);
  if (old === undefined) {
    const taken = nameTaken(tx.tables, given, true);
    if (taken !== undefined) throw new Refusal(`Error while renaming Node ID: ${goQuote(given.id)}: ${taken}`);
  } else if (old.node !== given.node) {
    const taken = nameTaken(tx.tables, given, false);
    if (taken !== undefined) throw new Refusal(`Error while renaming Node ID: ${goQuote(given.id)} (${given.address}): ${taken}`);
    deleteNode(tx, old.node);
  }
  return old;
}

/** Who has the name and is alive, in Consul's words. A node without id may be given one. */
function nameTaken(tables: Tables, given: NodeGiven, mayLackId: boolean): string | undefined {
  const holder = findNode(tables, given.node);
  if (holder === undefined || holder.id === given.id || (holder.id === "" && mayLackId)) return undefined;
  const health = tables.checks.get(compound(fold(holder.node), fold("serfHealth")));
  if (health === undefined || health.status === "critical") return undefined;
  return `Node name ${given.node} is reserved by node ${holder.id} with name ${holder.node} (${holder.address})`;
}

function changed(tx: WriteTx, name: string): void {
  tx.bump("nodes");
  bumpNode(tx, "node", name);
  tx.changedTopic(TOPIC.nodes);
  tx.changedTopic(TOPIC.node(fold(name)));
}
