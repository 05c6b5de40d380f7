import type { Index, NodeId } from "../../base/ids.ts";
import type { RaftMessage } from "./messages.ts";
import type { MembershipChange, ServerEntry, SnapshotMeta } from "./types.ts";

/** All that can happen to a core. */
export type RaftEvent =
  /** First of all, once. */
  | { readonly kind: "start" }
  /**
   * Ticks have gone by: `elapsed` whole ones by the clock, at least 1, of which `counted` (1 when not given) were waited for on purpose.
   * Elections count these alone, so that a late tick counts once; leases count all.
   */
  | { readonly kind: "tick"; readonly elapsed: number; readonly counted?: number }
  | { readonly kind: "receive"; readonly from: NodeId; readonly message: RaftMessage }
  /** Answered by `accepted` or `refused` in the same step; so are `change`, `bootstrap`, `transfer` and (refusal only) `read`. */
  | { readonly kind: "propose"; readonly commands: readonly Uint8Array[] }
  | { readonly kind: "change"; readonly change: MembershipChange }
  | { readonly kind: "bootstrap"; readonly servers: readonly ServerEntry[] }
  /** Reads want an index that is safe to read at; batch numbers grow by one. Answered by `read-ready` sooner or later, or lost with the office. */
  | { readonly kind: "read"; readonly batch: number }
  /** To `to`, or to the voter that is furthest on. Ends with a change of leader or with `transfer-failed`. */
  | { readonly kind: "transfer"; readonly to: NodeId | undefined }
  /** The write of this sequence, and all before it, is on stable storage. */
  | { readonly kind: "persisted"; readonly sequence: number }
  /** A connection to that server was refused or broke. */
  | { readonly kind: "unreachable"; readonly id: NodeId }
  /** A write or a turn of this server's own loop has taken longer than its limit. */
  | { readonly kind: "stalled"; readonly what: "disk" | "loop" }
  /** Closing, or the disk failed: hand over without waiting, then do nothing any more. */
  | { readonly kind: "resign" }
  /** A snapshot of the applied state is stored. */
  | { readonly kind: "snapshot-saved"; readonly meta: SnapshotMeta; readonly sizeBytes: number }
  /** The bytes of the incoming snapshot at `index` are written up to `offset`. */
  | { readonly kind: "chunk-written"; readonly index: Index; readonly offset: number }
  /** The incoming snapshot is stored and is the state now. */
  | { readonly kind: "installed"; readonly meta: SnapshotMeta; readonly sizeBytes: number }
  | { readonly kind: "install-failed"; readonly index: Index }
  /** The snapshot asked for by `send-chunk` is no longer there. */
  | { readonly kind: "snapshot-missing"; readonly to: NodeId; readonly index: Index };
