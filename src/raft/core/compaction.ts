import { asIndex, type Index } from "../../base/ids.ts";
import { MAX_HELD_LOG_BYTES } from "./limits.ts";
import type { CoreState } from "./state.ts";
import type { SnapshotMeta } from "./types.ts";

/** What a snapshot made now, of everything up to `index`, stands for. */
export function snapshotMetaAt(state: CoreState, index: Index): SnapshotMeta | undefined {
  const term = state.log.termAt(index);
  if (term === undefined || index === 0 || index > state.commit) return undefined;
  const placed = state.configs.at(index);
  return { index, term, configuration: placed.configuration, configurationIndex: placed.index };
}

/** Raft paper §7: forgets the log behind the snapshot, but for a tail that slow followers may still want. */
export function snapshotSaved(state: CoreState, meta: SnapshotMeta, sizeBytes: number): void {
  if (state.snapshot !== undefined && state.snapshot.meta.index >= meta.index) return;
  state.snapshot = { meta, sizeBytes };
  const upTo = state.log.cutFor(state.tail, compactionLimit(state, meta.index));
  if (upTo < state.log.firstIndex) return;
  state.log.compact(upTo);
  state.configs.compact(meta.index);
  state.out.push({ kind: "compact", upTo });
}

/** Not beyond the snapshot; and while a peer receives one, what it will want after it stays, unless that is too much. */
function compactionLimit(state: CoreState, index: Index): Index {
  let limit = index as number;
  if (state.lead === undefined || state.log.bytes > MAX_HELD_LOG_BYTES) return index;
  for (const peer of state.lead.list) {
    if (peer.sending === undefined || state.ticks - peer.contactTick >= state.timing.electionTicks) continue;
    limit = Math.min(limit, peer.sending.meta.index);
  }
  return asIndex(limit);
}
