import { assert } from "../../base/assert.ts";
import { asIndex, asTerm, type Index, type NodeId } from "../../base/ids.ts";
import type { Append, CommitNotice, Heartbeat, SnapshotChunk } from "./messages.ts";
import { hearLeader } from "./roles.ts";
import { handleChunk } from "./snapshot-receiver.ts";
import type { CoreState } from "./state.ts";
import type { Entry } from "./types.ts";

/** Raft paper, figure 2, AppendEntries. The answer waits for the disk. */
export function handleAppend(state: CoreState, from: NodeId, message: Append): void {
  if (!hearLeader(state, from, message.term)) return;
  const { log } = state;
  const last = asIndex(message.prevIndex + message.entries.length);
  if (message.prevIndex < state.commit && log.termAt(message.prevIndex) === undefined) {
    // From before what is kept here: committed, so the same. What lies beyond will be sent from there.
    state.out.sendPersisted(from, { kind: "append-ok", term: state.term, match: state.commit });
    return;
  }
  if (log.termAt(message.prevIndex) !== message.prevTerm) {
    reject(state, from, message.prevIndex);
    return;
  }
  store(state, message.entries);
  commitUpTo(state, Math.min(message.commit, last));
  state.out.sendPersisted(from, { kind: "append-ok", term: state.term, match: last });
}

/** Keeps what agrees; from the first entry that does not, the leader's word replaces ours. */
function store(state: CoreState, entries: readonly Entry[]): void {
  const { log } = state;
  let fresh = 0;
  while (fresh < entries.length && log.termAt((entries[fresh] as Entry).index) === entries[fresh]?.term) fresh++;
  const first = entries[fresh];
  if (first === undefined) return;
  if (first.index <= log.lastIndex) {
    assert(first.index > state.commit, "a committed entry is never replaced");
    log.truncateFrom(first.index);
    state.configs.truncateFrom(first.index);
    state.out.truncateFrom(first.index);
  }
  const added = fresh === 0 ? entries : entries.slice(fresh);
  log.append(added);
  state.configs.append(added);
  state.out.writeEntries(added);
}

/** Says where the logs part, so that the leader need not try each index. Raft paper §5.3. */
function reject(state: CoreState, from: NodeId, prevIndex: Index): void {
  const { log } = state;
  const conflictTerm = log.termAt(prevIndex);
  state.out.sendPersisted(from, {
    kind: "append-reject",
    term: state.term,
    prevIndex,
    conflictIndex: conflictTerm === undefined ? asIndex(log.lastIndex + 1) : log.firstOfTermAt(prevIndex),
    conflictTerm: conflictTerm ?? asTerm(0),
  });
}

function commitUpTo(state: CoreState, index: number): void {
  const known = Math.min(index, state.log.lastIndex);
  if (known > state.commit) state.commit = asIndex(known);
}

export function handleHeartbeat(state: CoreState, from: NodeId, message: Heartbeat): void {
  if (!hearLeader(state, from, message.term)) return;
  if (message.sent > state.heardSent) state.heardSent = message.sent;
  commitUpTo(state, message.commit);
  state.out.send(from, { kind: "heartbeat-ok", term: state.term, sent: message.sent, read: message.read });
}

export function handleCommit(state: CoreState, from: NodeId, message: CommitNotice): void {
  if (hearLeader(state, from, message.term)) commitUpTo(state, message.commit);
}

export function handleSnapshot(state: CoreState, from: NodeId, message: SnapshotChunk): void {
  if (hearLeader(state, from, message.term)) handleChunk(state, from, message);
}
