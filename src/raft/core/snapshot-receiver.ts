import type { NodeId } from "../../base/ids.ts";
import type { SnapshotChunk } from "./messages.ts";
import type { CoreState, Receiving } from "./state.ts";
import type { SnapshotMeta } from "./types.ts";

/** Raft paper §7; the caller has taken the leader's word. */
export function handleChunk(state: CoreState, from: NodeId, chunk: SnapshotChunk): void {
  const { meta } = chunk;
  if (meta.index <= state.commit || state.log.termAt(meta.index) === meta.term) {
    // It is here already (figure 13, step 6): what a snapshot holds is committed.
    if (meta.index > state.commit) state.commit = meta.index;
    state.out.sendPersisted(from, { kind: "append-ok", term: state.term, match: meta.index });
    return;
  }
  const receiving = sameSnapshot(state.receiving, from, chunk) ? state.receiving : begin(state, from, chunk);
  if (receiving === undefined || chunk.offset !== receiving.taken || receiving.complete) {
    acknowledge(state, from, meta, receiving?.written ?? 0);
    return;
  }
  receiving.taken += chunk.data.length;
  receiving.complete = receiving.taken === receiving.sizeBytes;
  const { sizeBytes, offset, data } = chunk;
  if (data.length > 0 || receiving.complete) state.out.push({ kind: "receive-chunk", meta, sizeBytes, offset, data, last: receiving.complete });
  else acknowledge(state, from, meta, receiving.written);
}

function sameSnapshot(receiving: Receiving | undefined, from: NodeId, { meta, sizeBytes }: SnapshotChunk): boolean {
  if (receiving === undefined) return false;
  return receiving.from === from && receiving.meta.index === meta.index && receiving.meta.term === meta.term && receiving.sizeBytes === sizeBytes;
}

/** A new one begins at its beginning, and not while a whole one is being restored. */
function begin(state: CoreState, from: NodeId, { meta, sizeBytes, offset }: SnapshotChunk): Receiving | undefined {
  const { receiving } = state;
  if (offset !== 0 || receiving?.complete === true) return undefined;
  state.receiving = { from, meta, sizeBytes, taken: 0, written: 0, complete: false };
  return state.receiving;
}

export function chunkWritten(state: CoreState, index: number, offset: number): void {
  const { receiving } = state;
  if (receiving === undefined || receiving.meta.index !== index || offset > receiving.taken) return;
  receiving.written = offset;
  acknowledge(state, receiving.from, receiving.meta, offset);
}

/** The state machine is at the snapshot now; so is the log. */
export function installed(state: CoreState, meta: SnapshotMeta, sizeBytes: number): void {
  const from = state.receiving?.from;
  state.receiving = undefined;
  if (state.snapshot === undefined || state.snapshot.meta.index < meta.index) state.snapshot = { meta, sizeBytes };
  if (state.log.termAt(meta.index) !== meta.term && meta.index > state.commit) {
    if (state.log.lastIndex > meta.index) state.out.truncateFrom(meta.index + 1);
    state.log.reset(meta.index, meta.term);
    state.configs.reset(meta);
    state.out.stableAt(meta.index);
    state.out.push({ kind: "compact", upTo: meta.index });
  }
  if (meta.index > state.commit) state.commit = meta.index;
  if (from !== undefined && state.role === "follower") {
    state.out.sendPersisted(from, { kind: "append-ok", term: state.term, match: meta.index });
  }
}

export function installFailed(state: CoreState, index: number): void {
  const { receiving } = state;
  if (receiving === undefined || receiving.meta.index !== index) return;
  state.receiving = undefined;
  state.out.send(receiving.from, { kind: "snapshot-ack", term: state.term, index: receiving.meta.index, offset: 0, failed: true });
}

function acknowledge(state: CoreState, to: NodeId, meta: SnapshotMeta, offset: number): void {
  state.out.send(to, { kind: "snapshot-ack", term: state.term, index: meta.index, offset, failed: false });
}
