import type { Address, Alive, PushPullNode, SerfMember, SerfStatus } from "./core/index.ts";
import { ipText } from "./ip.ts";
import type { Candidate, PoolMember, VersionRange } from "./types.ts";
import { decodeTags } from "./wire/serf.ts";

const STATUSES: readonly SerfStatus[] = ["none", "alive", "leaving", "left", "failed"];

/** The number that a status has on the wire and in Consul's JSON: 0 none, 1 alive, 2 leaving, 3 left, 4 failed. */
export function statusNumber(status: SerfStatus): number {
  return STATUSES.indexOf(status);
}

export function poolMember(member: SerfMember): PoolMember {
  const { name, port, tags, status, versions, goneMs } = member;
  const range = (at: number): VersionRange => ({ min: versions?.[at] ?? 0, max: versions?.[at + 1] ?? 0, current: versions?.[at + 2] ?? 0 });
  return { name, ip: ipText(member.ip) ?? "", port, tags, status, protocol: range(0), delegate: range(3), goneSinceMs: goneMs === 0 ? undefined : goneMs };
}

/** What a guard sees; port 0 stands for the receiver's own. */
export function candidateOf(node: Alive | PushPullNode, own: Address): Candidate {
  const name = "name" in node ? node.name : node.node;
  const gone = "state" in node && (node.state === "left" || node.state === "dead");
  return { name, ip: ipText(node.addr ?? new Uint8Array()) ?? "", port: node.port === 0 ? own.port : node.port, tags: decodeTags(node.meta), gone };
}
