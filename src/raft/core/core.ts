import { unreachable } from "../../base/assert.ts";
import { asIndex, asTerm, type Index, type NodeId, type Term } from "../../base/ids.ts";
import { snapshotMetaAt, snapshotSaved } from "./compaction.ts";
import type { Effect } from "./effects.ts";
import {
  campaign,
  handleTimeoutNow,
  handleVoteRequest,
  handleVoteResponse,
  ignoresElection,
  leaderUnreachable,
  ownVotePersisted,
  tickElection,
} from "./election.ts";
import type { RaftEvent } from "./events.ts";
import { handleAppend, handleCommit, handleHeartbeat, handleSnapshot } from "./follower.ts";
import { advanceCommit, appendCommands, appendConfiguration, handOver, tickLeader } from "./leader.ts";
import type { Leadership } from "./leadership.ts";
import { configurationFault, configurationOf, planChange } from "./membership.ts";
import type { AppendOk, AppendReject, HeartbeatOk, RaftMessage, SnapshotAck } from "./messages.ts";
import type { RaftCoreOptions } from "./options.ts";
import type { Progress } from "./progress.ts";
import { holdsLease, releaseReads } from "./read-index.ts";
import { broadcastHeartbeat, handleAppendOk, handleHeartbeatOk, handleReject, peerUnreachable, tellCommitTo } from "./replication.ts";
import { becomeFollower } from "./roles.ts";
import { chunkWritten, installed, installFailed } from "./snapshot-receiver.ts";
import { handleSnapshotAck, snapshotMissing } from "./snapshot-sender.ts";
import { CoreState } from "./state.ts";
import { checkTransfer, furthestVoter, startTransfer } from "./transfer.ts";
import type { Configuration, Entry, MembershipChange, Role, ServerEntry, SnapshotMeta } from "./types.ts";

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
        this.#tick(event.elapsed);
        break;
      case "receive":
        this.#receive(event.from, event.message);
        break;
      case "propose":
        this.#propose(event.commands);
        break;
      case "change":
        this.#change(event.change);
        break;
      case "bootstrap":
        this.#bootstrap(event.servers);
        break;
      case "read":
        this.#read(event.batch);
        break;
      case "transfer":
        this.#transfer(event.to);
        break;
      case "persisted":
        this.#persisted(event.sequence);
        break;
      case "unreachable":
        this.#unreachable(event.id);
        break;
      case "stalled":
        this.#stalled(event.what);
        break;
      case "resign":
        this.#resign();
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

  #tick(elapsed: number): void {
    const state = this.#state;
    state.ticks++;
    state.time += elapsed;
    if (state.lead === undefined) tickElection(state);
    else tickLeader(state, state.lead, elapsed);
  }

  #receive(from: NodeId, message: RaftMessage): void {
    const state = this.#state;
    if (from === state.id) return;
    if (message.term > state.term) {
      if (!this.#mayRaiseTerm(from, message)) return;
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

  /** Removed servers, and strangers, cannot disturb the others. Thesis §4.2.3. */
  #mayRaiseTerm(from: NodeId, message: RaftMessage): boolean {
    const state = this.#state;
    switch (message.kind) {
      case "vote-request":
        return !ignoresElection(state, message);
      case "append":
      case "heartbeat":
      case "commit":
      case "snapshot":
        return true; // A leader of a later term, perhaps of a configuration that has not arrived here.
      case "timeout-now":
        return false;
      case "vote-response":
      case "append-ok":
      case "append-reject":
      case "heartbeat-ok":
      case "snapshot-ack":
        return state.configs.find(from) !== undefined;
      default:
        return unreachable(message);
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

  /** The leader, when it may append now; otherwise the refusal is said. */
  #leading(action: string): Leadership | undefined {
    const state = this.#state;
    const { lead } = state;
    if (lead === undefined) this.#refuse("not-leader", `Cannot ${action}: this server is not the leader`);
    else if (lead.transfer !== undefined) this.#refuse("unavailable", `Cannot ${action}: leadership is being transferred`);
    else return lead;
    return undefined;
  }

  #refuse(code: "not-leader" | "unavailable" | "conflict" | "bad-request", reason: string): void {
    this.#state.out.push({ kind: "refused", code, reason });
  }

  #accept(first: Index): void {
    const state = this.#state;
    state.out.push({ kind: "accepted", first, last: state.log.lastIndex, term: state.term });
  }

  #propose(commands: readonly Uint8Array[]): void {
    const lead = this.#leading("propose");
    if (lead === undefined) return;
    const first = asIndex(this.#state.log.lastIndex + 1);
    appendCommands(this.#state, lead, commands);
    this.#accept(first);
  }

  /** Thesis §4.1: one change at a time, and none before the leader has committed in its own term. */
  #change(change: MembershipChange): void {
    const state = this.#state;
    const lead = this.#leading("change the configuration");
    if (lead === undefined) return;
    if (state.commit < lead.termStart || state.configs.currentIndex > state.commit) {
      this.#refuse("conflict", "Cannot change the configuration: an earlier change is not committed yet");
      return;
    }
    const plan = planChange(state.configs.current, change);
    if (plan.kind === "refused") state.out.push(plan);
    else if (plan.kind === "nothing") {
      state.out.push({ kind: "accepted", first: state.configs.currentIndex, last: state.configs.currentIndex, term: state.term });
    } else if (change.kind === "promote" && !this.#caughtUp(lead, change.id)) {
      this.#refuse("conflict", `Cannot promote server "${change.id}": it has not caught up`);
    } else {
      appendConfiguration(state, lead, plan.configuration);
      this.#accept(state.log.lastIndex);
    }
  }

  /** Thesis §4.2.1: within one election timeout of the end of the log, and answering. */
  #caughtUp(lead: Leadership, id: NodeId): boolean {
    const state = this.#state;
    if (id === state.id) return true;
    const peer = lead.peers.get(id);
    if (peer === undefined || !peer.heard || peer.state !== "replicate") return false;
    return peer.match >= lead.caughtUpAt && peer.match >= lead.termStart && state.ticks - peer.contactTick < state.timing.electionTicks;
  }

  #bootstrap(servers: readonly ServerEntry[]): void {
    const state = this.#state;
    const fault = configurationFault(servers);
    if (state.log.lastIndex > 0) return this.#refuse("conflict", "Cannot bootstrap: this server has a log already");
    if (fault !== undefined) return this.#refuse("bad-request", `Cannot bootstrap: ${fault}`);
    const term = asTerm(1);
    if (state.term < term) becomeFollower(state, term, undefined);
    const entry: Entry = { kind: "config", term, index: asIndex(1), configuration: configurationOf(servers) };
    state.log.append([entry]);
    state.configs.append([entry]);
    state.out.writeEntries([entry]);
    this.#accept(entry.index);
    if (state.soleVoter) campaign(state, false);
  }

  #read(batch: number): void {
    const state = this.#state;
    const { lead } = state;
    if (lead === undefined) return this.#refuse("not-leader", "Cannot read: this server is not the leader");
    const begun = state.commit >= lead.termStart;
    lead.reads.add(batch, begun ? state.commit : undefined);
    if (!begun) return;
    releaseReads(state);
    if (lead.reads.newest > 0) broadcastHeartbeat(state, lead);
  }

  #transfer(to: NodeId | undefined): void {
    const state = this.#state;
    if (state.lead === undefined) this.#refuse("not-leader", "Cannot transfer leadership: this server is not the leader");
    else startTransfer(state, state.lead, to);
  }

  #unreachable(id: NodeId): void {
    const state = this.#state;
    const peer = state.lead?.peers.get(id);
    if (peer !== undefined) peerUnreachable(state, peer);
    leaderUnreachable(state, id);
  }

  /** A leader that cannot do its work lets go of it; a follower that was away looks first at what has come in meanwhile. */
  #stalled(what: "disk" | "loop"): void {
    const state = this.#state;
    const { lead } = state;
    if (lead === undefined) {
      state.electionElapsed = 0;
      return;
    }
    const successor = furthestVoter(state, lead);
    if (lead.transfer !== undefined || successor === undefined) return; // Nobody answers: the check of the quorum ends it soon.
    if (what === "disk" && successor.match <= state.out.stable) return; // The others' disks are no faster.
    startTransfer(state, lead, successor.id);
  }

  #resign(): void {
    const state = this.#state;
    if (state.lead !== undefined) handOver(state, state.lead);
    becomeFollower(state, state.term, undefined);
    state.halted = true;
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

/** A pre-vote asks about a term, and a granted one answers about it; neither is the sender's. */
function raisesTerm(message: RaftMessage): boolean {
  if (message.kind === "vote-request") return !message.pre;
  return !(message.kind === "vote-response" && message.pre && message.granted);
}
