import type { NodeId } from "../../base/ids.ts";
import { asTerm } from "../../base/ids.ts";
import { becomeLeader } from "./leader.ts";
import type { TimeoutNow, VoteRequest, VoteResponse } from "./messages.ts";
import { becomeFollower } from "./roles.ts";
import type { CoreState } from "./state.ts";
import { Votes } from "./votes.ts";

/** So many ticks go by until a server that does not lead may ask for votes. */
export function ticksToElection(state: CoreState): number {
  if (!state.mayCampaign) return Number.POSITIVE_INFINITY;
  if (state.soleVoter) return 1;
  const patience = state.electionTimeout - state.electionElapsed;
  return state.role === "follower" && state.brokenAfter !== undefined ? Math.min(patience, state.brokenAfter - state.silence) : patience;
}

/** Ticks of a server that does not lead. */
export function tickElection(state: CoreState, counted: number): void {
  state.silence += counted;
  state.electionElapsed += counted;
  if (!state.mayCampaign) return;
  if (state.soleVoter) {
    if (state.role !== "candidate" && !state.withholding) campaign(state, false);
  } else if (state.electionElapsed >= state.electionTimeout) preCampaign(state);
  else if (state.role === "follower" && state.brokenAfter !== undefined && state.silence >= state.brokenAfter) preCampaign(state);
}

/** A connection broke. Whoever followed that leader need not wait for a whole timeout, only for as long as votes are withheld. */
export function leaderUnreachable(state: CoreState, id: NodeId): void {
  if (state.role !== "follower" || state.leader !== id || state.brokenAfter !== undefined) return;
  const spread = Math.ceil(state.timing.withholdTicks / 2);
  state.brokenAfter = Math.max(state.silence, state.timing.withholdTicks) + 1 + state.random(spread);
}

/** Thesis §9.6: asks whether an election could be won before it disturbs anybody with a new term. */
function preCampaign(state: CoreState): void {
  beginRound(state, "pre-candidate");
  state.votes = new Votes(undefined);
  state.votes.record(state.id, true);
  requestVotes(state, { pre: true, force: false });
}

/** Raft paper §5.2. The vote for oneself counts once it is synced; asking the others need not wait for that. */
export function campaign(state: CoreState, force: boolean): void {
  beginRound(state, "candidate");
  state.term = asTerm(state.term + 1);
  state.votedFor = state.id;
  state.heardSent = -1;
  state.out.writeHardState(state.hardState);
  state.votes = new Votes(state.out.sequence);
  requestVotes(state, { pre: false, force });
}

/** A round lasts shorter than a follower's patience: nobody hears a leader meanwhile, so nothing is disturbed. */
function beginRound(state: CoreState, role: "pre-candidate" | "candidate"): void {
  state.role = role;
  state.leader = undefined;
  state.brokenAfter = undefined;
  state.electionElapsed = 0;
  state.electionTimeout = state.timing.withholdTicks + state.random(state.timing.withholdTicks);
}

function requestVotes(state: CoreState, { pre, force }: { readonly pre: boolean; readonly force: boolean }): void {
  const { log } = state;
  const term = pre ? asTerm(state.term + 1) : state.term;
  const request: VoteRequest = { kind: "vote-request", term, pre, force, lastIndex: log.lastIndex, lastTerm: log.lastTerm };
  for (const server of state.configs.current.servers) {
    if (server.suffrage === "voter" && server.id !== state.id) state.out.send(server.id, request);
  }
}

/** Whether a higher term in this request may be taken over at all: not while some leader's lease may run. Thesis §4.2.3. */
export function ignoresElection(state: CoreState, request: VoteRequest): boolean {
  return !request.pre && !request.force && state.withholding;
}

export function handleVoteRequest(state: CoreState, from: NodeId, request: VoteRequest): void {
  const upToDate = state.log.isUpToDate(request.lastIndex, request.lastTerm);
  if (request.pre) {
    const granted = request.term > state.term && upToDate && !state.withholding;
    state.out.send(from, { kind: "vote-response", term: granted ? request.term : state.term, pre: true, granted });
    return;
  }
  const free = state.votedFor === undefined || state.votedFor === from;
  const granted = request.term === state.term && free && upToDate && state.role === "follower" && (request.force || !state.withholding);
  if (granted) {
    state.electionElapsed = 0;
    if (state.votedFor === undefined) {
      state.votedFor = from;
      state.out.writeHardState(state.hardState);
    }
  }
  state.out.sendPersisted(from, { kind: "vote-response", term: state.term, pre: false, granted });
}

export function handleVoteResponse(state: CoreState, from: NodeId, response: VoteResponse): void {
  if (response.pre) {
    if (state.role !== "pre-candidate" || (response.granted && response.term !== state.term + 1)) return;
  } else if (state.role !== "candidate" || response.term !== state.term) return;
  state.votes?.record(from, response.granted);
  countVotes(state);
}

/** The vote for oneself is on disk. */
export function ownVotePersisted(state: CoreState, sequence: number): void {
  const own = state.votes?.ownSequence;
  if (state.role !== "candidate" || own === undefined || own > sequence) return;
  state.votes?.record(state.id, true);
  countVotes(state);
}

function countVotes(state: CoreState): void {
  const outcome = state.votes?.tally(state.configs.current);
  if (outcome === "won") {
    if (state.role === "pre-candidate") campaign(state, false);
    else becomeLeader(state);
  } else if (outcome === "lost") {
    // Tries again after a round's time, not at once.
    const { electionElapsed, electionTimeout } = state;
    becomeFollower(state, state.term, undefined);
    state.electionElapsed = electionElapsed;
    state.electionTimeout = electionTimeout;
  }
}

/** Thesis §3.10. Void when a later heartbeat has been heard, since the leader may hold its lease again, or none at all. */
export function handleTimeoutNow(state: CoreState, from: NodeId, message: TimeoutNow): void {
  if (message.term !== state.term || state.role !== "follower" || state.leader !== from || !state.isVoter) return;
  if (state.heardSent >= 0 && message.sent >= state.heardSent) campaign(state, true);
}
