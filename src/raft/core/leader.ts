import { asIndex } from "../../base/ids.ts";
import { Leadership } from "./leadership.ts";
import { releaseReads } from "./read-index.ts";
import { broadcastHeartbeat, replicate, shareBatch } from "./replication.ts";
import { becomeFollower } from "./roles.ts";
import type { CoreState } from "./state.ts";
import { checkTransfer, furthestVoter } from "./transfer.ts";
import type { Configuration, Entry } from "./types.ts";

/** Raft paper §5.2, §8: begins the term with an entry of its own, and tells everybody. */
export function becomeLeader(state: CoreState): void {
  state.role = "leader";
  state.leader = state.id;
  state.votes = undefined;
  state.silence = 0;
  const termStart = asIndex(state.log.lastIndex + 1);
  const lead = new Leadership(termStart);
  state.lead = lead;
  lead.syncPeers(state);
  appendEntries(state, lead, [{ kind: "noop", term: state.term, index: termStart }]);
  broadcastHeartbeat(state, lead);
}

export function appendCommands(state: CoreState, lead: Leadership, commands: readonly Uint8Array[]): void {
  const entries: Entry[] = [];
  let index = state.log.lastIndex as number;
  for (let at = 0; at < commands.length; at++) {
    entries.push({ kind: "command", term: state.term, index: asIndex(++index), data: commands[at] as Uint8Array });
  }
  appendEntries(state, lead, entries);
}

/** In force from here on. Thesis §4.1. */
export function appendConfiguration(state: CoreState, lead: Leadership, configuration: Configuration): void {
  const entry: Entry = { kind: "config", term: state.term, index: asIndex(state.log.lastIndex + 1), configuration };
  state.configs.append([entry]);
  lead.syncPeers(state); // before the log has the entry, so that a new peer is sent that first
  state.log.append([entry]);
  state.out.writeEntries([entry]);
  for (const peer of lead.list) replicate(state, lead, peer);
}

function appendEntries(state: CoreState, lead: Leadership, entries: readonly Entry[]): void {
  state.log.append(entries);
  state.out.writeEntries(entries);
  shareBatch(state, lead, entries);
  for (let at = 0; at < lead.list.length; at++) {
    const peer = lead.list[at];
    if (peer !== undefined) replicate(state, lead, peer);
  }
}

/** Ticks of a leader. `elapsed` counts for heartbeats, so that one goes out at once after a late tick. */
export function tickLeader(state: CoreState, lead: Leadership, { elapsed, counted }: { readonly elapsed: number; readonly counted: number }): void {
  const { timing } = state;
  lead.markElapsed += counted;
  if (lead.markElapsed >= timing.electionTicks) {
    lead.markElapsed = 0;
    lead.caughtUpAt = lead.lastIndexMark;
    lead.lastIndexMark = state.log.lastIndex;
  }
  lead.heartbeatElapsed += elapsed;
  if (lead.heartbeatElapsed >= timing.heartbeatTicks) {
    if (state.ticks - lead.contactOfQuorum(state) >= timing.electionTicks) {
      becomeFollower(state, state.term, undefined); // Thesis §6.2: a leader that cannot reach a majority is none.
      return;
    }
    broadcastHeartbeat(state, lead);
    lead.dropLeft(state);
  }
  checkTransfer(state, lead);
}

/** After an answer or a write: commits what a majority has, if it ends in an entry of the own term. Raft paper §5.4.2. */
export function advanceCommit(state: CoreState, lead: Leadership): void {
  const matched = lead.matchedByQuorum(state);
  if (matched <= state.commit || state.log.termAt(matched) !== state.term) return;
  const before = state.commit;
  state.commit = asIndex(matched);
  if (before < lead.termStart && lead.reads.begin(state.commit)) {
    broadcastHeartbeat(state, lead);
    releaseReads(state);
  }
  if (state.commit === state.log.lastIndex) tellCommit(state, lead);
  if (before < state.configs.currentIndex && state.commit >= state.configs.currentIndex) configurationCommitted(state, lead);
}

/** Nothing will follow soon that carries the commit index, so it goes alone. */
function tellCommit(state: CoreState, lead: Leadership): void {
  for (let at = 0; at < lead.list.length; at++) {
    const peer = lead.list[at];
    if (peer === undefined || peer.state !== "replicate") continue;
    const known = asIndex(Math.min(peer.match, state.commit));
    if (known <= peer.commitTold) continue;
    peer.commitTold = known;
    state.out.send(peer.id, { kind: "commit", term: state.term, commit: known });
  }
}

/** Thesis §4.2.2: a leader that removed itself goes when that is committed; it need not let the others wait for a timeout. */
function configurationCommitted(state: CoreState, lead: Leadership): void {
  if (state.isVoter) return;
  broadcastHeartbeat(state, lead);
  handOver(state, lead);
  becomeFollower(state, state.term, undefined);
}

/** Asks the best successor to stand at once; nobody waits for the outcome. */
export function handOver(state: CoreState, lead: Leadership): void {
  const successor = furthestVoter(state, lead);
  if (successor !== undefined) state.out.send(successor.id, { kind: "timeout-now", term: state.term, sent: state.time });
}
