import type { ServiceInstance } from "../../model/index.ts";
import { TOPIC } from "../reading.ts";
import type { WriteTx } from "../tx.ts";
import { fold, type TableName, type Tables, under } from "./tables.ts";

/** An instance, as far as it says of which services it is one. */
type Named = Pick<ServiceInstance, "service" | "connect" | "kind" | "proxy">;

/** Index of the last time that any service lost its last instance. */
const EXTINCTION = "service_last_extinction";
/** Index of the last time that a name of a service, or a tag of an instance, came or went. */
const NAMES = "service_names";
/** Index of the last change of any instance, its node or its checks. */
const INSTANCES = "service_instances";
const instancesName = (service: string): string => `instances.${fold(service)}`;
const indexName = (service: string): string => `service.${fold(service)}`;
const connectIndexName = (service: string): string => `connect.${fold(service)}`;

/** What the list of services shows has changed: names, and tags of instances. */
export function bumpNames(tx: WriteTx): void {
  tx.tables.indexes.set(NAMES, tx.index);
  tx.changedTopic(TOPIC.serviceNames);
}

/** The index of the list of services. Unlike Consul's, which is that of all services, it stands still when an instance changes in anything else. */
export function namesIndex(tables: Tables): number {
  return tables.indexes.get(NAMES) ?? tables.indexOf("services");
}

/** What of a service has changed: instances or their nodes, or only their checks. */
type Part = "instances" | "checks";

/** Instances of this service, their nodes or their checks changed. */
export function bumpService(tx: WriteTx, instance: Named, part: Part = "instances"): void {
  tx.tables.indexes.set(indexName(instance.service), tx.index);
  if (part === "instances") tx.tables.indexes.set(instancesName(instance.service), tx.index);
  changedService(tx, instance, part);
}

/** The service lost its last instance: its own index goes, and the common one for what is not there grows. */
export function extinguishService(tx: WriteTx, instance: ServiceInstance): void {
  tx.tables.indexes.delete(indexName(instance.service));
  tx.tables.indexes.delete(instancesName(instance.service));
  tx.tables.indexes.set(EXTINCTION, tx.index);
  changedService(tx, instance, "instances");
}

/** A node, or a check of it, is part of what is told of every service on it. */
export function bumpServicesOfNode(tx: WriteTx, node: string, part: Part = "instances"): void {
  for (const instance of tx.tables.services.valuesUnder(under(fold(node)))) bumpService(tx, instance, part);
}

/**
 * The index of what is told of one service: its own while it has instances; when it has none that of the last extinction of any service,
 * and before there was one, that of the whole catalog. So it never falls, and other services do not move it.
 */
export function serviceIndex(tables: Tables, service: string, found: boolean, wholeCatalog: readonly TableName[]): number {
  const extinct = found ? undefined : tables.indexes.get(EXTINCTION);
  return extinct ?? tables.indexes.get(indexName(service)) ?? tables.indexOf(...wholeCatalog);
}

/** The same of its instances without their checks. Unlike Consul's, which is the service's, checks that turn do not move it. */
export function instancesIndex(tables: Tables, service: string, found: boolean, wholeCatalog: readonly TableName[]): number {
  const own = found ? tables.indexes.get(instancesName(service)) : undefined;
  return own ?? serviceIndex(tables, service, found, wholeCatalog);
}

/** The index of all instances with their checks: nodes without services do not move it. */
export function allInstancesIndex(tables: Tables): number {
  return tables.indexes.get(INSTANCES) ?? tables.indexOf("nodes", "services", "checks");
}

/**
 * The index of the checks of a service, which is the service's own as well. Unlike Consul's, which is that of all checks, others do not move it.
 */
export function checksIndex(tables: Tables, service: string): number {
  return serviceIndex(tables, service, tables.indexes.get(indexName(service)) !== undefined, ["nodes", "services", "checks"]);
}

/** The index of what is told of those that speak Connect for a service: it moves with them, under whatever names they are registered; before there were any, as for a service that is not there. */
export function connectIndex(tables: Tables, service: string, wholeCatalog: readonly TableName[]): number {
  return tables.indexes.get(connectIndexName(service)) ?? serviceIndex(tables, service, false, wholeCatalog);
}

/** The service that an instance speaks Connect for: its own when native, its destination when a proxy. */
export function connectName(instance: Named): string | undefined {
  if (instance.kind === "connect-proxy") {
    const destination = memberOf(instance.proxy, "DestinationServiceName");
    return typeof destination === "string" ? destination : undefined;
  }
  return memberOf(instance.connect, "Native") === true ? instance.service : undefined;
}

function changedService(tx: WriteTx, instance: Named, part: Part): void {
  tx.tables.indexes.set(INSTANCES, tx.index);
  tx.changedTopic(TOPIC.allInstances);
  tx.changedTopic(TOPIC.service(fold(instance.service)));
  if (part === "instances") tx.changedTopic(TOPIC.instances(fold(instance.service)));
  const connect = connectName(instance);
  if (connect === undefined) return;
  tx.tables.indexes.set(connectIndexName(connect), tx.index);
  tx.changedTopic(TOPIC.connect(fold(connect)));
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}
