import type { CatalogNode, CheckedInstance } from "../model/index.ts";
import { reverseName } from "./ip.ts";
import type { DnsPlace } from "./settings.ts";

/** Names of addresses: of nodes, and where no node has it of services. The first has it: by name of node, of a service by that of its node and its id. */
export type ReverseIndex = ReadonlyMap<string, string>;

export function reverseIndex(nodes: readonly CatalogNode[], instances: readonly CheckedInstance[], { domain }: DnsPlace): ReverseIndex {
  const index = new Map<string, string>();
  const note = (address: string, target: string): void => {
    const name = reverseName(address);
    if (name !== undefined && !index.has(name)) index.set(name, target);
  };
  for (const { address, node, datacenter } of nodes) note(address, `${node}.node.${datacenter}.${domain}`);
  const ofNodes = new Set(index.keys());
  const owners = new Map<string, string>();
  for (const { node, service } of instances) {
    const name = reverseName(service.address);
    if (name === undefined || ofNodes.has(name)) continue;
    const owner = `${node.node}\0${service.id}`.toLowerCase();
    const first = owners.get(name);
    if (first !== undefined && first <= owner) continue;
    owners.set(name, owner);
    index.set(name, `${service.service}.service.${node.datacenter}.${domain}`);
  }
  return index;
}
