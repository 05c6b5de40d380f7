import type { NodeId } from "../../base/ids.ts";
import type { Leadership } from "./leadership.ts";
import type { Progress } from "./progress.ts";
import type { CoreState } from "./state.ts";

/** The voter that is most likely to win: heard of lately, and furthest on. */
export function furthestVoter(state: CoreState, lead: Leadership): Progress | undefined {
  let best: Progress | undefined;
  for (const peer of lead.list) {
    if (!peer.voter || !peer.heard || state.ticks - peer.contactTick >= state.timing.electionTicks) continue;
    if (best === undefined || peer.match > best.match) best = peer;
  }
  return best;
}

/** Thesis §3.10: the successor gets the whole log first; nothing is proposed meanwhile. */
export function startTransfer(state: CoreState, lead: Leadership, to: NodeId | undefined): void {
  const peer = to === undefined ? furthestVoter(state, lead) : lead.peers.get(to);
  if (peer === undefined || !peer.voter) {
    const reason = to === undefined ? "no other voter answers" : `server "${to}" is not another voter`;
    state.out.push({ kind: "refused", code: "conflict", reason: `Cannot transfer leadership: ${reason}` });
    return;
  }
  if (lead.transfer !== undefined) {
    state.out.push({ kind: "refused", code: "conflict", reason: `Cannot transfer leadership: already on its way to "${lead.transfer.to}"` });
    return;
  }
  lead.transfer = { to: peer.id, startedAt: state.ticks, asked: false };
  state.out.push({ kind: "accepted", first: state.log.lastIndex, last: state.log.lastIndex, term: state.term });
  checkTransfer(state, lead);
}

/** Asks the successor to stand once it has the whole log; gives up after an election timeout. */
export function checkTransfer(state: CoreState, lead: Leadership): void {
  const { transfer } = lead;
  if (transfer === undefined) return;
  const peer = lead.peers.get(transfer.to);
  if (peer === undefined || !peer.voter) return giveUp(state, lead, transfer.to, "it is no longer a voter");
  if (!transfer.asked && peer.match === state.log.lastIndex) {
    transfer.asked = true;
    lead.leaseBlock = { to: peer.id, sent: state.time };
    state.out.send(peer.id, { kind: "timeout-now", term: state.term, sent: state.time });
  }
  if (state.ticks - transfer.startedAt >= state.timing.electionTicks) giveUp(state, lead, transfer.to, "it did not take over in time");
}

function giveUp(state: CoreState, lead: Leadership, to: NodeId, reason: string): void {
  lead.transfer = undefined;
  state.out.push({ kind: "transfer-failed", to, reason });
}
