import type { CatalogNode, ServiceInstance } from "../model/index.ts";
import { TYPE } from "./codes.ts";
import type { DnsPlace } from "./settings.ts";

interface Offered {
  /** What holds when nothing else is said. */
  readonly usual: string;
  readonly v4: string;
  readonly v6: string;
}

/** The address of a node for a question of this type: an IP, a name, or empty when it has none. */
export function nodeAddress(node: CatalogNode, type: number, datacenter: string, place: DnsPlace): string {
  const tagged = node.taggedAddresses ?? {};
  const far = place.translateWanAddrs && datacenter !== place.datacenter;
  return chosen(type, {
    usual: (far ? tagged["wan"] : undefined) || node.address,
    v4: tagged[far ? "wan_ipv4" : "lan_ipv4"] ?? "",
    v6: tagged[far ? "wan_ipv6" : "lan_ipv6"] ?? "",
  });
}

/** The same of a service; empty too when it has no address of its own. */
export function serviceAddress(service: ServiceInstance, type: number, datacenter: string, place: DnsPlace): string {
  const tagged = service.taggedAddresses ?? {};
  const far = place.translateWanAddrs && datacenter !== place.datacenter;
  return chosen(type, {
    usual: (far ? tagged["wan"]?.address : undefined) || service.address,
    v4: tagged[far ? "wan_ipv4" : "lan_ipv4"]?.address ?? "",
    v6: tagged[far ? "wan_ipv6" : "lan_ipv6"]?.address ?? "",
  });
}

/** The port that goes with it. */
export function servicePort(service: ServiceInstance, datacenter: string, place: DnsPlace): number {
  const wan = service.taggedAddresses?.["wan"];
  if (place.translateWanAddrs && datacenter !== place.datacenter && wan !== undefined && wan.address !== "" && wan.port !== 0) return wan.port;
  return service.port;
}

/**
 * A goes to what is tagged IPv4, AAAA to IPv6, any other question to IPv6 before IPv4, as in Consul; else the usual address, whatever its family: one that
 * does not suit the question is no answer, and the node's own does not stand in for a service's.
 */
function chosen(type: number, { usual, v4, v6 }: Offered): string {
  if (type !== TYPE.A && v6 !== "") return v6;
  if (type !== TYPE.AAAA && v4 !== "") return v4;
  return usual;
}
