import { deepEqual } from "../../base/deep-equal.ts";
import type { Check } from "../../model/index.ts";
import { Refusal } from "../outcome.ts";
import { TOPIC } from "../reading.ts";
import type { WriteTx } from "../tx.ts";
import { bumpNode } from "./node-index.ts";
import { forgetRemoval } from "./removals.ts";
import { bumpService, bumpServicesOfNode } from "./service-index.ts";
import { endSessionsOfCheck } from "./sessions.ts";
import { compound, fold, type Tables } from "./tables.ts";

/** Those that have an index of their own; of other words there is no end. */
const STATUSES: ReadonlySet<string> = new Set(["passing", "warning", "critical"]);
const stateIndexName = (status: string): string => `checks.${status}`;

export type CheckGiven = Omit<Check, "createIndex" | "modifyIndex">;

export function findCheck(tables: Tables, node: string, checkId: string): Check | undefined {
  return tables.checks.get(compound(fold(node), fold(checkId)));
}

/**
 * Sets a check of a node or of a service on it. A critical one ends the sessions that are bound to it, also when it was critical before.
 * A check of a node moves the index of all services there. Writing the same again moves the table's index alone. Throws `Refusal`.
 */
export function ensureCheck(tx: WriteTx, given: CheckGiven): void {
  const { tables } = tx;
  const old = findCheck(tables, given.node, given.checkId);
  if (tables.nodes.get(fold(given.node)) === undefined) throw new Refusal("Missing node registration");
  const service = given.serviceId === "" ? undefined : tables.services.get(compound(fold(given.node), fold(given.serviceId)));
  if (given.serviceId !== "" && service === undefined) throw new Refusal("Missing service registration");
  if (given.checkId === "") throw new Refusal("failed inserting check: object missing primary index");
  forgetRemoval(tx, { node: given.node, serviceId: "", checkId: given.checkId });

  const check: Check = {
    ...given,
    status: given.status === "" ? "critical" : given.status,
    serviceName: service === undefined ? given.serviceName : service.service,
    serviceTags: service === undefined ? given.serviceTags : (service.tags ?? []),
    createIndex: old?.createIndex ?? tx.index,
    modifyIndex: tx.index,
  };
  const modified = old === undefined || !sameCheck(old, check);
  if (modified && service !== undefined) bumpService(tx, service, "checks");
  if (modified && service === undefined) bumpServicesOfNode(tx, given.node, "checks");
  if (check.status === "critical") endSessionsOfCheck(tx, given.node, given.checkId);
  if (!modified) {
    tx.bump("checks"); // Consul writes the row again: the index that is shown moves, and nobody is woken
    return;
  }
  if (old !== undefined) removeCheck(tx, old);
  insertCheck(tables, check);
  changed(tx, check);
}

/** Removes a check and ends the sessions bound to it; nothing happens when there is none. */
export function deleteCheck(tx: WriteTx, node: string, checkId: string): void {
  const { tables } = tx;
  const check = findCheck(tables, node, checkId);
  if (check === undefined) return;
  const service = check.serviceId === "" ? undefined : tables.services.get(compound(fold(node), fold(check.serviceId)));
  if (service !== undefined) bumpService(tx, service, "checks");
  else if (check.serviceId === "") {
    bumpServicesOfNode(tx, node, "checks");
    tx.bump("services"); // as Consul does, though no service has changed
  }
  removeCheck(tx, check);
  endSessionsOfCheck(tx, node, checkId);
}

/** The index of the checks in a state, which checks in other states do not move, as they do in Consul. */
export function stateIndex(tables: Tables, status: string): number {
  return tables.indexes.get(stateIndexName(status)) ?? tables.indexOf("checks");
}

/** Puts a row and what is derived from it. */
export function insertCheck(tables: Tables, check: Check): void {
  const key = compound(fold(check.node), fold(check.checkId));
  tables.checks.set(key, check);
  tables.checksByInstance.set(instanceKey(check), check);
  if (check.serviceName !== "") tables.checksByService.set(compound(fold(check.serviceName), key), check);
}

function instanceKey({ node, serviceId, checkId }: Check): string {
  return compound(fold(node), fold(serviceId), fold(checkId));
}

function removeCheck(tx: WriteTx, check: Check): void {
  const key = compound(fold(check.node), fold(check.checkId));
  tx.tables.checks.delete(key);
  tx.tables.checksByInstance.delete(instanceKey(check));
  if (check.serviceName !== "") tx.tables.checksByService.delete(compound(fold(check.serviceName), key));
  changed(tx, check);
}

function changed(tx: WriteTx, check: Check): void {
  tx.bump("checks");
  bumpNode(tx, "node-checks", check.node);
  if (STATUSES.has(check.status)) tx.tables.indexes.set(stateIndexName(check.status), tx.index);
  tx.changedTopic(TOPIC.checks);
  tx.changedTopic(TOPIC.checksOfNode(fold(check.node)));
  tx.changedTopic(TOPIC.checksInState(check.status));
  if (check.serviceName !== "") tx.changedTopic(TOPIC.checksOfService(fold(check.serviceName)));
}

/** Its type does not count: Consul does not compare it. */
function sameCheck(a: Check, b: Check): boolean {
  return deepEqual({ ...a, type: "", createIndex: 0, modifyIndex: 0 }, { ...b, type: "", createIndex: 0, modifyIndex: 0 });
}
