/** What the configuration says of DNS. Durations in seconds where the wire has them so, else in milliseconds. Consul configuration docs, `dns_config`. */
export interface DnsSettings {
  readonly allowStale: boolean;
  /** An answer older than this is asked of the leader instead; milliseconds. */
  readonly maxStaleMs: number;
  readonly nodeTtlS: number;
  /** By name of service; a key that ends in `*` stands for all that begin so, the longest one counts, a whole name before them. */
  readonly serviceTtlS: Readonly<Record<string, number>>;
  readonly onlyPassing: boolean;
  readonly enableTruncate: boolean;
  readonly disableCompression: boolean;
  /** Addresses in answers to A, AAAA and ANY; 0: all. */
  readonly aRecordLimit: number;
  readonly udpAnswerLimit: number;
  /** Meta of nodes as TXT records beside addresses. */
  readonly nodeMetaTxt: boolean;
  readonly soa: { readonly refresh: number; readonly retry: number; readonly expire: number; readonly minTtl: number };
  /** Answer from the agent's cache, if it is no older than `cacheMaxAgeMs` (0: however old). */
  readonly useCache: boolean;
  readonly cacheMaxAgeMs: number;
  /** `ip:port`, in the order in which they are asked. */
  readonly recursors: readonly string[];
  readonly recursorTimeoutMs: number;
}

/** Who answers, and for which names: these stay as they are while the agent runs. */
export interface DnsPlace {
  /** Lower case, without the dot at the end. */
  readonly domain: string;
  /** Likewise; empty: none. */
  readonly altDomain: string;
  readonly datacenter: string;
  readonly nodeName: string;
  /** Nodes and services of other datacenters are given by their WAN addresses. `translate_wan_addrs`. */
  readonly translateWanAddrs: boolean;
}

/** Seconds for which answers about this service may be kept. */
export function serviceTtl({ serviceTtlS }: Pick<DnsSettings, "serviceTtlS">, service: string): number {
  // only its own keys: a service may be called "constructor"
  if (Object.hasOwn(serviceTtlS, service) && !service.endsWith("*")) return serviceTtlS[service] ?? 0;
  let longest = -1;
  let ttl = 0;
  for (const key in serviceTtlS) {
    if (!key.endsWith("*") || key.length - 1 <= longest || !service.startsWith(key.slice(0, -1))) continue;
    longest = key.length - 1;
    ttl = serviceTtlS[key] ?? 0;
  }
  return ttl;
}
