import type { CatalogNode, CheckedInstance } from "../model/index.ts";
import { reverseName } from "./ip.ts";
import type { DnsPlace } from "./settings.ts";

/** Names of addresses: of nodes, and where no node has it of services. The first in the catalog's order has it. */
export type ReverseIndex = ReadonlyMap<string, string>;

export function reverseIndex(nodes: readonly CatalogNode[], instances: readonly CheckedInstance[], { domain }: DnsPlace): ReverseIndex {
  const index = new Map<string, string>();
  const note = (address: string, target: string): void => {
    const name = reverseName(address);
    if (name !== undefined && !index.has(name)) index.set(name, target);
  };
  for (const { address, node, datacenter } of nodes) note(address, `${node}.node.${datacenter}.${domain}`);
  for (const { node, service } of instances) note(service.address, `${service.service}.service.${node.datacenter}.${domain}`);
  return index;
}
