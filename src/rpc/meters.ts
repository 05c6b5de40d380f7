import type { Counter, Metrics } from "../platform/index.ts";

/** What the RPC room counts, under Consul's telemetry names. */
export interface RpcMeters {
  readonly request: Counter;
  readonly requestError: Counter;
  readonly acceptConn: Counter;
  readonly refusedConn: Counter;
  readonly raftHandoff: Counter;
  readonly raftDropped: Counter;
}

export function rpcMeters(metrics: Metrics): RpcMeters {
  return {
    request: metrics.counter("rpc.request", "Calls taken from other servers"),
    requestError: metrics.counter("rpc.request_error", "Calls and frames that could not be read, and calls that failed by a fault"),
    acceptConn: metrics.counter("rpc.accept_conn", "Connections accepted on the server port"),
    refusedConn: metrics.counter("rpc.refused_conn", "Connections refused on the server port, for their client has too many (limits.rpc_max_conns_per_client)"),
    raftHandoff: metrics.counter("rpc.raft_handoff", "Raft messages taken from other servers"),
    raftDropped: metrics.counter("rpc.raft_dropped", "Raft messages not sent for want of a connection or of room"),
  };
}
