import { goQuote } from "../../base/go-quote.ts";
import type { Registration } from "../../model/index.ts";
import { Refusal } from "../outcome.ts";
import type { WriteTx } from "../tx.ts";
import { type CheckGiven, deleteCheck, ensureCheck } from "./checks.ts";
import { deleteNode, ensureNode, findNode, sameNode } from "./nodes.ts";
import { deleteService, ensureService } from "./services.ts";

/** Sets a node, and a service and checks on it; what is there already as given moves no index. Consul api-docs, catalog: register. Throws `Refusal`. */
export function applyRegister(tx: WriteTx, { node, skipNodeUpdate, service, checks }: Registration): void {
  const old = findNode(tx.tables, node.node);
  if (old === undefined || (!skipNodeUpdate && !sameNode(old, node))) within("failed inserting node: ", "", () => ensureNode(tx, node));
  if (service !== undefined) within("failed inserting service: ", "", () => ensureService(tx, { ...service, node: node.node }));
  for (const check of checks) registerCheck(tx, node.node, check);
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
