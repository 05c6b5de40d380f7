import { quoteJson } from "../../base/json.ts";
import type { CatalogNode, CheckedInstance, ServiceInstance, ServiceWithNode } from "../catalog.ts";
import { writeChecks } from "./check.ts";
import { once } from "./once.ts";
import { writeConnect, writeProxy } from "./proxy.ts";
import { writeList, writeMap, writeTextMap, writeTexts } from "./write.ts";

/** What Consul prints for tags that were never given: a list in the catalog's answers, `null` in a transaction's. */
export type NilTags = "[]" | "null";

export function writeNode(node: CatalogNode): string {
  return `{"ID":${quoteJson(node.id)},"Node":${quoteJson(node.node)},"Address":${quoteJson(node.address)},"Datacenter":${quoteJson(node.datacenter)},"TaggedAddresses":${writeTextMap(node.taggedAddresses)},"Meta":${writeTextMap(node.meta)},"CreateIndex":${node.createIndex},"ModifyIndex":${node.modifyIndex}}`;
}

export function writeNodes(nodes: readonly CatalogNode[]): string {
  return writeList(nodes, writeNode);
}

/** A service as it stands beside its node: in `catalog/node`, `health/service` and transactions. */
export function writeService(service: ServiceInstance, nilTags: NilTags = "[]"): string {
  const kind = service.kind === "" ? "" : `"Kind":${quoteJson(service.kind)},`;
  const tagged = hasMembers(service.taggedAddresses) ? `"TaggedAddresses":${writeAddresses(service)},` : "";
  return `{${kind}"ID":${quoteJson(service.id)},"Service":${quoteJson(service.service)},"Tags":${service.tags === undefined ? nilTags : writeTexts(service.tags)},"Address":${quoteJson(service.address)},${tagged}"Meta":${writeTextMap(service.meta)},"Port":${service.port}${socketOf(service, "SocketPath")},"Weights":${writeWeights(service)},"EnableTagOverride":${service.enableTagOverride},"Proxy":${writeProxy(service.proxy)},"Connect":${writeConnect(service.connect)},"CreateIndex":${service.createIndex},"ModifyIndex":${service.modifyIndex}}`;
}

/** A service with its node's fields in one object: `catalog/service` and `catalog/connect`. */
export function writeServiceNode(instance: ServiceWithNode): string {
  const { node, service } = instance;
  const tagged = hasMembers(service.taggedAddresses) ? `"ServiceTaggedAddresses":${writeAddresses(service)},` : "";
  return `{"ID":${quoteJson(node.id)},"Node":${quoteJson(node.node)},"Address":${quoteJson(node.address)},"Datacenter":${quoteJson(node.datacenter)},"TaggedAddresses":${writeTextMap(node.taggedAddresses)},"NodeMeta":${writeTextMap(node.meta)},"ServiceKind":${quoteJson(service.kind)},"ServiceID":${quoteJson(service.id)},"ServiceName":${quoteJson(service.service)},"ServiceTags":${writeTexts(service.tags ?? [])},"ServiceAddress":${quoteJson(service.address)},${tagged}"ServiceWeights":${writeWeights(service)},"ServiceMeta":${writeTextMap(service.meta ?? {})},"ServicePort":${service.port}${socketOf(service, "ServiceSocketPath")},"ServiceEnableTagOverride":${service.enableTagOverride},"ServiceProxy":${writeProxy(service.proxy)},"ServiceConnect":${writeConnect(service.connect)},"CreateIndex":${service.createIndex},"ModifyIndex":${service.modifyIndex}}`;
}

export const writeServiceNodes = once((instances: readonly ServiceWithNode[]): string => writeList(instances, writeServiceNode));

/** `catalog/node`: services by their id; `null` for a node that is not there. */
export function writeNodeServices(found: { readonly node: CatalogNode; readonly services: readonly ServiceInstance[] } | undefined): string {
  if (found === undefined) return "null";
  const byId = Object.fromEntries(found.services.map((service) => [service.id, service]));
  return `{"Node":${writeNode(found.node)},"Services":${writeMap(byId, (service) => writeService(service))}}`;
}

/** `catalog/node-services`: services as a list; none at all are `null`, none that a filter leaves are an empty one. */
export function writeNodeServiceList(
  found: { readonly node: CatalogNode; readonly services: readonly ServiceInstance[] } | undefined,
  filtered: boolean,
): string {
  if (found === undefined) return `{"Node":null,"Services":null}`;
  const services = found.services.length === 0 && !filtered ? "null" : writeList(found.services, (service) => writeService(service));
  return `{"Node":${writeNode(found.node)},"Services":${services}}`;
}

/** `catalog/services`: names and all their tags. */
export function writeServiceTags(services: Readonly<Record<string, readonly string[]>>): string {
  return writeMap(services, writeTexts);
}

/** `health/service`: instances with the checks of the service and of its node. */
export const writeCheckedInstances = once((instances: readonly CheckedInstance[]): string =>
  writeList(instances, (one) => `{"Node":${writeNode(one.node)},"Service":${writeService(one.service)},"Checks":${writeChecks(one.checks)}}`),
);

/** Only where there is one: Consul 1.8.7 has no such field. */
function socketOf({ socketPath }: ServiceInstance, name: string): string {
  return socketPath === undefined ? "" : `,"${name}":${quoteJson(socketPath)}`;
}

function writeWeights(service: ServiceInstance): string {
  return `{"Passing":${service.weights.passing},"Warning":${service.weights.warning}}`;
}

function writeAddresses(service: ServiceInstance): string {
  return writeMap(service.taggedAddresses, (at) => `{"Address":${quoteJson(at.address)},"Port":${at.port}}`);
}

function hasMembers(map: object | undefined): boolean {
  return map !== undefined && Object.keys(map).length > 0;
}
