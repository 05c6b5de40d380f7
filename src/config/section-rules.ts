import { ConfigError } from "./decode.ts";
import { ipFamily, isAnyAddress } from "./ip.ts";
import type { Reader } from "./reader.ts";

/** Durations that other rooms read, or nobody yet: a text that is none is an error all the same, as in Consul. */
const DURATIONS: readonly string[] = [
  ...words("acl_ttl acl.policy_ttl acl.role_ttl acl.token_ttl primary_gateways_interval reconnect_timeout_wan"),
  ...words("expiration_leeway not_before_leeway clock_skew_leeway").map((name) => `auto_config.authorization.static.${name}`),
  ...words("gossip_interval probe_interval probe_timeout").map((name) => `gossip_wan.${name}`),
];

/** Settings of Consul's other edition, which it names in a remark. */
export const OTHER_EDITION: readonly string[] = words(
  `non_voting_server segment acl.msp_disable_bootstrap acl.tokens.managed_service_provider audit autopilot.disable_upgrade_migration
    autopilot.redundancy_zone_tag autopilot.upgrade_version_tag dns_config.prefer_namespace`,
);

/** What Consul 1.8.7 takes in `tls_cipher_suites`: asked of it one by one. */
const CIPHERS: ReadonlySet<string> = new Set(
  ["RSA", "ECDSA"].flatMap((by) =>
    words("AES_128_CBC_SHA AES_256_CBC_SHA AES_128_CBC_SHA256 AES_128_GCM_SHA256 AES_256_GCM_SHA384").map((how) => `TLS_ECDHE_${by}_WITH_${how}`),
  ),
);

/** Checks of single sections. Gathers faults in `from`. */
export function checkSections(from: Reader): void {
  for (const key of DURATIONS) from.duration(key, 0);
  for (const [service, ttl] of Object.entries(from.stringMap("dns_config.service_ttl")))
    from.durationText(`dns_config.service_ttl[${JSON.stringify(service)}]`, ttl);
  for (const cipher of from
    .string("tls_cipher_suites")
    .split(",")
    .map((name) => name.trim())) {
    if (cipher !== "" && !CIPHERS.has(cipher)) from.errors.push(`tls_cipher_suites: invalid tls cipher suites: unsupported cipher ${JSON.stringify(cipher)}`);
  }
}

/** What must hold between settings. Throws `ConfigError` with Consul's words for the first fault. */
export function checkCombinations(from: Reader, datacenter: string): void {
  for (const recursor of from.strings("recursors")) {
    if (ipFamily(recursor) !== undefined && isAnyAddress(recursor)) throw new ConfigError("DNS recursor address cannot be 0.0.0.0, :: or [::]");
  }
  for (const range of ["proxy", "sidecar", "expose"]) {
    if (from.number(`ports.${range}_max_port`, 0) < from.number(`ports.${range}_min_port`, 0))
      throw new ConfigError(`${range}_min_port must be less than ${range}_max_port. To disable, set both to zero.`);
  }
  for (const key of ["cache.entry_fetch_max_burst", "cache.entry_fetch_rate"]) {
    const value = from.number(key, 1);
    if (value <= 0) throw new ConfigError(`${key} must be strictly positive, was: ${value}`);
  }
  for (const segment of from.trees("segments")) {
    const { name = "", port = 0 } = segment;
    if (typeof port !== "number" || port <= 0) throw new ConfigError(`Port for segment ${JSON.stringify(name)} cannot be <= 0`);
  }
  if (from.string("segment") !== "" || from.trees("segments").length > 0) throw new ConfigError("Network segments are not supported in this version of Consul");
  checkGateways(from, datacenter);
  checkConnect(from);
}

function checkGateways(from: Reader, datacenter: string): void {
  if (from.strings("primary_gateways").length === 0) return;
  if (!from.bool("server")) throw new ConfigError("'primary_gateways' requires 'server = true'");
  if (from.string("primary_datacenter", datacenter).toLowerCase() === datacenter)
    throw new ConfigError("'primary_gateways' should only be configured in a secondary datacenter");
}

function checkConnect(from: Reader): void {
  const provider = from.string("connect.ca_provider");
  if (!["", "consul", "vault", "aws-pca"].includes(provider)) throw new ConfigError(`${provider} is not a valid CA provider`);
  if (from.bool("connect.enable_mesh_gateway_wan_federation") && !from.bool("connect.enabled"))
    throw new ConfigError("'connect.enable_mesh_gateway_wan_federation=true' requires 'connect.enabled=true'");
}

/** Settings of Consul's other edition that were given. */
export function otherEdition(from: Reader): readonly string[] {
  return OTHER_EDITION.filter((key) => from.has(key));
}

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}
