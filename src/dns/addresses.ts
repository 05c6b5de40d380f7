import { type CatalogNode, nodeAddresses, type OfferedAddresses, reachedPort, type ServiceInstance, serviceAddresses } from "../model/index.ts";
import { TYPE } from "./codes.ts";
import type { DnsPlace } from "./settings.ts";

/** The address of a node for a question of this type: an IP, a name, or empty when it has none. */
export function nodeAddress(node: CatalogNode, type: number, datacenter: string, place: DnsPlace): string {
  return chosen(type, nodeAddresses(node, isFar(datacenter, place)));
}

/** The same of a service; empty too when it has no address of its own. */
export function serviceAddress(service: ServiceInstance, type: number, datacenter: string, place: DnsPlace): string {
  return chosen(type, serviceAddresses(service, isFar(datacenter, place)));
}

/** The port that goes with it. */
export function servicePort(service: ServiceInstance, datacenter: string, place: DnsPlace): number {
  return reachedPort(service, isFar(datacenter, place));
}

function isFar(datacenter: string, place: DnsPlace): boolean {
  return place.translateWanAddrs && datacenter !== place.datacenter;
}

/**
 * A goes to what is tagged IPv4, AAAA to IPv6, any other question to IPv6 before IPv4, as in Consul; else the usual address, whatever its family: one that
 * does not suit the question is no answer, and the node's own does not stand in for a service's.
 */
function chosen(type: number, { usual, v4, v6 }: OfferedAddresses): string {
  if (type !== TYPE.A && v6 !== "") return v6;
  if (type !== TYPE.AAAA && v4 !== "") return v4;
  return usual;
}
