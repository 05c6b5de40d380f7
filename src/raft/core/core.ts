import { unreachable } from "../../base/assert.ts";
import { asIndex, asTerm, type Index, type NodeId, type Term } from "../../base/ids.ts";
import { snapshotMetaAt, snapshotSaved } from "./compaction.ts";
import type { Effect } from "./effects.ts";
import { campaign, handleTimeoutNow, handleVoteRequest, handleVoteResponse, ownVotePersisted, tickElection, ticksToElection } from "./election.ts";
import type { RaftEvent } from "./events.ts";
import { handleAppend, handleCommit, handleHeartbeat, handleSnapshot } from "./follower.ts";
import { advanceCommit, tickLeader } from "./leader.ts";
import type { Leadership } from "./leadership.ts";
import type { AppendOk, AppendReject, HeartbeatOk, RaftMessage, SnapshotAck } from "./messages.ts";
import type { RaftCoreOptions } from "./options.ts";
import type { Progress } from "./progress.ts";
import { holdsLease, releaseReads } from "./read-index.ts";
import { handleAppendOk, handleHeartbeatOk, handleReject, tellCommitTo } from "./replication.ts";
import { bootstrap, changeMembership, propose, readIndex, resign, serverUnreachable, stalled, transferLeadership } from "./requests.ts";
import { becomeFollower } from "./roles.ts";
import { chunkWritten, installed, installFailed } from "./snapshot-receiver.ts";
import { handleSnapshotAck, snapshotMissing } from "./snapshot-sender.ts";
import { CoreState } from "./state.ts";
import { mayRaiseTerm, raisesTerm } from "./terms.ts";
import { checkTransfer } from "./transfer.ts";
import type { Configuration, Entry, Role, SnapshotMeta } from "./types.ts";

/** What a core can be asked about a peer, on the leader. */
export interface PeerView {
  readonly id: NodeId;
  readonly matchIndex: Index;
  readonly state: "probe" | "replicate" | "snapshot";
}

/**
 * The Raft rules of one server, without any I/O: events in, effects out (raft paper, figure 2, and the thesis where the parts say so).
 * The same events give the same effects. Whoever drives it performs the effects in order and reports back.
 */
export class RaftCore {
  readonly #state: CoreState;
  #told: { role: Role; term: Term; leader: NodeId | undefined; commit: Index; configuration: Configuration | undefined };

  constructor(options: RaftCoreOptions) {
    const state = new CoreState(options);
    this.#state = state;
    this.#told = { role: state.role, term: state.term, leader: undefined, commit: asIndex(0), configuration: undefined };
  }

