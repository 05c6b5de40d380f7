import { type Keys, type Kind, keys, listOf, mapOf, OPAQUE_MAP, object } from "./kinds.ts";
import { CHECK, SERVICE } from "./services.ts";

const gossip: Kind = object(() => keys({ string: "gossip_interval probe_interval probe_timeout", int: "gossip_nodes suspicion_mult retransmit_mult" }));

const acl: Kind = object(() =>
  keys(
    {
      bool: "enabled enable_token_replication enable_key_list_policy enable_token_persistence msp_disable_bootstrap",
      string: "policy_ttl role_ttl token_ttl down_policy default_policy disabled_ttl",
    },
    {
      tokens: object(() =>
        keys(
          { string: "master replication agent_master default agent" },
          { managed_service_provider: listOf(object(() => keys({ string: "accessor_id secret_id" }))) },
        ),
      ),
    },
  ),
);

const autoConfig: Kind = object(() =>
  keys(
    { bool: "enabled", string: "intro_token intro_token_file", strings: "server_addresses dns_sans ip_sans" },
    {
      authorization: object(() =>
        keys(
          { bool: "enabled" },
          {
            static: object(() =>
              keys({
                strings: "claim_assertions jwt_supported_algs bound_audiences jwt_validation_pub_keys",
                bool: "allow_reuse",
                stringMap: "claim_mappings list_claim_mappings",
                string: `oidc_discovery_url oidc_discovery_ca_cert jwks_url jwks_ca_cert bound_issuer
                  expiration_leeway not_before_leeway clock_skew_leeway`,
              }),
            ),
          },
        ),
      ),
    },
  ),
);

const audit: Kind = object(() =>
  keys(
    { bool: "enabled" },
    {
      sink: mapOf(object(() => keys({ string: "name type format path delivery_guarantee rotate_duration", int: "rotate_bytes rotate_max_files" }))),
    },
  ),
);

const consul: Kind = object(() =>
  keys(
    {},
    {
      coordinate: object(() => keys({ int: "update_batch_size update_max_batches", string: "update_period" })),
      raft: object(() => keys({ string: "election_timeout heartbeat_timeout leader_lease_timeout" })),
      server: object(() => keys({ string: "health_interval" })),
    },
  ),
);

const dns: Kind = object(() =>
  keys(
    {
      bool: `allow_stale disable_compression enable_truncate only_passing enable_additional_node_meta_txt use_cache
        prefer_namespace`,
      int: "a_record_limit udp_answer_limit",
      string: "max_stale node_ttl recursor_timeout cache_max_age",
      stringMap: "service_ttl",
    },
    { soa: object(() => keys({ uint32: "refresh retry expire min_ttl" })) },
  ),
);

const telemetry: Kind = object(() =>
  keys({
    string: `circonus_api_app circonus_api_token circonus_api_url circonus_broker_id circonus_broker_select_tag
      circonus_check_display_name circonus_check_force_metric_activation circonus_check_id circonus_check_instance_id
      circonus_check_search_tag circonus_check_tags circonus_submission_interval circonus_submission_url dogstatsd_addr
      metrics_prefix prometheus_retention_time statsd_address statsite_address`,
    bool: "disable_hostname filter_default",
    strings: "dogstatsd_tags prefix_filter",
  }),
);

