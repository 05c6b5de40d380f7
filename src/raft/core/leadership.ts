import { asIndex, type Index, type NodeId } from "../../base/ids.ts";
import type { EntryLog } from "./log.ts";
import type { ConfigurationHistory } from "./membership.ts";
import type { Append } from "./messages.ts";
import type { RaftTiming } from "./options.ts";
import type { Outbox } from "./outbox.ts";
import { Progress } from "./progress.ts";
import { quorumValue } from "./quorum.ts";
import { ReadQueue } from "./read-queue.ts";

/** A hand-over under way. Thesis §3.10. */
export interface Transfer {
  readonly to: NodeId;
  readonly startedAt: number;
  /** Whether `timeout-now` has gone out. */
  asked: boolean;
}

/** What a leader looks at in the state it leads from (`CoreState`, which knows its leadership in turn). */
interface LedState {
  readonly id: NodeId;
  readonly timing: RaftTiming;
  readonly log: EntryLog;
  readonly configs: ConfigurationHistory;
  readonly out: Outbox;
  readonly commit: Index;
  readonly ticks: number;
  readonly time: number;
  readonly isVoter: boolean;
}

/** What a server knows only while it leads; gone with the office. */
export class Leadership {
  readonly peers = new Map<NodeId, Progress>();
  /** The same, for loops that make no iterator. */
  list: readonly Progress[] = [];
  /** The index of the term's no-op: nothing before it is committed by counting. Raft paper §5.4.2. */
  readonly termStart: Index;
  readonly reads = new ReadQueue();
  transfer: Transfer | undefined;
  /** A `timeout-now` that may still be on its way voids the lease until its receiver has answered a later heartbeat. */
  leaseBlock: { readonly to: NodeId; readonly sent: number } | undefined;
  heartbeatElapsed = 0;
  /** The end of the log one election timeout ago: a learner that has it may vote. Thesis §4.2.1. */
  caughtUpAt: Index = asIndex(0);
  lastIndexMark: Index = asIndex(0);
  markElapsed = 0;
  /** The append sent last, and where the log ended then: what one peer is sent another often needs too. */
  shared: Append | undefined;
  sharedEnd = 0;
  readonly #scratch: number[] = [];

  constructor(termStart: Index) {
    this.termStart = termStart;
  }

  /** Follows the configuration in force. Who was removed stays until the removal is committed. Thesis §4.2.2. */
  syncPeers(state: LedState): void {
    const { servers } = state.configs.current;
    for (const server of servers) {
      if (server.id === state.id) continue;
      const known = this.peers.get(server.id);
      if (known === undefined) {
        this.peers.set(server.id, new Progress(server.id, server.suffrage === "voter", asIndex(state.log.lastIndex + 1), state.ticks));
      } else {
        known.voter = server.suffrage === "voter";
        known.leavingAt = undefined;
      }
    }
    for (const peer of this.peers.values()) {
      if (servers.some((server) => server.id === peer.id)) continue;
      peer.voter = false;
      peer.leavingAt ??= state.configs.currentIndex;
    }
    this.list = [...this.peers.values()];
  }

  /** Forgets who was removed, once that is committed and it knows, or cannot be told. */
  dropLeft(state: LedState): void {
    for (const peer of this.list) {
      if (peer.leavingAt === undefined || peer.leavingAt > state.commit) continue;
      const silent = state.ticks - peer.contactTick >= state.timing.electionTicks;
      if (silent || peer.commitTold >= peer.leavingAt) this.peers.delete(peer.id);
    }
    if (this.list.length > this.peers.size) this.list = [...this.peers.values()];
  }

  /** What is on the disks of a majority. The leader's own counts once it is synced. Thesis §10.2.1. */
  matchedByQuorum(state: LedState): number {
    const scratch = this.#scratch;
    let count = 0;
    if (state.isVoter) scratch[count++] = state.out.stable;
    for (const peer of this.list) if (peer.voter) scratch[count++] = peer.match;
    return quorumValue(scratch, count);
  }

  /** A time (in ticks by the clock) at which a majority took this server for the leader; `state.time` when it alone is the majority. */
  confirmedByQuorum(state: LedState): number {
    const scratch = this.#scratch;
    let count = 0;
    if (state.isVoter) scratch[count++] = state.time;
    for (const peer of this.list) if (peer.voter) scratch[count++] = peer.ackedSent;
    return quorumValue(scratch, count);
  }

  /** The newest batch of reads for which a majority has confirmed this leader. Thesis §6.4. */
  readsConfirmed(state: LedState): number {
    const scratch = this.#scratch;
    let count = 0;
    if (state.isVoter) scratch[count++] = Number.MAX_SAFE_INTEGER;
    for (const peer of this.list) if (peer.voter) scratch[count++] = peer.readAck;
    return quorumValue(scratch, count);
  }

  /** The counted tick since which a majority has been silent at the longest. Thesis §6.2. */
  contactOfQuorum(state: LedState): number {
    const scratch = this.#scratch;
    let count = 0;
    if (state.isVoter) scratch[count++] = state.ticks;
    for (const peer of this.list) if (peer.voter) scratch[count++] = peer.contactTick;
    return quorumValue(scratch, count);
  }
}
