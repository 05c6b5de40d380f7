import type { Index, NodeId, Term } from "../base/ids.ts";
import type { Configuration, MembershipChange, Role, ServerEntry, SnapshotMeta } from "./core/types.ts";

/** What one server knows of raft now; a plain value, taken at once. */
export interface RaftStatus {
  readonly id: NodeId;
  readonly role: Role;
  readonly term: Term;
  readonly leader: { readonly id: NodeId; readonly address: string } | undefined;
  readonly commitIndex: Index;
  readonly appliedIndex: Index;
  readonly lastLogIndex: Index;
  readonly lastLogTerm: Term;
  readonly snapshotIndex: Index;
  readonly snapshotTerm: Term;
  readonly configuration: Configuration;
  readonly configurationIndex: Index;
  /** Milliseconds since this server last heard from a leader; 0 on the leader, `undefined` when it never has. */
  readonly lastContactMs: number | undefined;
  /** On the leader: what it knows of each other server. Empty elsewhere. */
  readonly peers: readonly PeerStatus[];
}

export interface PeerStatus {
  readonly id: NodeId;
  readonly matchIndex: Index;
  /** Milliseconds since its last answer; `undefined` when there was none in this term. */
  readonly lastContactMs: number | undefined;
  readonly state: "probe" | "replicate" | "snapshot";
}

export interface LeadershipView {
  readonly role: Role;
  readonly term: Term;
  readonly leader: { readonly id: NodeId; readonly address: string } | undefined;
}

/**
 * A server's part in one raft group.
 *
 * Errors of the waiting calls: `not-leader` (nothing was done), `leadership-lost` and `timeout` (it may have happened),
 * `unavailable` (closing, or overloaded: the queue's bound is reached; nothing was done), `disk`.
 */
export interface RaftNode extends AsyncDisposable {
  /** Makes the command part of the log; resolves with the result of the state machine once it has been applied here. */
  propose(data: Uint8Array): Promise<unknown>;
  /** Resolves when everything committed before the call has been applied here, and this server was leader meanwhile (read index, thesis §6.4). */
  readBarrier(): Promise<Index>;
  /** Whether reads of the leader's state are safe now without asking: its lease runs, and its term's first entry is applied. Thesis §6.4.1. */
  holdsLease(): boolean;
  /** Resolves when the index has been applied here; rejects with `timeout`. */
  waitApplied(index: Index, timeoutMs: number): Promise<void>;
  changeMembership(change: MembershipChange): Promise<void>;
  /** To `to`, or to the voter that is furthest on. Resolves when this server has seen the new leader. Thesis §3.10. */
  transferLeadership(to?: NodeId): Promise<void>;
  /** Starts a cluster of these servers, if and only if this server's log is empty; `conflict` otherwise. */
  bootstrap(servers: readonly ServerEntry[]): Promise<void>;
  /** Takes a snapshot now. Resolves with what it stands for; the log is cut. */
  snapshotNow(): Promise<SnapshotMeta>;
  status(): RaftStatus;
  /** Called in the turn in which role, term or leader change. */
  onLeadership(listener: (view: LeadershipView) => void): Disposable;
  /** Called in the turn in which a configuration is put in force. */
  onConfiguration(listener: (configuration: Configuration) => void): Disposable;
}