const sections: Readonly<Record<string, Kind>> = {
  acl,
  addresses: object(() => keys({ string: "dns http https grpc" })),
  audit,
  auto_config: autoConfig,
  auto_encrypt: object(() => keys({ bool: "tls allow_tls", strings: "dns_san ip_san" })),
  autopilot: object(() =>
    keys({
      bool: "cleanup_dead_servers disable_upgrade_migration",
      string: "last_contact_threshold server_stabilization_time redundancy_zone_tag upgrade_version_tag",
      int: "max_trailing_logs",
      uint: "min_quorum",
    }),
  ),
  cache: object(() => keys({ int: "entry_fetch_max_burst", float: "entry_fetch_rate" })),
  check: object(() => CHECK),
  checks: listOf(object(() => CHECK)),
  config_entries: object(() => keys({}, { bootstrap: listOf(OPAQUE_MAP) })),
  connect: object(() =>
    keys({ bool: "enabled enable_mesh_gateway_wan_federation", string: "ca_provider test_ca_leaf_root_change_spread" }, { ca_config: OPAQUE_MAP }),
  ),
  consul,
  dns_config: dns,
  gossip_lan: gossip,
  gossip_wan: gossip,
  http_config: object(() => keys({ strings: "block_endpoints allow_write_http_from", stringMap: "response_headers", bool: "use_cache" })),
  limits: object(() =>
    keys({
      int: "http_max_conns_per_client rpc_max_burst rpc_max_conns_per_client",
      string: "https_handshake_timeout rpc_handshake_timeout",
      float: "rpc_rate",
      uint64: "kv_max_value_size txn_max_req_len",
    }),
  ),
  performance: object(() => keys({ string: "leave_drain_time rpc_hold_timeout", int: "raft_multiplier" })),
  ports: object(() =>
    keys({
      int: `dns http https serf_lan serf_wan server grpc proxy_min_port proxy_max_port sidecar_min_port sidecar_max_port
        expose_min_port expose_max_port`,
    }),
  ),
  segments: listOf(object(() => keys({ string: "advertise bind name", int: "port", bool: "rpc_listener" }))),
  service: object(() => SERVICE),
  services: listOf(object(() => SERVICE)),
  snapshot_agent: OPAQUE_MAP,
  telemetry,
  unix_sockets: object(() => keys({ string: "group mode user" })),
  watches: listOf(OPAQUE_MAP),
};

/** Every key that a configuration file of Consul 1.8.7 may have: asked of it one by one. */
export const ROOT: Keys = keys(
  {
    string: `acl_agent_master_token acl_agent_token acl_datacenter acl_default_policy acl_disabled_ttl acl_down_policy
      acl_master_token acl_replication_token acl_token acl_ttl advertise_addr advertise_addr_ipv4 advertise_addr_ipv6
      advertise_addr_wan advertise_addr_wan_ipv4 advertise_addr_wan_ipv6 ae_interval alt_domain bind_addr ca_file ca_path
      cert_file check_deregister_interval_min check_reap_interval check_update_interval client_addr data_dir datacenter
      default_query_time discovery_max_stale domain encrypt key_file log_file log_level log_rotate_duration max_query_time
      node_id node_name pid_file primary_datacenter primary_gateways_interval raft_snapshot_interval reconnect_timeout
      reconnect_timeout_wan retry_interval retry_interval_wan revision segment serf_lan serf_wan server_name session_ttl_min
      sync_coordinate_interval_min syslog_facility tls_cipher_suites tls_min_version ui_content_path ui_dir version
      version_prerelease`,
    bool: `acl_enable_key_list_policy bootstrap disable_anonymous_signature disable_coordinates disable_host_node_id
      disable_http_unprintable_char_filter disable_keyring_file disable_remote_exec disable_update_check
      discard_check_output enable_acl_replication enable_agent_tls_for_checks enable_central_service_config enable_debug
      enable_local_script_checks enable_script_checks enable_syslog encrypt_verify_incoming encrypt_verify_outgoing
      leave_on_terminate log_json non_voting_server rejoin_after_leave server skip_leave_on_interrupt
      tls_prefer_server_cipher_suites translate_wan_addrs ui verify_incoming verify_incoming_https verify_incoming_rpc
      verify_outgoing verify_server_hostname`,
    int: `bootstrap_expect check_output_max_size log_rotate_bytes log_rotate_max_files protocol raft_protocol
      raft_snapshot_threshold raft_trailing_logs retry_max retry_max_wan segment_limit segment_name_limit`,
    float: "sync_coordinate_rate_target",
    strings: `primary_gateways recursors retry_join retry_join_wan serf_lan_allowed_cidrs serf_wan_allowed_cidrs start_join
      start_join_wan`,
    stringMap: "node_meta tagged_addresses",
  },
  sections,
);
