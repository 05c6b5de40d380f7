import type { CatalogNode, Check, CheckedInstance, ServiceInstance, ServiceWithNode } from "../model/index.ts";
import { field, type Kind, listOf, mapOf, struct, text, texts, truth, whole } from "./kinds.ts";
import { connect, proxy } from "./proxy.ts";

/** A node with all on it, as the page's own reads give it. */
interface NodeWithAll {
  readonly node: CatalogNode;
  readonly services: readonly ServiceInstance[];
  readonly checks: readonly Check[];
}

const taggedPort = struct<{ readonly address: string; readonly port: number }>({
  Address: field((at) => at.address, text),
  Port: field((at) => at.port, whole),
});
const weights = struct<ServiceInstance["weights"]>({
  Passing: field((given) => given.passing, whole),
  Warning: field((given) => given.warning, whole),
});

/** Rows of `catalog/nodes`. */
export const nodeRow: Kind<CatalogNode> = struct({
  ID: field((row) => row.id, text),
  Node: field((row) => row.node, text),
  Address: field((row) => row.address, text),
  Datacenter: field((row) => row.datacenter, text),
  TaggedAddresses: field((row) => row.taggedAddresses, mapOf(text)),
  Meta: field((row) => row.meta, mapOf(text)),
});

/** Services of `catalog/node`. */
export const serviceRow: Kind<ServiceInstance> = struct({
  Kind: field((row) => row.kind, text),
  ID: field((row) => row.id, text),
  Service: field((row) => row.service, text),
  Tags: field((row) => row.tags, texts),
  Address: field((row) => row.address, text),
  TaggedAddresses: field((row) => row.taggedAddresses, mapOf(taggedPort)),
  Meta: field((row) => row.meta, mapOf(text)),
  Port: field((row) => row.port, whole),
  Weights: field((row) => row.weights, weights),
  EnableTagOverride: field((row) => row.enableTagOverride, truth),
  Proxy: field((row) => row.proxy, proxy),
  Connect: field((row) => row.connect, connect),
});

/** Rows of `catalog/service`: node and service in one. */
export const serviceNodeRow: Kind<ServiceWithNode> = struct({
  ID: field(({ node }) => node.id, text),
  Node: field(({ node }) => node.node, text),
  Address: field(({ node }) => node.address, text),
  Datacenter: field(({ node }) => node.datacenter, text),
  TaggedAddresses: field(({ node }) => node.taggedAddresses, mapOf(text)),
  NodeMeta: field(({ node }) => node.meta, mapOf(text)),
  ServiceKind: field(({ service }) => service.kind, text),
  ServiceID: field(({ service }) => service.id, text),
  ServiceName: field(({ service }) => service.service, text),
  ServiceTags: field(({ service }) => service.tags, texts),
  ServiceAddress: field(({ service }) => service.address, text),
  ServiceTaggedAddresses: field(({ service }) => service.taggedAddresses, mapOf(taggedPort)),
  ServiceWeights: field(({ service }) => service.weights, weights),
  ServiceMeta: field(({ service }) => service.meta, mapOf(text)),
  ServicePort: field(({ service }) => service.port, whole),
  ServiceEnableTagOverride: field(({ service }) => service.enableTagOverride, truth),
  ServiceProxy: field(({ service }) => service.proxy, proxy),
  ServiceConnect: field(({ service }) => service.connect, connect),
});

/** Checks. Their definition cannot be selected, as in Consul. */
export const checkRow: Kind<Check> = struct({
  Node: field((row) => row.node, text),
  CheckID: field((row) => row.checkId, text),
  Name: field((row) => row.name, text),
  Status: field((row) => row.status, text),
  Notes: field((row) => row.notes, text),
  Output: field((row) => row.output, text),
  ServiceID: field((row) => row.serviceId, text),
  ServiceName: field((row) => row.serviceName, text),
  ServiceTags: field((row) => row.serviceTags, texts),
  Type: field((row) => row.type, text),
});

/** Rows of `health/service`. */
export const checkedInstanceRow: Kind<CheckedInstance> = struct({
  Node: field((row) => row.node, nodeRow),
  Service: field((row) => row.service, serviceRow),
  Checks: field((row) => row.checks, listOf(checkRow)),
});

/** Rows of `internal/ui/nodes`: no datacenter, as in Consul. */
export const nodeWithAllRow: Kind<NodeWithAll> = struct({
  ID: field(({ node }) => node.id, text),
  Node: field(({ node }) => node.node, text),
  Address: field(({ node }) => node.address, text),
  TaggedAddresses: field(({ node }) => node.taggedAddresses, mapOf(text)),
  Meta: field(({ node }) => node.meta, mapOf(text)),
  Services: field((row) => row.services, listOf(serviceRow)),
  Checks: field((row) => row.checks, listOf(checkRow)),
});
