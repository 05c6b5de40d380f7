import { ConfigError } from "./decode.ts";
import { OTHER_EDITION } from "./section-rules.ts";
import { type Definition, isTree, type Setting, settingAt } from "./settings.ts";

/** Keys whose section is used as a whole. */
const SECTIONS_WITH_EFFECT = new Set(["performance", "autopilot", "http_config", "addresses", "node_meta", "gossip_lan", "gossip_wan", "dns_config"]);

/** Keys that do what they say, or that ask for what is so anyway. */
const WITH_EFFECT = new Set([
  ...words(`advertise_addr advertise_addr_ipv4 advertise_addr_ipv6 bind_addr bootstrap bootstrap_expect client_addr data_dir
    datacenter default_query_time discovery_max_stale leave_on_terminate log_file log_json log_level max_query_time node_id node_name pid_file
    raft_snapshot_threshold raft_trailing_logs reconnect_timeout reconnect_timeout_wan rejoin_after_leave
    retry_interval retry_interval_wan retry_join retry_join_wan retry_max retry_max_wan encrypt encrypt_verify_incoming
    encrypt_verify_outgoing serf_lan serf_wan serf_lan_allowed_cidrs serf_wan_allowed_cidrs start_join_wan
    sync_coordinate_interval_min sync_coordinate_rate_target server session_ttl_min skip_leave_on_interrupt start_join ui
    ui_content_path domain alt_domain recursors translate_wan_addrs disable_http_unprintable_char_filter`),
  ...words(`disable_anonymous_signature disable_coordinates disable_host_node_id disable_keyring_file disable_remote_exec disable_update_check
    check_update_interval check_output_max_size discard_check_output check_deregister_interval_min check_reap_interval ae_interval
    enable_script_checks enable_local_script_checks ports.sidecar_min_port ports.sidecar_max_port service services check checks watches
    protocol raft_protocol primary_datacenter snapshot_agent enable_debug`),
  ...words(
    "ports.server ports.http ports.serf_lan ports.serf_wan ports.dns consul.coordinate limits.http_max_conns_per_client limits.kv_max_value_size limits.txn_max_req_len",
  ),
  ...words("telemetry.disable_hostname telemetry.metrics_prefix telemetry.prometheus_retention_time acl.enabled"),
  ...words(
    "telemetry.filter_default telemetry.prefix_filter telemetry.statsd_address telemetry.statsite_address telemetry.dogstatsd_addr telemetry.dogstatsd_tags",
  ),
  ...words(
    "ports.https cert_file key_file ca_file ca_path tls_min_version tls_cipher_suites tls_prefer_server_cipher_suites enable_agent_tls_for_checks server_name limits.https_handshake_timeout",
  ),
  ...words("limits.rpc_rate limits.rpc_max_burst limits.rpc_max_conns_per_client limits.rpc_handshake_timeout"),
  ...words("acl.default_policy acl.down_policy acl_default_policy acl_down_policy verify_incoming verify_outgoing verify_incoming_rpc"),
  ...words("verify_incoming_https verify_server_hostname auto_encrypt.tls auto_encrypt.allow_tls auto_config.enabled"),
]);

/** Settings of which nothing may be believed unless it is so: to pass over them would open a door that their writer thinks is shut. */
const REFUSED: readonly { readonly key: string; readonly applies: (value: Setting, settings: Definition) => boolean; readonly why: string }[] = [
  { key: "acl.enabled", applies: (value) => value === true, why: "access control lists are not there yet: every request would be allowed" },
  {
    key: "acl_datacenter",
    applies: (value, settings) => value !== "" && settingAt(settings, "acl.enabled") !== false,
    why: "it turns access control lists on, which are not there yet: every request would be allowed",
  },
  ...["verify_incoming", "verify_incoming_rpc", "verify_outgoing", "verify_server_hostname"].map((key) => ({
    key,
    applies: (value: Setting) => value === true,
    why: "TLS is there for the HTTP API alone: traffic between agents would be neither encrypted nor verified",
  })),
  ...["auto_encrypt.tls", "auto_encrypt.allow_tls", "auto_config.enabled"].map((key) => ({
    key,
    applies: (value: Setting) => value === true,
    why: "certificates are not handed out yet: traffic would not be encrypted",
  })),
];

/** Refuses what would be dangerous to pass over. Throws `ConfigError` that names every such key. */
export function refuseUnsafe(settings: Definition): void {
  const found = REFUSED.flatMap(({ key, applies, why }) => {
    const value = settingAt(settings, key);
    return value !== undefined && applies(value, settings) ? [`${key} cannot be honoured: ${why}`] : [];
  });
  if (found.length > 0) throw new ConfigError(found.join("\n"));
}

/** The keys that were set and change nothing in this version, sorted. */
export function keysWithoutEffect(settings: Definition): readonly string[] {
  return Object.entries(settings)
    .filter(([key]) => !SECTIONS_WITH_EFFECT.has(key))
    .flatMap(([key, value]) => (isTree(value) && !WITH_EFFECT.has(key) && isSection(key) ? Object.keys(value).map((inner) => `${key}.${inner}`) : [key]))
    .filter((key) => !WITH_EFFECT.has(key) && !OTHER_EDITION.includes(key))
    .sort();
}

/** Objects that are sections of settings, not values of their own. */
function isSection(key: string): boolean {
  return key !== "service" && key !== "check" && key !== "snapshot_agent";
}

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}
