import { DurationError, durationToMs, parseDuration } from "../base/duration.ts";
import { bare, ipFamily, joinHostPort, type ListenAddress } from "./ip.ts";
import type { Reader } from "./reader.ts";

/** DNS. Durations in milliseconds, but TTLs, which the wire has in seconds. Consul configuration docs, `dns_config`. */
export interface DnsConfig {
  /** `ip:port` each, for UDP and TCP; empty: off. */
  readonly listen: readonly ListenAddress[];
  /** Lower case, without dots at either end; the second empty when there is none. */
  readonly domain: string;
  readonly altDomain: string;
  readonly allowStale: boolean;
  readonly maxStaleMs: number;
  readonly nodeTtlS: number;
  readonly serviceTtlS: Readonly<Record<string, number>>;
  readonly onlyPassing: boolean;
  readonly enableTruncate: boolean;
  readonly disableCompression: boolean;
  readonly aRecordLimit: number;
  readonly udpAnswerLimit: number;
  readonly nodeMetaTxt: boolean;
  readonly soa: { readonly refresh: number; readonly retry: number; readonly expire: number; readonly minTtl: number };
  readonly useCache: boolean;
  readonly cacheMaxAgeMs: number;
  /** `host:port`, in the order in which they are asked. */
  readonly recursors: readonly string[];
  readonly recursorTimeoutMs: number;
  readonly translateWanAddrs: boolean;
}

/** What holds when nothing is said. Consul 1.8.7, asked for its `DebugConfig`. */
const USUAL = {
  maxStaleMs: 87_600 * 3_600_000,
  udpAnswerLimit: 3,
  recursorTimeoutMs: 2_000,
  soa: { refresh: 3_600, retry: 600, expire: 86_400, minTtl: 0 },
} as const;

export function dnsConfig(from: Reader, listen: readonly ListenAddress[]): DnsConfig {
  const key = (name: string): string => `dns_config.${name}`;
  return {
    listen,
    domain: domainOf(from.string("domain", "consul.")),
    altDomain: domainOf(from.string("alt_domain")),
    allowStale: from.bool(key("allow_stale"), true),
    maxStaleMs: from.duration(key("max_stale"), USUAL.maxStaleMs),
    nodeTtlS: seconds(from.duration(key("node_ttl"), 0)),
    serviceTtlS: serviceTtls(from),
    onlyPassing: from.bool(key("only_passing")),
    enableTruncate: from.bool(key("enable_truncate")),
    disableCompression: from.bool(key("disable_compression")),
    aRecordLimit: from.number(key("a_record_limit"), 0),
    udpAnswerLimit: from.number(key("udp_answer_limit"), USUAL.udpAnswerLimit),
    nodeMetaTxt: from.bool(key("enable_additional_node_meta_txt"), true),
    soa: {
      refresh: from.number(key("soa.refresh"), USUAL.soa.refresh),
      retry: from.number(key("soa.retry"), USUAL.soa.retry),
      expire: from.number(key("soa.expire"), USUAL.soa.expire),
      minTtl: from.number(key("soa.min_ttl"), USUAL.soa.minTtl),
    },
    useCache: from.bool(key("use_cache")),
    cacheMaxAgeMs: from.duration(key("cache_max_age"), 0),
    recursors: from.strings("recursors").map(withPort),
    recursorTimeoutMs: from.duration(key("recursor_timeout"), USUAL.recursorTimeoutMs),
    translateWanAddrs: from.bool("translate_wan_addrs"),
  };
}

function domainOf(text: string): string {
  return text.toLowerCase().replace(/^\.+|\.+$/g, "");
}

function serviceTtls(from: Reader): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(from.stringMap("dns_config.service_ttl")).map(([service, text]) => [service, seconds(ttlMs(text))]));
}

/** What is no duration has been told of already (`section-rules.ts`). */
function ttlMs(text: string): number {
  try {
    return durationToMs(parseDuration(text));
  } catch (error) {
    if (error instanceof DurationError) return 0;
    throw error;
  }
}

/** Whole seconds, as many as a record can say. */
function seconds(ms: number): number {
  return Math.min(0xffff_ffff, Math.max(0, Math.floor(ms / 1000)));
}

/** An IP or a name, with port 53 where it has none. */
function withPort(recursor: string): string {
  if (ipFamily(recursor) !== undefined) return joinHostPort(bare(recursor), 53);
  return /:\d{1,5}$/.test(recursor) ? recursor : `${recursor}:53`;
}
