import type { Counter, Gauge, Histogram, Metrics } from "../platform/index.ts";

/** What the server room counts, under Consul's telemetry names. */
export interface ServerMeters {
  readonly query: Counter;
  readonly blocking: Gauge;
  readonly kvApply: Histogram;
  readonly txnApply: Histogram;
  readonly txnRead: Histogram;
  readonly sessionApply: Histogram;
  readonly sessionRenew: Histogram;
  readonly sessionInvalidate: Histogram;
  readonly sessionActive: Gauge;
  readonly catalogRegister: Histogram;
  readonly catalogDeregister: Histogram;
  readonly queryApply: Histogram;
  readonly queryExecute: Histogram;
  readonly consistentRead: Histogram;
  readonly crossForward: Counter;
  readonly barrier: Histogram;
  readonly reconcile: Histogram;
  readonly reconcileMember: Histogram;
  readonly heldBack: Counter;
  readonly reap: Histogram;
  readonly autopilotHealthy: Gauge;
  readonly autopilotTolerance: Gauge;
  readonly isLeader: Gauge;
}

export function serverMeters(metrics: Metrics): ServerMeters {
  return {
    query: metrics.counter("rpc.query", "Reads answered by this server"),
    blocking: metrics.gauge("rpc.queries_blocking", "Blocking queries that wait on this server"),
    kvApply: metrics.histogram("kvs.apply", "Time of a write of a key, milliseconds"),
    txnApply: metrics.histogram("txn.apply", "Time of a transaction that writes, milliseconds"),
    txnRead: metrics.histogram("txn.read", "Time of a transaction that reads, milliseconds"),
    sessionApply: metrics.histogram("session.apply", "Time of a session's creation or end, milliseconds"),
    sessionRenew: metrics.histogram("session.renew", "Time of a session's renewal, milliseconds"),
    sessionInvalidate: metrics.histogram("session_ttl.invalidate", "Time to end a session whose TTL ran out, milliseconds"),
    sessionActive: metrics.gauge("session_ttl.active", "Sessions whose TTL this leader watches"),
    catalogRegister: metrics.histogram("catalog.register", "Time of a registration, milliseconds"),
    catalogDeregister: metrics.histogram("catalog.deregister", "Time of a deregistration, milliseconds"),
    queryApply: metrics.histogram("prepared-query.apply", "Time to write or remove a prepared query, milliseconds"),
    queryExecute: metrics.histogram("prepared-query.execute", "Time to execute a prepared query, other datacenters included, milliseconds"),
    consistentRead: metrics.histogram("rpc.consistentRead", "Time to make sure of the leadership before a read, milliseconds"),
    crossForward: metrics.counter("rpc.forward", "Calls forwarded to the leader"),
    barrier: metrics.histogram("leader.barrier", "Time a new leader waits for its first entry, milliseconds"),
    reconcile: metrics.histogram("leader.reconcile", "Time to compare all members with the catalog, milliseconds"),
    reconcileMember: metrics.histogram("leader.reconcileMember", "Time to bring one member into the catalog, milliseconds"),
    heldBack: metrics.counter("leader.reconcile.held_back", "Members that failed and were not marked at once, since many failed together"),
    reap: metrics.histogram("leader.reapTombstones", "Time to forget tombstones, milliseconds"),
    autopilotHealthy: metrics.gauge("autopilot.healthy", "1 when all servers are healthy, else 0"),
    autopilotTolerance: metrics.gauge("autopilot.failure_tolerance", "Voters that may fail before the quorum is lost"),
    isLeader: metrics.gauge("server.isLeader", "1 on the leader, else 0"),
  };
}
