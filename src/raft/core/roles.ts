import { assert } from "../../base/assert.ts";
import { asIndex, asTerm, type NodeId, type Term } from "../../base/ids.ts";
import type { CoreState } from "./state.ts";

const ZERO = asIndex(0);
const NO_TERM = asTerm(0);

/** Raft paper §5.1: whoever sees a higher term follows. Also the way out of any other role within the term. */
export function becomeFollower(state: CoreState, term: Term, leader: NodeId | undefined): void {
  if (term > state.term) {
    state.term = term;
    state.votedFor = undefined;
    state.heardSent = -1;
    state.out.writeHardState(state.hardState);
  }
  // The only lease that a former leader knows to be running is its own, and it has just given that up.
  if (state.role === "leader") state.silence = state.timing.withholdTicks;
  state.role = "follower";
  state.lead = undefined;
  state.votes = undefined;
  state.brokenAfter = undefined;
  state.leader = leader;
  state.resetElectionTimer();
}

/** Takes word from a leader of the sender's term; false when that term is over (the sender is told). */
export function hearLeader(state: CoreState, from: NodeId, term: Term): boolean {
  if (term < state.term) {
    // Raft paper §5.1; it also frees a server whose term ran ahead while it was cut off. Thesis §9.6.
    state.out.sendPersisted(from, { kind: "append-reject", term: state.term, prevIndex: ZERO, conflictIndex: ZERO, conflictTerm: NO_TERM });
    return false;
  }
  assert(state.role !== "leader", "a term has one leader");
  if (state.role !== "follower") becomeFollower(state, term, from);
  assert(state.leader === undefined || state.leader === from, "a term has one leader");
  state.leader = from;
  state.silence = 0;
  state.electionElapsed = 0;
  state.brokenAfter = undefined;
  return true;
}
