import type { Index, Term } from "../../base/ids.ts";
import type { Entry, SnapshotMeta } from "./types.ts";

/**
 * What servers say to each other: plain objects, fit for msgpack as they are. `term` is the sender's, but for pre-votes.
 * Nobody alters a message once it is sent: one object may go to several servers.
 */
export type RaftMessage =
  | VoteRequest
  | VoteResponse
  | Append
  | AppendOk
  | AppendReject
  | Heartbeat
  | HeartbeatOk
  | CommitNotice
  | SnapshotChunk
  | SnapshotAck
  | TimeoutNow;

/** Raft paper §5.2; with `pre` thesis §9.6: `term` is then the term that would be stood for, and nobody changes its own. */
export interface VoteRequest {
  readonly kind: "vote-request";
  readonly term: Term;
  readonly pre: boolean;
  /** The leader itself asked for this election, so its word holds no votes back. Thesis §4.2.3, last paragraph. */
  readonly force: boolean;
  readonly lastIndex: Index;
  readonly lastTerm: Term;
}

/** A granted pre-vote carries the term that was asked for, everything else the sender's own. */
export interface VoteResponse {
  readonly kind: "vote-response";
  readonly term: Term;
  readonly pre: boolean;
  readonly granted: boolean;
}

/** Raft paper §5.3. `commit` may be beyond the entries. */
export interface Append {
  readonly kind: "append";
  readonly term: Term;
  readonly prevIndex: Index;
  readonly prevTerm: Term;
  readonly commit: Index;
  readonly entries: readonly Entry[];
}

/** Everything up to `match` is as the leader has it, and synced. */
export interface AppendOk {
  readonly kind: "append-ok";
  readonly term: Term;
  readonly match: Index;
}

/** Raft paper §5.3, last paragraphs: `conflictTerm` 0 when the log ends before `prevIndex`; `conflictIndex` is then where it ends, plus one. */
export interface AppendReject {
  readonly kind: "append-reject";
  readonly term: Term;
  readonly prevIndex: Index;
  readonly conflictIndex: Index;
  readonly conflictTerm: Term;
}

/** `commit` is never beyond what the receiver is known to have. `sent` and `read` come back in the answer: lease and read index, thesis §6.4. */
export interface Heartbeat {
  readonly kind: "heartbeat";
  readonly term: Term;
  readonly commit: Index;
  /** The leader's time in ticks when it was sent. */
  readonly sent: number;
  /** The newest batch of reads that waits to hear that the leader still leads; 0 for none. */
  readonly read: number;
}

export interface HeartbeatOk {
  readonly kind: "heartbeat-ok";
  readonly term: Term;
  readonly sent: number;
  readonly read: number;
}

/** Told when nothing else is on its way that would carry it, so that followers apply at once; not answered. */
export interface CommitNotice {
  readonly kind: "commit";
  readonly term: Term;
  readonly commit: Index;
}

/** Raft paper §7, with the thesis' offset (§5.1). `data` is empty when the leader only asks how far the receiver is. */
export interface SnapshotChunk {
  readonly kind: "snapshot";
  readonly term: Term;
  readonly meta: SnapshotMeta;
  readonly sizeBytes: number;
  readonly offset: number;
  readonly data: Uint8Array;
}

/** `offset` bytes of the snapshot at `index` are written. `failed`: and the rest could not be. */
export interface SnapshotAck {
  readonly kind: "snapshot-ack";
  readonly term: Term;
  readonly index: Index;
  readonly offset: number;
  readonly failed: boolean;
}

/** Stand for election now. Void once a heartbeat sent later has been heard. Thesis §3.10. */
export interface TimeoutNow {
  readonly kind: "timeout-now";
  readonly term: Term;
  readonly sent: number;
}
