import type { NodeId } from "../../base/ids.ts";
import type { Entry, HardState, SnapshotMeta } from "./types.ts";

/** Times of raft, in ticks. */
export interface RaftTiming {
  readonly heartbeatTicks: number;
  /** Timeouts are drawn from this up to twice this. */
  readonly electionTicks: number;
  /** After a leader's word no vote is given for so long. */
  readonly withholdTicks: number;
  /** Less than `withholdTicks`: what clocks may run apart, and a tick at either end. Thesis §6.4.1. */
  readonly leaseTicks: number;
}

/** At a tick of 10 ms: heartbeat 50 ms (its driver has longer ones), election 500 to 1000 ms, votes withheld for 250 ms, lease 200 ms. */
export const DEFAULT_TIMING: RaftTiming = { heartbeatTicks: 5, electionTicks: 50, withholdTicks: 25, leaseTicks: 20 };

export interface RaftCoreOptions {
  readonly id: NodeId;
  readonly timing: RaftTiming;
  /** A whole number from 0 to `below` - 1. */
  readonly random: (below: number) => number;
  /** What is kept in the log behind a snapshot: at least so many entries, but no more bytes. */
  readonly tail: { readonly entries: number; readonly bytes: number };
  readonly stored: {
    readonly hardState: HardState;
    readonly snapshot: { readonly meta: SnapshotMeta; readonly sizeBytes: number } | undefined;
    readonly entries: readonly Entry[];
  };
}
