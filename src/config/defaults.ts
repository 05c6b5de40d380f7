import type { Definition } from "./settings.ts";

/** What holds when nothing is said. Consul 1.8.7, asked for its `DebugConfig`. */
export const DEFAULTS: Definition = {
  datacenter: "dc1",
  bind_addr: "0.0.0.0",
  client_addr: "127.0.0.1",
  check_update_interval: "5m",
  default_query_time: "300s",
  max_query_time: "600s",
  log_level: "INFO",
  retry_interval: "30s",
  retry_interval_wan: "30s",
  syslog_facility: "LOCAL0",
  ui_content_path: "/ui/",
  performance: { leave_drain_time: "5s", raft_multiplier: 5, rpc_hold_timeout: "7s" },
  ports: {
    dns: 8600,
    http: 8500,
    https: -1,
    grpc: -1,
    serf_lan: 8301,
    serf_wan: 8302,
    server: 8300,
    proxy_min_port: 20_000,
    proxy_max_port: 20_255,
    sidecar_min_port: 21_000,
    sidecar_max_port: 21_255,
    expose_min_port: 21_500,
    expose_max_port: 21_755,
  },
  limits: {
    http_max_conns_per_client: 200,
    https_handshake_timeout: "5s",
    rpc_handshake_timeout: "5s",
    rpc_rate: -1,
    rpc_max_burst: 1000,
    rpc_max_conns_per_client: 100,
    kv_max_value_size: 512 * 1024,
    txn_max_req_len: 512 * 1024,
  },
  autopilot: {
    cleanup_dead_servers: true,
    last_contact_threshold: "200ms",
    max_trailing_logs: 250,
    min_quorum: 0,
    server_stabilization_time: "10s",
  },
  telemetry: { metrics_prefix: "consul", filter_default: true },
};

/** What `-dev` says before files and flags speak. */
export const DEV_DEFAULTS: Definition = {
  bind_addr: "127.0.0.1",
  log_level: "DEBUG",
  server: true,
  ui: true,
  enable_debug: true,
  disable_anonymous_signature: true,
  performance: { raft_multiplier: 1 },
  ports: { grpc: 8502 },
};

/** Consul's `raft_snapshot_threshold`, `raft_snapshot_interval` and `raft_trailing_logs` when not set. */
export const RAFT_DEFAULTS = { snapshotThreshold: 16_384, snapshotIntervalMs: 30_000, trailingLogs: 10_240 } as const;
