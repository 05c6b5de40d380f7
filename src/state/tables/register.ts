import { goQuote } from "../../base/go-quote.ts";
import type { Heeds, Registration, Removal, Removed } from "../../model/index.ts";
import { Refusal } from "../outcome.ts";
import type { WriteTx } from "../tx.ts";
import { type CheckGiven, deleteCheck, ensureCheck, findCheck } from "./checks.ts";
import { deleteNode, ensureNode, findNode, sameNode } from "./nodes.ts";
import { bury, findRemoval } from "./removals.ts";
import { deleteService, ensureService, findService } from "./services.ts";
import { fold } from "./tables.ts";

/** Sets a node, and a service and checks on it; what is there already as given moves no index. Consul api-docs, catalog: register. Throws `Refusal`. */
export function applyRegister(tx: WriteTx, { node, skipNodeUpdate, service, checks }: Registration): void {
  const old = findNode(tx.tables, node.node);
  if (old === undefined || (!skipNodeUpdate && !sameNode(old, node))) within("failed inserting node: ", "", () => ensureNode(tx, node));
  if (service !== undefined) within("failed inserting service: ", "", () => ensureService(tx, { ...service, node: node.node }));
  for (const check of checks) registerCheck(tx, node.node, check);
}

/**
 * The same by the agent of the node, which says of a service and of checks which removals concern them: what was removed is not written, and told.
 * A check whose service was removed is not written either: the service is told.
 */
export function applySync(tx: WriteTx, { registration, heeds }: { readonly registration: Registration; readonly heeds: Heeds }): Removed {
  const { node, service, checks } = registration;
  const removedAt = (serviceId: string, checkId: string): number => findRemoval(tx.tables, { node: node.node, serviceId, checkId })?.at ?? 0;
  const written = service !== undefined && removedAt(service.id, "") <= heeds.service;
  const services = new Set(service === undefined || written ? [] : [service.id]);
  const removedChecks: string[] = [];
  const left = checks.filter(({ checkId, serviceId }, at) => {
    const withIt = written && fold(service.id) === fold(serviceId);
    const orphaned = serviceId !== "" && !withIt && removedAt(serviceId, "") > 0;
    const removed = !orphaned && removedAt("", checkId) > (heeds.checks[at] ?? 0);
    if (orphaned) services.add(serviceId);
    if (removed) removedChecks.push(checkId);
    return !orphaned && !removed;
  });
  applyRegister(tx, { ...registration, service: written ? service : undefined, checks: left });
  return { services: [...services], checks: removedChecks };
}

/** Removes a service or a check that is there, and keeps in mind that it was removed: the node's agent may not bring it back (`applySync`). */
export function applyRemove(tx: WriteTx, removal: Omit<Removal, "index">): void {
  const { node, serviceId, checkId } = removal;
  const found = serviceId === "" ? findCheck(tx.tables, node, checkId) : findService(tx.tables, node, serviceId);
  if (found === undefined) return;
  applyDeregister(tx, removal);
  bury(tx, { node, serviceId, checkId: serviceId === "" ? checkId : "", at: removal.at });
}

/** Removes a service or a check, or with neither the node and all on it. What is not there is fine. */
export function applyDeregister(
  tx: WriteTx,
  { node, serviceId, checkId }: { readonly node: string; readonly serviceId: string; readonly checkId: string },
): void {
  if (serviceId !== "") deleteService(tx, node, serviceId);
  else if (checkId !== "") deleteCheck(tx, node, checkId);
  else deleteNode(tx, node);
}

function registerCheck(tx: WriteTx, node: string, check: CheckGiven): void {
  if (check.node !== node) throw new Refusal(`check node ${goQuote(check.node)} does not match node ${goQuote(node)}`);
  within("failed inserting check: ", ` on node ${goQuote(node)}`, () => ensureCheck(tx, check));
}

function within(before: string, after: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    if (error instanceof Refusal) throw new Refusal(`${before}${error.message}${after}`);
    throw error;
  }
}
