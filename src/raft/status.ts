import type { NodeId } from "../base/ids.ts";
import type { Contacts } from "./contacts.ts";
import { findServer, type RaftCore } from "./core/index.ts";
import type { Engine } from "./engine.ts";
import type { RaftStatus } from "./node.ts";

/** Who leads, as far as this server knows, and where it is; the address is empty when the configuration does not say. */
export function leaderOf(core: RaftCore): RaftStatus["leader"] {
  const { leader, configuration } = core;
  return leader === undefined ? undefined : { id: leader, address: findServer(configuration, leader)?.address ?? "" };
}

export function statusOf(id: NodeId, { core, applier }: Engine, contacts: Contacts): RaftStatus {
  return {
    id,
    role: core.role,
    term: core.term,
    leader: leaderOf(core),
    commitIndex: core.commitIndex,
    appliedIndex: applier.appliedIndex,
    lastLogIndex: core.lastIndex,
    lastLogTerm: core.lastTerm,
    snapshotIndex: core.snapshotIndex,
    snapshotTerm: core.snapshotTerm,
    configuration: core.configuration,
    configurationIndex: core.configurationIndex,
    lastContactMs: core.role === "leader" ? 0 : contacts.leaderMs,
    peers: core.peers.map((peer) => ({ ...peer, lastContactMs: contacts.peerMs(peer.id) })),
  };
}
