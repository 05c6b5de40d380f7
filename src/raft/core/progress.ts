import { asIndex, type Index, type NodeId } from "../../base/ids.ts";
import { MAX_INFLIGHT_BYTES, MAX_INFLIGHT_MESSAGES } from "./limits.ts";
import type { SnapshotMeta } from "./types.ts";

/**
 * - `probe`: where the logs agree is not known yet; one append at a time
 * - `replicate`: known; appends are sent ahead of their answers
 * - `snapshot`: the log no longer reaches back far enough
 */
export type ProgressState = "probe" | "replicate" | "snapshot";

/** A snapshot on its way to a peer. */
export interface Sending {
  readonly meta: SnapshotMeta;
  readonly sizeBytes: number;
  /** Bytes that the peer has said it has written. */
  acked: number;
  /** Bytes handed to the transport. */
  sent: number;
  /** Counted ticks at the last sign of progress. */
  progressAt: number;
}

/** What the leader knows of one other server. Raft paper, figure 2: nextIndex, matchIndex. */
export class Progress {
  readonly id: NodeId;
  voter: boolean;
  /** Set when the server has been removed: it is kept up until the entry at this index, which says so, is committed. */
  leavingAt: Index | undefined;
  state: ProgressState = "probe";
  match: Index = asIndex(0);
  next: Index;
  /** In `probe`: an append went out at this time (in ticks by the clock) and is not answered. */
  pausedAt: number | undefined;
  /** The highest commit index it was told. */
  commitTold = 0;
  /** Counted ticks when it last answered; real ticks of the newest heartbeat it answered; newest read batch it confirmed. */
  contactTick: number;
  ackedSent = -1;
  readAck = 0;
  /** Whether it has answered at all in this term. */
  heard = false;
  /** `match` as it was at the last heartbeat's answer: no progress in between hints at loss. */
  matchAtHeartbeat = -1;
  sending: Sending | undefined;
  readonly #lasts: number[] = [];
  readonly #sizes: number[] = [];
  #inflightBytes = 0;

  constructor(id: NodeId, voter: boolean, next: Index, tick: number) {
    this.id = id;
    this.voter = voter;
    this.next = next;
    this.contactTick = tick;
  }

  /** Whether an append with entries may go out now. */
  get ready(): boolean {
    if (this.state === "replicate") return this.#lasts.length < MAX_INFLIGHT_MESSAGES && this.#inflightBytes < MAX_INFLIGHT_BYTES;
    return this.state === "probe" && this.pausedAt === undefined;
  }

  get inflight(): number {
    return this.#lasts.length;
  }

  /** An append that ends at `last` has gone out. */
  sentUpTo(last: Index, bytes: number, time: number): void {
    if (this.state === "probe") {
      this.pausedAt = time;
      return;
    }
    this.next = asIndex(last + 1);
    this.#lasts.push(last);
    this.#sizes.push(bytes);
    this.#inflightBytes += bytes;
  }

  /** The peer has synced everything up to `match`. */
  acked(match: Index): void {
    if (match > this.match) this.match = match;
    if (this.next <= match) this.next = asIndex(match + 1);
    let done = 0;
    while (done < this.#lasts.length && (this.#lasts[done] as number) <= match) this.#inflightBytes -= this.#sizes[done++] as number;
    if (done > 0) {
      this.#lasts.splice(0, done);
      this.#sizes.splice(0, done);
    }
  }

  toProbe(next: Index): void {
    this.#enter("probe");
    this.next = next;
  }

  toReplicate(): void {
    this.#enter("replicate");
    this.next = asIndex(this.match + 1);
  }

  toSnapshot(sending: Sending): void {
    this.#enter("snapshot");
    this.sending = sending;
  }

  #enter(state: ProgressState): void {
    this.state = state;
    this.pausedAt = undefined;
    this.sending = undefined;
    this.#lasts.length = 0;
    this.#sizes.length = 0;
    this.#inflightBytes = 0;
  }
}