  get role(): Role {
    return this.#state.role;
  }
  get term(): Term {
    return this.#state.term;
  }
  get leader(): NodeId | undefined {
    return this.#state.leader;
  }
  get commitIndex(): Index {
    return this.#state.commit;
  }
  get firstIndex(): Index {
    return this.#state.log.firstIndex;
  }
  get lastIndex(): Index {
    return this.#state.log.lastIndex;
  }
  get lastTerm(): Term {
    return this.#state.log.lastTerm;
  }
  /** Up to here the log is on this server's disk. */
  get stableIndex(): Index {
    return this.#state.out.stable;
  }
  get logBytes(): number {
    return this.#state.log.bytes;
  }
  get configuration(): Configuration {
    return this.#state.configs.current;
  }
  get configurationIndex(): Index {
    return this.#state.configs.currentIndex;
  }
  get snapshotIndex(): Index {
    return this.#state.snapshot?.meta.index ?? asIndex(0);
  }
  get snapshotTerm(): Term {
    return this.#state.snapshot?.meta.term ?? asTerm(0);
  }
  /** On the leader the index of its term's first entry. */
  get termStart(): Index | undefined {
    return this.#state.lead?.termStart;
  }
  get peers(): readonly PeerView[] {
    return (this.#state.lead?.list ?? []).map((peer) => ({ id: peer.id, matchIndex: peer.match, state: peer.state }));
  }
  /** Index of the snapshots that peers are receiving now. */
  get sendingSnapshots(): readonly Index[] {
    return (this.#state.lead?.list ?? []).flatMap((peer) => (peer.sending === undefined ? [] : [peer.sending.meta.index]));
  }

  entryAt(index: number): Entry | undefined {
    return this.#state.log.entryAt(index);
  }

  /** `undefined` when the entry there is not in the log or not committed. */
  snapshotMetaAt(index: Index): SnapshotMeta | undefined {
    return snapshotMetaAt(this.#state, index);
  }

  /**
   * For so many ticks from the last one on nothing is due, as things are, at least 1. Who hears a leader is not woken between its words for the sake of
   * an election that they put off: only as often as votes are withheld. Who leads alone need not hear itself, only keep its lease.
   */
  get quietTicks(): number {
    const { timing, lead } = this.#state;
    if (lead === undefined) return Math.max(1, Math.min(timing.withholdTicks, ticksToElection(this.#state)));
    return Math.max(1, lead.list.length === 0 ? timing.leaseTicks >> 1 : timing.heartbeatTicks - lead.heartbeatElapsed);
  }

  /** `sinceTick`: whole ticks by the clock since the last `tick`, rounded up. Thesis §6.4.1. */
  holdsLease(sinceTick: number): boolean {
    return holdsLease(this.#state, sinceTick);
  }

  /** Takes one event to its end. */
  step(event: RaftEvent): readonly Effect[] {
    const state = this.#state;
    if (state.halted) return [];
    switch (event.kind) {
      case "start":
        if (state.soleVoter) campaign(state, false);
        break;
      case "tick":
        this.#tick(event.elapsed, event.counted ?? 1);
        break;
      case "receive":
        this.#receive(event.from, event.message);
        break;
      case "propose":
        propose(state, event.commands);
        break;
      case "change":
        changeMembership(state, event.change);
        break;
      case "bootstrap":
        bootstrap(state, event.servers);
        break;
      case "read":
        readIndex(state, event.batch);
        break;
      case "transfer":
        transferLeadership(state, event.to);
        break;
      case "persisted":
        this.#persisted(event.sequence);
        break;
      case "unreachable":
        serverUnreachable(state, event.id);
        break;
      case "stalled":
        stalled(state, event.what);
        break;
      case "resign":
        resign(state);
        break;
      case "snapshot-saved":
        snapshotSaved(state, event.meta, event.sizeBytes);
        break;
      case "chunk-written":
        chunkWritten(state, event.index, event.offset);
        break;
      case "installed":
        installed(state, event.meta, event.sizeBytes);
        break;
      case "install-failed":
        installFailed(state, event.index);
        break;
      case "snapshot-missing": {
        const peer = state.lead?.peers.get(event.to);
        if (peer !== undefined) snapshotMissing(state, peer, event.index);
        break;
      }
      default:
        unreachable(event);
    }
    return this.#finish();
  }

  #tick(elapsed: number, counted: number): void {
    const state = this.#state;
    state.ticks += counted;
    state.time += elapsed;
    if (state.lead === undefined) tickElection(state, counted);
    else tickLeader(state, state.lead, { elapsed, counted });
  }

  #receive(from: NodeId, message: RaftMessage): void {
    const state = this.#state;
    if (from === state.id) return;
    if (message.term > state.term) {
      if (!mayRaiseTerm(state, from, message)) return;
      if (raisesTerm(message)) becomeFollower(state, message.term, undefined);
    }
    switch (message.kind) {
      case "append":
        return handleAppend(state, from, message);
      case "heartbeat":
        return handleHeartbeat(state, from, message);
      case "commit":
        return handleCommit(state, from, message);
      case "snapshot":
        return handleSnapshot(state, from, message);
      case "vote-request":
        return handleVoteRequest(state, from, message);
      case "vote-response":
        return handleVoteResponse(state, from, message);
      case "timeout-now":
        return handleTimeoutNow(state, from, message);
      case "append-ok":
      case "append-reject":
      case "heartbeat-ok":
      case "snapshot-ack":
        return this.#answer(from, message);
      default:
        unreachable(message);
    }
  }

  #answer(from: NodeId, message: AppendOk | AppendReject | HeartbeatOk | SnapshotAck): void {
    const state = this.#state;
    const { lead } = state;
    const peer = lead?.peers.get(from);
    if (lead === undefined || peer === undefined || message.term !== state.term) return;
    peer.heard = true;
    peer.contactTick = state.ticks;
    switch (message.kind) {
      case "append-ok":
        handleAppendOk(state, lead, peer, message);
        this.#advanced(lead, peer);
        break;
      case "append-reject":
        handleReject(state, lead, peer, message);
        break;
      case "heartbeat-ok":
        handleHeartbeatOk(state, lead, peer, message);
        releaseReads(state);
        break;
      case "snapshot-ack":
        handleSnapshotAck(state, peer, message);
        break;
    }
  }

  #advanced(lead: Leadership, peer: Progress): void {
    const state = this.#state;
    advanceCommit(state, lead);
    if (state.lead !== lead) return;
    tellCommitTo(state, peer);
    checkTransfer(state, lead);
  }

  #persisted(sequence: number): void {
    const state = this.#state;
    const advanced = state.out.persisted(sequence);
    ownVotePersisted(state, sequence);
    if (advanced && state.lead !== undefined) advanceCommit(state, state.lead);
  }

  /** Says what has changed in this step, and what is to be written. */
  #finish(): readonly Effect[] {
    const state = this.#state;
    const told = this.#told;
    const configuration = state.configs.current;
    if (configuration !== told.configuration) {
      told.configuration = configuration;
      state.out.push({ kind: "configuration", configuration, index: state.configs.currentIndex });
    }
    if (state.role !== told.role || state.term !== told.term || state.leader !== told.leader) {
      told.role = state.role;
      told.term = state.term;
      told.leader = state.leader;
      state.out.push({ kind: "role", role: state.role, term: state.term, leader: state.leader });
    }
    if (state.commit > told.commit) {
      told.commit = state.commit;
      state.out.push({ kind: "apply", upTo: state.commit });
    }
    return state.out.take(state.log.lastIndex);
  }
}
