import { asIndex, type Index } from "../../base/ids.ts";
import type { Leadership } from "./leadership.ts";
import { ENTRY_OVERHEAD_BYTES, MAX_APPEND_BYTES, MAX_APPEND_ENTRIES } from "./limits.ts";
import { entryBytes } from "./log.ts";
import type { Append, AppendOk, AppendReject, HeartbeatOk } from "./messages.ts";
import type { Progress } from "./progress.ts";
import { checkSending, startSending } from "./snapshot-sender.ts";
import type { CoreState } from "./state.ts";
import type { Entry } from "./types.ts";

/** Sends a peer what it lacks, as far as flow control allows. Raft paper §5.3, thesis §10.2.1 (pipelining). */
export function replicate(state: CoreState, lead: Leadership, peer: Progress): void {
  while (peer.ready && peer.next <= state.log.lastIndex) {
    const message = appendFor(state, lead, peer.next);
    if (message === undefined) {
      startSending(state, peer);
      return;
    }
    const last = asIndex(message.prevIndex + message.entries.length);
    peer.sentUpTo(last, bytesOf(message.entries), state.time);
    peer.commitTold = Math.max(peer.commitTold, Math.min(message.commit, last));
    state.out.send(peer.id, message);
  }
}

/** An append that begins at `next`; the one made for another peer when it is the same. `undefined`: the log no longer reaches there. */
function appendFor(state: CoreState, lead: Leadership, next: Index): Append | undefined {
  const { log } = state;
  const { shared } = lead;
  if (shared !== undefined && shared.prevIndex === next - 1 && lead.sharedEnd === log.lastIndex && shared.commit === state.commit) return shared;
  const prevTerm = log.termAt(next - 1);
  if (prevTerm === undefined) return undefined;
  const entries = log.slice(next, MAX_APPEND_ENTRIES, MAX_APPEND_BYTES);
  const message: Append = { kind: "append", term: state.term, prevIndex: asIndex(next - 1), prevTerm, commit: state.commit, entries };
  lead.shared = message;
  lead.sharedEnd = log.lastIndex;
  return message;
}

/** A batch just appended is what peers that keep up need: the message is made once, around the array that is there. */
export function shareBatch(state: CoreState, lead: Leadership, entries: readonly Entry[]): void {
  const first = entries[0];
  if (first === undefined || lead.list.length === 0) return;
  if (entries.length > MAX_APPEND_ENTRIES || (entries.length > 1 && bytesOf(entries) > MAX_APPEND_BYTES)) return;
  const prevTerm = state.log.termAt(first.index - 1);
  if (prevTerm === undefined) return;
  lead.shared = { kind: "append", term: state.term, prevIndex: asIndex(first.index - 1), prevTerm, commit: state.commit, entries };
  lead.sharedEnd = state.log.lastIndex;
}

function bytesOf(entries: readonly Entry[]): number {
  let bytes = ENTRY_OVERHEAD_BYTES;
  for (let at = 0; at < entries.length; at++) bytes += entryBytes(entries[at] as Entry);
  return bytes;
}

/** An append without entries: its answer tells whether what was sent has arrived. */
function sendEmpty(state: CoreState, peer: Progress): void {
  const prevIndex = asIndex(peer.next - 1);
  const prevTerm = state.log.termAt(prevIndex);
  if (prevTerm === undefined) return startSending(state, peer);
  if (peer.state === "probe") peer.pausedAt = state.time;
  state.out.send(peer.id, { kind: "append", term: state.term, prevIndex, prevTerm, commit: state.commit, entries: [] });
}

export function broadcastHeartbeat(state: CoreState, lead: Leadership): void {
  lead.heartbeatElapsed = 0;
  const read = lead.reads.newest;
  for (const peer of lead.list) {
    const commit = asIndex(Math.min(peer.match, state.commit));
    peer.commitTold = Math.max(peer.commitTold, commit);
    state.out.send(peer.id, { kind: "heartbeat", term: state.term, commit, sent: state.time, read });
  }
}

export function handleAppendOk(state: CoreState, lead: Leadership, peer: Progress, message: AppendOk): void {
  const { match } = message;
  if (match > state.log.lastIndex) return; // Not an answer to anything that was sent in this term.
  const { sending } = peer;
  if (sending !== undefined && match < sending.meta.index) return;
  peer.acked(match);
  if (peer.state !== "replicate" && match >= peer.match) peer.toReplicate();
  replicate(state, lead, peer);
}

/** The peer's knowledge of the commit index, when it has caught up and nothing else will tell it. */
export function tellCommitTo(state: CoreState, peer: Progress): void {
  const known = asIndex(Math.min(peer.match, state.commit));
  if (peer.state !== "replicate" || known <= peer.commitTold || peer.inflight > 0) return;
  peer.commitTold = known;
  state.out.send(peer.id, { kind: "commit", term: state.term, commit: known });
}

/** Raft paper §5.3: goes back by whole terms until the logs agree. */
export function handleReject(state: CoreState, lead: Leadership, peer: Progress, message: AppendReject): void {
  if (peer.state === "snapshot") return;
  if (peer.state === "probe" && message.prevIndex !== peer.next - 1) return; // The answer to an older append.
  if (message.prevIndex === peer.match && peer.state === "probe" && message.conflictIndex <= peer.match) {
    // It has lost what it had synced. Counting it no longer is the safe side.
    peer.match = asIndex(Math.max(0, message.conflictIndex - 1));
  } else if (message.prevIndex <= peer.match) return;
  peer.toProbe(asIndex(Math.max(nextAfterConflict(state, message), peer.match + 1)));
  replicate(state, lead, peer);
}

function nextAfterConflict(state: CoreState, { prevIndex, conflictIndex, conflictTerm }: AppendReject): number {
  const latest = Math.min(conflictIndex, prevIndex);
  if (conflictTerm === 0) return Math.max(1, latest);
  const agreed = state.log.lastWithTermAtMost(conflictTerm, prevIndex - 1);
  return Math.max(1, state.log.termAt(agreed) === conflictTerm ? agreed + 1 : latest);
}

export function handleHeartbeatOk(state: CoreState, lead: Leadership, peer: Progress, message: HeartbeatOk): void {
  peer.ackedSent = Math.max(peer.ackedSent, message.sent);
  peer.readAck = Math.max(peer.readAck, message.read);
  if (peer.state === "snapshot") {
    checkSending(state, peer);
    return;
  }
  // It answers what was sent later than the append: that is lost, or waits for its disk.
  if (peer.pausedAt !== undefined && message.sent > peer.pausedAt) peer.pausedAt = undefined;
  if (peer.match < state.log.lastIndex) {
    const stuck = peer.matchAtHeartbeat === peer.match && peer.next > peer.match + 1;
    replicate(state, lead, peer);
    const idle = peer.state === "probe" ? peer.pausedAt === undefined && peer.next > state.log.lastIndex : stuck;
    if (idle && peer.sending === undefined) sendEmpty(state, peer);
  }
  peer.matchAtHeartbeat = peer.match;
}

/** What was on its way to this peer may be lost. */
export function peerUnreachable(state: CoreState, peer: Progress): void {
  switch (peer.state) {
    case "probe":
      return;
    case "replicate":
      peer.toProbe(asIndex(peer.match + 1));
      peer.pausedAt = state.time; // until it answers a heartbeat
      return;
    case "snapshot":
      if (peer.sending !== undefined) peer.sending.sent = peer.sending.acked;
      return;
  }
}
