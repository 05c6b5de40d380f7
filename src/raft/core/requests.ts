import type { ErrorCode } from "../../base/errors.ts";
import { asIndex, asTerm, type Index, type NodeId } from "../../base/ids.ts";
import { campaign, leaderUnreachable } from "./election.ts";
import { appendCommands, appendConfiguration, handOver } from "./leader.ts";
import type { Leadership } from "./leadership.ts";
import { configurationFault, configurationOf, planChange } from "./membership.ts";
import { releaseReads } from "./read-index.ts";
import { broadcastHeartbeat, peerUnreachable } from "./replication.ts";
import { becomeFollower } from "./roles.ts";
import type { CoreState } from "./state.ts";
import { furthestVoter, startTransfer } from "./transfer.ts";
import type { Entry, MembershipChange, ServerEntry } from "./types.ts";

/** The leader's office, when it may append now; otherwise the refusal is said. */
function leading(state: CoreState, action: string): Leadership | undefined {
  const { lead } = state;
  if (lead === undefined) refuse(state, "not-leader", `Cannot ${action}: this server is not the leader`);
  else if (lead.transfer !== undefined) refuse(state, "unavailable", `Cannot ${action}: leadership is being transferred`);
  else return lead;
  return undefined;
}

function refuse(state: CoreState, code: ErrorCode, reason: string): void {
  state.out.push({ kind: "refused", code, reason });
}

function accept(state: CoreState, first: Index): void {
  state.out.push({ kind: "accepted", first, last: state.log.lastIndex, term: state.term });
}

/** Raft paper §5.3. */
export function propose(state: CoreState, commands: readonly Uint8Array[]): void {
  const lead = leading(state, "propose");
  if (lead === undefined) return;
  const first = asIndex(state.log.lastIndex + 1);
  appendCommands(state, lead, commands);
  accept(state, first);
}

/** Thesis §4.1: one change at a time, and none before the leader has committed in its own term. */
export function changeMembership(state: CoreState, change: MembershipChange): void {
  const lead = leading(state, "change the configuration");
  if (lead === undefined) return;
  const { configs } = state;
  if (state.commit < lead.termStart || configs.currentIndex > state.commit) {
    refuse(state, "conflict", "Cannot change the configuration: an earlier change is not committed yet");
    return;
  }
  const plan = planChange(configs.current, change);
  if (plan.kind === "refused") state.out.push(plan);
  else if (plan.kind === "nothing") {
    state.out.push({ kind: "accepted", first: configs.currentIndex, last: configs.currentIndex, term: state.term });
  } else if (change.kind === "promote" && !caughtUp(state, lead, change.id)) {
    refuse(state, "conflict", `Cannot promote server "${change.id}": it has not caught up`);
  } else {
    appendConfiguration(state, lead, plan.configuration);
    accept(state, state.log.lastIndex);
  }
}

/** Thesis §4.2.1: within one election timeout of the end of the log, and answering. */
function caughtUp(state: CoreState, lead: Leadership, id: NodeId): boolean {
  if (id === state.id) return true;
  const peer = lead.peers.get(id);
  if (peer === undefined || !peer.heard || peer.state !== "replicate") return false;
  return peer.match >= lead.caughtUpAt && peer.match >= lead.termStart && state.ticks - peer.contactTick < state.timing.electionTicks;
}

/** The first entry of a new cluster; the same on every server that is told so. */
export function bootstrap(state: CoreState, servers: readonly ServerEntry[]): void {
  const fault = configurationFault(servers);
  if (state.log.lastIndex > 0) return refuse(state, "conflict", "Cannot bootstrap: this server has a log already");
  if (fault !== undefined) return refuse(state, "bad-request", `Cannot bootstrap: ${fault}`);
  const term = asTerm(1);
  if (state.term < term) becomeFollower(state, term, undefined);
  const entry: Entry = { kind: "config", term, index: asIndex(1), configuration: configurationOf(servers) };
  state.log.append([entry]);
  state.configs.append([entry]);
  state.out.writeEntries([entry]);
  accept(state, entry.index);
  if (state.soleVoter) campaign(state, false);
  else state.electionElapsed = state.electionTimeout; // nobody leads yet: the next tick asks for votes
}

/** Thesis §6.4: asks a majority, at once, whether this server still leads. */
export function readIndex(state: CoreState, batch: number): void {
  const { lead } = state;
  if (lead === undefined) return refuse(state, "not-leader", "Cannot read: this server is not the leader");
  const begun = state.commit >= lead.termStart;
  lead.reads.add(batch, begun ? state.commit : undefined);
  if (!begun) return;
  releaseReads(state);
  if (lead.reads.newest > 0) broadcastHeartbeat(state, lead);
}

/** Thesis §3.10. */
export function transferLeadership(state: CoreState, to: NodeId | undefined): void {
  if (state.lead === undefined) refuse(state, "not-leader", "Cannot transfer leadership: this server is not the leader");
  else startTransfer(state, state.lead, to);
}

/** A connection to that server was refused or broke. */
export function serverUnreachable(state: CoreState, id: NodeId): void {
  const peer = state.lead?.peers.get(id);
  if (peer !== undefined) peerUnreachable(state, peer);
  leaderUnreachable(state, id);
}

/** A leader that cannot do its work lets go of it; a follower that was away looks first at what has come in meanwhile. */
export function stalled(state: CoreState, what: "disk" | "loop"): void {
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

/** Hands over without waiting, and does nothing ever after. */
export function resign(state: CoreState): void {
  if (state.lead !== undefined) handOver(state, state.lead);
  becomeFollower(state, state.term, undefined);
  state.halted = true;
}
