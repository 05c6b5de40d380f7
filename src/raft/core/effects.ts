import type { ErrorCode } from "../../base/errors.ts";
import type { Index, NodeId, Term } from "../../base/ids.ts";
import type { RaftMessage } from "./messages.ts";
import type { Configuration, Entry, HardState, Role, SnapshotMeta } from "./types.ts";

/** What a core wants done, in this order. */
export type Effect =
  | Persist
  /** `persisted`: only after every `persist` that was asked for before it is done (Raft paper, figure 2). */
  | { readonly kind: "send"; readonly to: NodeId; readonly message: RaftMessage; readonly when: "now" | "persisted" }
  /** Entries up to and including this one are committed. */
  | { readonly kind: "apply"; readonly upTo: Index }
  /** Role, term or leader have changed. */
  | { readonly kind: "role"; readonly role: Role; readonly term: Term; readonly leader: NodeId | undefined }
  /** This configuration is in force now, committed or not. */
  | { readonly kind: "configuration"; readonly configuration: Configuration; readonly index: Index }
  /** What was asked for stands in the log at `first` to `last`. A change that changes nothing: where its configuration stands. */
  | { readonly kind: "accepted"; readonly first: Index; readonly last: Index; readonly term: Term }
  | { readonly kind: "refused"; readonly code: ErrorCode; readonly reason: string }
  /** Reads of this batch are safe once `index` is applied. */
  | { readonly kind: "read-ready"; readonly batch: number; readonly index: Index }
  | { readonly kind: "transfer-failed"; readonly to: NodeId; readonly reason: string }
  /** Entries up to and including this one are no longer needed; the log goes on behind it. After the writes before it, before those after it. */
  | { readonly kind: "compact"; readonly upTo: Index }
  /** Read this part of that snapshot and send it as a `snapshot` message. */
  | {
      readonly kind: "send-chunk";
      readonly to: NodeId;
      readonly term: Term;
      readonly meta: SnapshotMeta;
      readonly sizeBytes: number;
      readonly offset: number;
      readonly length: number;
    }
  /** Write this part of an incoming snapshot; offset 0 begins it (and ends any other). After the `last` one: commit, restore, `installed`. */
  | {
      readonly kind: "receive-chunk";
      readonly meta: SnapshotMeta;
      readonly sizeBytes: number;
      readonly offset: number;
      readonly data: Uint8Array;
      readonly last: boolean;
    };

/** First remove `truncateFrom` and all behind it, then add the entries; `persisted` tells the sequence when all of it is synced. */
export interface Persist {
  readonly kind: "persist";
  readonly sequence: number;
  readonly hardState: HardState | undefined;
  readonly truncateFrom: Index | undefined;
  readonly entries: readonly Entry[];
}
