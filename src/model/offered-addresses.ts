import type { CatalogNode, ServiceInstance } from "./catalog.ts";

/** What a node or a service offers to whoever wants to reach it; each may be empty. */
export interface OfferedAddresses {
  /** What holds when nothing else is said: an IP or a name. */
  readonly usual: string;
  readonly v4: string;
  readonly v6: string;
}

/**
 * A node's addresses, `far` those for who is in another datacenter and translates. What is tagged for the LAN stays where nothing is tagged for the WAN of
 * that family, and a tag that is there counts though it is empty: seen on Consul 1.8.7, in HTTP and DNS alike. Consul docs, `translate_wan_addrs`.
 */
export function nodeAddresses({ address, taggedAddresses }: Pick<CatalogNode, "address" | "taggedAddresses">, far: boolean): OfferedAddresses {
  return offered(address, (tag) => taggedAddresses?.[tag], far);
}

/** The same of a service. */
export function serviceAddresses({ address, taggedAddresses }: Pick<ServiceInstance, "address" | "taggedAddresses">, far: boolean): OfferedAddresses {
  return offered(address, (tag) => taggedAddresses?.[tag]?.address, far);
}

/** The port that goes with them: of the tags `wan` alone has a say, and not with port 0. */
export function reachedPort({ port, taggedAddresses }: Pick<ServiceInstance, "port" | "taggedAddresses">, far: boolean): number {
  return (far && taggedAddresses?.["wan"]?.port) || port;
}

/** The one that answers a question for any address: IPv6 before IPv4 before what is usual. */
export function anyAddress({ usual, v4, v6 }: OfferedAddresses): string {
  return v6 || v4 || usual;
}

function offered(own: string, tagged: (tag: string) => string | undefined, far: boolean): OfferedAddresses {
  const of = (tag: string): string | undefined => (far ? tagged(`wan${tag}`) : undefined) ?? (tag === "" ? own : tagged(`lan${tag}`));
  return { usual: of("") ?? "", v4: of("_ipv4") ?? "", v6: of("_ipv6") ?? "" };
}
