import { deepEqual } from "../../base/deep-equal.ts";
import { metaFault, type ServiceInstance } from "../../model/index.ts";
import { Refusal } from "../outcome.ts";
import { TOPIC } from "../reading.ts";
import type { WriteTx } from "../tx.ts";
import { deleteCheck } from "./checks.ts";
import { bumpNode } from "./node-index.ts";
import { forgetRemoval } from "./removals.ts";
import { bumpNames, bumpService, connectName, extinguishService } from "./service-index.ts";
import { compound, fold, type Tables, under } from "./tables.ts";

export type ServiceGiven = Omit<ServiceInstance, "createIndex" | "modifyIndex">;

export function findService(tables: Tables, node: string, id: string): ServiceInstance | undefined {
  return tables.services.get(compound(fold(node), fold(id)));
}

/** Sets an instance of a service. Writing the same again moves nothing. Throws `Refusal`. */
export function ensureService(tx: WriteTx, given: ServiceGiven): void {
  const { tables } = tx;
  if (tables.nodes.get(fold(given.node)) === undefined) throw new Refusal("Missing node registration");
  const old = findService(tables, given.node, given.id);
  const fault = metaFault(given.meta);
  if (fault !== undefined) throw new Refusal(`Invalid Service Meta for node ${given.node} and serviceID ${given.id}: ${fault}`);
  if (given.id === "") throw new Refusal("failed inserting service: object missing primary index");
  forgetRemoval(tx, { node: given.node, serviceId: given.id, checkId: "" });
  const instance: ServiceInstance = { ...given, createIndex: old?.createIndex ?? tx.index, modifyIndex: tx.index };
  if (old !== undefined && deepEqual({ ...old, modifyIndex: 0 }, { ...instance, modifyIndex: 0 })) return;
  if (old !== undefined) {
    removeDerived(tables, old);
    // An instance under another name has left its old service. Consul 1.8.7 forgets to move that one's index.
    if (fold(old.service) !== fold(instance.service)) left(tx, old);
    else if (connectName(old) !== connectName(instance)) bumpService(tx, old);
  }
  insertService(tables, instance);
  changed(tx, instance);
  if (old?.service !== instance.service || !deepEqual(old.tags, instance.tags)) bumpNames(tx);
  bumpService(tx, instance);
}

/** Removes an instance and its checks; nothing happens when there is none. */
export function deleteService(tx: WriteTx, node: string, id: string): void {
  const { tables } = tx;
  const instance = findService(tables, node, id);
  if (instance === undefined) return;
  for (const check of tables.checksByInstance.valuesUnder(under(fold(node), fold(id)))) deleteCheck(tx, node, check.checkId);
  tx.bump("checks");
  tables.services.delete(compound(fold(node), fold(id)));
  removeDerived(tables, instance);
  changed(tx, instance);
  bumpNames(tx);
  left(tx, instance);
}

/** Puts a row and what is derived from it. */
export function insertService(tables: Tables, instance: ServiceInstance): void {
  const key = compound(fold(instance.node), fold(instance.id));
  tables.services.set(key, instance);
  tables.servicesByName.set(compound(fold(instance.service), key), instance);
  const connect = connectName(instance);
  if (connect !== undefined) tables.servicesByConnect.set(compound(fold(connect), key), instance);
}

function removeDerived(tables: Tables, instance: ServiceInstance): void {
  const key = compound(fold(instance.node), fold(instance.id));
  tables.servicesByName.delete(compound(fold(instance.service), key));
  const connect = connectName(instance);
  if (connect !== undefined) tables.servicesByConnect.delete(compound(fold(connect), key));
}

function left(tx: WriteTx, instance: ServiceInstance): void {
  const next = tx.tables.servicesByName.ceiling(under(fold(instance.service)));
  if (next?.startsWith(under(fold(instance.service))) === true) bumpService(tx, instance);
  else extinguishService(tx, instance);
}

function changed(tx: WriteTx, instance: ServiceInstance): void {
  tx.bump("services");
  bumpNode(tx, "node", instance.node);
  tx.changedTopic(TOPIC.services);
  tx.changedTopic(TOPIC.node(fold(instance.node)));
}
