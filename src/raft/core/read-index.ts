import type { CoreState } from "./state.ts";

/** Answers the batches that a majority has confirmed. */
export function releaseReads(state: CoreState): void {
  const { lead } = state;
  if (lead === undefined) return;
  const confirmed = lead.readsConfirmed(state);
  for (let read = lead.reads.take(confirmed); read !== undefined; read = lead.reads.take(confirmed)) {
    state.out.push({ kind: "read-ready", batch: read.batch, index: read.index });
  }
}

/**
 * Whether no other server can have become leader, `sinceTick` ticks by the clock after the last tick. Thesis §6.4.1:
 * a majority answered heartbeats *sent* within the lease, and gives no vote for longer than that. Not while a hand-over
 * could be under way, since it overrides withheld votes, and not for a leader that has removed itself: who is left may be a
 * majority alone.
 */
export function holdsLease(state: CoreState, sinceTick: number): boolean {
  const { lead } = state;
  if (lead === undefined || state.halted || !state.isVoter || lead.transfer !== undefined || state.commit < lead.termStart) return false;
  if (lead.leaseBlock !== undefined) {
    const { to, sent } = lead.leaseBlock;
    const peer = lead.peers.get(to);
    if (peer === undefined || peer.ackedSent <= sent) return false;
    lead.leaseBlock = undefined;
  }
  return state.time + sinceTick - lead.confirmedByQuorum(state) < state.timing.leaseTicks;
}
