import {
  anyAddress,
  type CatalogNode,
  type CheckedInstance,
  nodeAddresses,
  reachedPort,
  type ServiceInstance,
  type ServiceWithNode,
  serviceAddresses,
} from "../model/index.ts";
import type { World } from "./route.ts";

/**
 * Addresses of another datacenter as one reaches them from here. `translate_wan_addrs`; Consul translates in catalog, health and executed queries, and leaves
 * transactions and what its page asks for alone (seen on 1.8.7). An empty `datacenter` is our own. What is not to be translated comes back as it is.
 */
export function translatesFrom(world: World, datacenter: string): boolean {
  return world.config.translateWanAddrs && datacenter !== "" && datacenter !== world.config.datacenter;
}

export function translatedNode(node: CatalogNode): CatalogNode {
  return { ...node, address: anyAddress(nodeAddresses(node, true)) };
}

export function translatedService(service: ServiceInstance): ServiceInstance {
  return { ...service, address: anyAddress(serviceAddresses(service, true)), port: reachedPort(service, true) };
}

/** An instance with its node, and with its checks where it has them. */
export function translatedInstance<T extends ServiceWithNode | CheckedInstance>(instance: T): T {
  return { ...instance, node: translatedNode(instance.node), service: translatedService(instance.service) };
}

/** A list from `datacenter`, each of its members translated by `translate` if that is far. */
export function translatedFrom<T>(world: World, datacenter: string, list: readonly T[], translate: (one: T) => T): readonly T[] {
  return translatesFrom(world, datacenter) ? list.map(translate) : list;
}
