import { assert } from "../../base/assert.ts";
import { asIndex } from "../../base/ids.ts";
import { SNAPSHOT_CHUNK_BYTES, SNAPSHOT_WINDOW_BYTES } from "./limits.ts";
import type { SnapshotAck } from "./messages.ts";
import type { Progress } from "./progress.ts";
import type { CoreState } from "./state.ts";

/** Raft paper §7: the log no longer holds what this peer lacks. */
export function startSending(state: CoreState, peer: Progress): void {
  const { snapshot } = state;
  assert(snapshot !== undefined, "what is not in the log is in a snapshot");
  peer.toSnapshot({ meta: snapshot.meta, sizeBytes: snapshot.sizeBytes, acked: 0, sent: 0, progressAt: state.ticks });
  if (snapshot.sizeBytes === 0) ask(state, peer);
  else sendChunks(state, peer);
}

/** Keeps one window of chunks on its way. */
export function sendChunks(state: CoreState, peer: Progress): void {
  const { sending } = peer;
  if (sending === undefined) return;
  while (sending.sent < sending.sizeBytes && sending.sent - sending.acked < SNAPSHOT_WINDOW_BYTES) {
    const length = Math.min(SNAPSHOT_CHUNK_BYTES, sending.sizeBytes - sending.sent);
    pushChunk(state, peer, sending.sent, length);
    sending.sent += length;
  }
}

/** The peer has written so far. Lower than before: it lost what it had, and gets it again. */
export function handleSnapshotAck(state: CoreState, peer: Progress, ack: SnapshotAck): void {
  const { sending } = peer;
  if (sending === undefined || sending.meta.index !== ack.index || ack.offset > sending.sizeBytes) return;
  if (ack.offset === sending.acked && !ack.failed) return;
  if (ack.offset < sending.acked) sending.sent = ack.offset;
  sending.acked = ack.offset;
  sending.progressAt = state.ticks;
  if (superseded(state, peer)) startSending(state, peer);
  else if (ack.failed) {
    // It could not write or restore it: `checkSending` begins again after an election timeout, not at once.
    sending.progressAt = state.ticks + state.timing.electionTicks;
    sending.sent = ack.offset;
  } else sendChunks(state, peer);
}

/** The peer is there, but nothing moves: sends again from where it is, or asks where that is. */
export function checkSending(state: CoreState, peer: Progress): void {
  const { sending } = peer;
  if (sending === undefined || state.ticks - sending.progressAt < state.timing.withholdTicks) return;
  sending.progressAt = state.ticks;
  sending.sent = sending.acked;
  if (superseded(state, peer)) startSending(state, peer);
  else if (sending.acked === sending.sizeBytes) ask(state, peer);
  else sendChunks(state, peer);
}

/**
 * A newer snapshot takes the place of an unfinished one only when the log behind the old one is gone. While a peer receives, that log
 * is kept (see `compactionLimit`), so a busy cluster does not send one snapshot after another and never end.
 */
function superseded(state: CoreState, peer: Progress): boolean {
  const { sending } = peer;
  if (sending === undefined || state.snapshot === undefined) return false;
  return state.snapshot.meta.index > sending.meta.index && state.log.termAt(sending.meta.index) === undefined;
}

/** The snapshot's file is gone: begin with the newest. */
export function snapshotMissing(state: CoreState, peer: Progress, index: number): void {
  const { sending } = peer;
  if (sending === undefined || sending.meta.index !== index) return;
  if (state.snapshot !== undefined && state.snapshot.meta.index > index) startSending(state, peer);
  else {
    peer.toProbe(asIndex(peer.match + 1));
    peer.pausedAt = state.time; // until it answers a heartbeat
  }
}

function ask(state: CoreState, peer: Progress): void {
  if (peer.sending !== undefined) pushChunk(state, peer, peer.sending.acked, 0);
}

function pushChunk(state: CoreState, peer: Progress, offset: number, length: number): void {
  const { sending } = peer;
  if (sending === undefined) return;
  const { meta, sizeBytes } = sending;
  state.out.push({ kind: "send-chunk", to: peer.id, term: state.term, meta, sizeBytes, offset, length });
}
