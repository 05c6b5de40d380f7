import type { Counter, Gauge, Histogram, Metrics } from "../platform/index.ts";
import type { Role } from "./core/index.ts";

/** Raft's metrics, under the names of Consul's telemetry page where it has them. */
export interface RaftMeters {
  readonly apply: Counter;
  readonly barrier: Counter;
  readonly verifyLeader: Counter;
  readonly commitTime: Histogram;
  readonly commitNumLogs: Gauge;
  readonly dispatchLog: Histogram;
  readonly dispatchNumLogs: Gauge;
  readonly leaderLastContact: Histogram;
  readonly states: Readonly<Record<Role, Counter>>;
  readonly heartbeatTimeout: Counter;
  readonly fsmApply: Histogram;
  readonly fsmSnapshot: Histogram;
  readonly fsmRestore: Histogram;
  readonly snapshotCreate: Histogram;
  readonly snapshotPersist: Histogram;
  readonly takeSnapshot: Histogram;
  readonly installSnapshot: Histogram;
  readonly appliedIndex: Gauge;
  readonly lastIndex: Gauge;
  readonly logBytes: Gauge;
  readonly stalls: Counter;
}

export function declareRaftMeters(metrics: Metrics): RaftMeters {
  const candidate = metrics.counter("raft.state.candidate", "Elections this server stood in");
  return {
    apply: metrics.counter("raft.apply", "Commands proposed"),
    barrier: metrics.counter("raft.barrier", "Read barriers asked for"),
    verifyLeader: metrics.counter("raft.verify_leader", "Times a leader was asked to make sure that it still is one"),
    commitTime: metrics.histogram("raft.commitTime", "From a proposal to its result on the leader, ms"),
    commitNumLogs: metrics.gauge("raft.commitNumLogs", "Entries applied in the last turn"),
    dispatchLog: metrics.histogram("raft.leader.dispatchLog", "Writes of the leader's log to its disk, ms"),
    dispatchNumLogs: metrics.gauge("raft.leader.dispatchNumLogs", "Entries in the last write of the leader's log"),
    leaderLastContact: metrics.histogram("raft.leader.lastContact", "Since a majority last answered the leader, ms"),
    states: {
      follower: metrics.counter("raft.state.follower", "Times this server became follower"),
      "pre-candidate": metrics.counter("raft.state.precandidate", "Times this server asked whether it could win an election"),
      candidate,
      leader: metrics.counter("raft.state.leader", "Times this server became leader"),
    },
    heartbeatTimeout: metrics.counter("raft.transition.heartbeat_timeout", "Times the leader was not heard for too long"),
    fsmApply: metrics.histogram("raft.fsm.apply", "Turns of applying entries, ms"),
    fsmSnapshot: metrics.histogram("raft.fsm.snapshot", "Taking a view of the state for a snapshot, ms"),
    fsmRestore: metrics.histogram("raft.fsm.restore", "Restoring the state from a snapshot, ms"),
    snapshotCreate: metrics.histogram("raft.snapshot.create", "Opening a new snapshot, ms"),
    snapshotPersist: metrics.histogram("raft.snapshot.persist", "Writing a snapshot to disk, ms"),
    takeSnapshot: metrics.histogram("raft.snapshot.takeSnapshot", "Whole snapshots, ms"),
    installSnapshot: metrics.histogram("raft.rpc.installSnapshot", "Putting a received snapshot in force, ms"),
    appliedIndex: metrics.gauge("raft.applied_index", "The last index applied to the state"),
    lastIndex: metrics.gauge("raft.last_index", "The last index of the log"),
    logBytes: metrics.gauge("raft.logBytes", "Bytes of the log in memory"),
    stalls: metrics.counter("raft.stalls", "Times this server's disk or event loop stood still for too long"),
  };
}
