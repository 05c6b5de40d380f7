import type { Candidate, MergeGuard } from "../types.ts";
import { parseServerTags } from "./server-info.ts";

export interface GuardOptions {
  readonly datacenter: string;
  /** This node's own. */
  readonly name: string;
  readonly id: string;
  readonly segment?: string;
}

/** Who may be in a datacenter's LAN pool: agents of this datacenter and segment, and no two under one id. Who failed or left holds no id any longer. */
export function lanGuard(own: GuardOptions): MergeGuard {
  return {
    refuse: (node) => wrongPlace(node, own) ?? ownId(node, own),
    refuseList: (nodes) => twiceOneId(nodes),
  };
}

/** Only servers are in the WAN pool. */
export function wanGuard(): MergeGuard {
  return { refuse: (node) => (isServer(node) ? undefined : "it is not a server") };
}

function isServer(node: Candidate): boolean {
  return parseServerTags({ ...node, status: "alive" }) !== undefined;
}

function wrongPlace(node: Candidate, own: GuardOptions): string | undefined {
  const { tags } = node;
  const datacenter = tags.get("dc") ?? "";
  const isAgent = tags.get("role") === "node" || isServer(node);
  if (isAgent && datacenter !== own.datacenter) return `its datacenter is "${datacenter}", this one is "${own.datacenter}"`;
  const segment = tags.get("segment") ?? "";
  if (segment !== (own.segment ?? "")) return `its segment is "${segment}", this one is "${own.segment ?? ""}"`;
  return undefined;
}

function ownId(node: Candidate, own: GuardOptions): string | undefined {
  const id = node.tags.get("id");
  if (node.gone || id === undefined || id === "" || id !== own.id || node.name === own.name) return undefined;
  return `its node id "${id}" is that of this node, "${own.name}"`;
}

function twiceOneId(nodes: readonly Candidate[]): string | undefined {
  const holders = new Map<string, string>();
  for (const { name, tags, gone } of nodes) {
    const id = tags.get("id");
    if (gone || id === undefined || id === "") continue;
    const holder = holders.get(id);
    if (holder !== undefined) return `node id "${id}" is held by "${holder}" and by "${name}"; once one of them has failed: kvorum force-leave NAME`;
    holders.set(id, name);
  }
  return undefined;
}
