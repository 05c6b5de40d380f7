import { goQuote } from "../base/go-quote.ts";
import { type CatalogNode, type TxnResult, uuidFault } from "../model/index.ts";
import { Refusal } from "./outcome.ts";
import { type CheckGiven, deleteCheck, ensureCheck, findCheck } from "./tables/checks.ts";
import { deleteNode, ensureNode, findNode, findNodeById, type NodeGiven } from "./tables/nodes.ts";
import { applyRemove } from "./tables/register.ts";
import { deleteService, ensureService, findService, type ServiceGiven } from "./tables/services.ts";
import type { WriteTx } from "./tx.ts";

/** A node, service or check as an operation of a transaction sees it. */
export interface Target {
  /** Its kind and name, as error texts have it. */
  readonly what: string;
  /** Of a `cas` whose condition held, a refusal is not told. */
  readonly hidesFaults: boolean;
  /** What a read gives. */
  find(): { readonly result: TxnResult } | undefined;
  /** The row whose index a condition compares with. */
  stored(): { readonly modifyIndex: number } | undefined;
  put(): void;
  remove(): void;
}

/** Read by id when one is given, but compared and deleted by name, as in Consul. */
export function nodeTarget(tx: WriteTx, given: NodeGiven): Target {
  const find = (): CatalogNode | undefined => (given.id === "" ? findNode(tx.tables, given.node) : nodeById(tx, given.id));
  return {
    what: `node ${goQuote(given.node)}`,
    hidesFaults: true,
    find: () => wrap(find(), (node) => ({ kind: "node", node })),
    stored: () => findNode(tx.tables, given.node),
    put: () => ensureNode(tx, given),
    remove: () => deleteNode(tx, given.node),
  };
}

export function serviceTarget(tx: WriteTx, given: ServiceGiven, removedAt: number | undefined): Target {
  const find = () => findService(tx.tables, given.node, given.id);
  return {
    hidesFaults: false,
    what: `service ${goQuote(given.id)} on node ${goQuote(given.node)}`,
    find: () => wrap(find(), (service) => ({ kind: "service", service })),
    stored: find,
    put: () => ensureService(tx, given),
    remove: () => {
      if (removedAt === undefined) deleteService(tx, given.node, given.id);
      else applyRemove(tx, { node: given.node, serviceId: given.id, checkId: "", at: removedAt });
    },
  };
}

export function checkTarget(tx: WriteTx, given: CheckGiven, removedAt: number | undefined): Target {
  const find = () => findCheck(tx.tables, given.node, given.checkId);
  return {
    hidesFaults: true,
    what: `check ${goQuote(given.checkId)} on node ${goQuote(given.node)}`,
    find: () => wrap(find(), (check) => ({ kind: "check", check })),
    stored: find,
    put: () => ensureCheck(tx, given),
    remove: () => {
      if (removedAt === undefined) deleteCheck(tx, given.node, given.checkId);
      else applyRemove(tx, { node: given.node, serviceId: "", checkId: given.checkId, at: removedAt });
    },
  };
}

function nodeById(tx: WriteTx, id: string): CatalogNode | undefined {
  const fault = uuidFault(id);
  if (fault !== undefined) throw new Refusal(`node lookup by ID failed, wrong UUID: ${fault} for '${id}'`);
  return findNodeById(tx.tables, id);
}

function wrap<T>(row: T | undefined, result: (row: T) => TxnResult): { readonly result: TxnResult } | undefined {
  return row === undefined ? undefined : { result: result(row) };
}
