import type { NodeId } from "../../src/base/ids.ts";
import type { RaftNode } from "../../src/raft/index.ts";

type Status = ReturnType<RaftNode["status"]>;

/** A place for a server in a world, and its raft while it runs. */
export interface Standing {
  readonly id: NodeId;
  readonly name: string;
  readonly raft: RaftNode | undefined;
}

/** Whether the leader has committed and applied all it has, and every member of its configuration as much in its term. */
export function isConverged(leader: Status | undefined, places: readonly Standing[], committedUpTo: number): boolean {
  if (leader === undefined || leader.commitIndex < leader.lastLogIndex || leader.appliedIndex < committedUpTo) return false;
  return leader.configuration.servers.every(({ id }) => {
    const place = places.find((one) => one.id === id);
    if (place === undefined) return true; // Taken away while a call was on its way that let it in again.
    const status = place.raft?.status();
    return status !== undefined && status.appliedIndex >= leader.commitIndex && status.term === leader.term;
  });
}

/** Where each stands, for who reads a failure. */
export function describeStandings(places: readonly Standing[]): string {
  return places
    .map(({ name, raft }) => {
      const status = raft?.status();
      if (status === undefined) return `${name} down`;
      const { role, term, commitIndex, appliedIndex, lastLogIndex } = status;
      return `${name} ${role} term ${term} commit ${commitIndex} applied ${appliedIndex} last ${lastLogIndex}`;
    })
    .join("; ");
}
