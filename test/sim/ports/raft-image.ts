import { asIndex, asTerm, type Index } from "../../../src/base/ids.ts";
import type { Entry, HardState, SnapshotMeta } from "../../../src/raft/core/types.ts";

export interface StoredSnapshot {
  readonly meta: SnapshotMeta;
  readonly content: Buffer;
}

/** Raft's part of one server's disk: what a crash leaves. */
export class RaftImage {
  hardState: HardState = { term: asTerm(0), votedFor: undefined };
  /** Without a gap. */
  entries: Entry[] = [];
  snapshots: StoredSnapshot[] = [];
  /** How far entries were forgotten without a sync since. */
  unsyncedCompaction: Index = asIndex(0);
}
