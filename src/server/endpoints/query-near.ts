import type { CheckedInstance, PreparedQuery, QuerySource } from "../../model/index.ts";
import type { Random } from "../../platform/index.ts";
import type { StateStore } from "../../state/index.ts";
import { sortedByDistance } from "../near.ts";

/** How far from the front the node that was asked from is looked for: distance puts it there, or it has no coordinate. Consul's number. */
const FRONT = 10;

/**
 * Instances in the order in which a query answers: by chance, and where it has a node to sort from nearest to that first, itself before all.
 * `datacenter` is ours.
 */
export function inOrder(
  instances: readonly CheckedInstance[],
  how: { readonly state: StateStore; readonly random: Random; readonly query: PreparedQuery; readonly source: QuerySource; readonly datacenter: string },
): readonly CheckedInstance[] {
  const { state, query, source } = how;
  const shuffled = shuffle(instances, how.random);
  const near = nearOf(state, query, source);
  if (near === "") return shuffled;
  const byDistance = sortedByDistance(state, near, shuffled, ({ node }) => node.node);
  const own = source.datacenter === how.datacenter ? byDistance.slice(0, FRONT).findIndex(({ node }) => fold(node.node) === fold(near)) : -1;
  return own > 0 ? exchanged(byDistance, own) : byDistance;
}

/** The node to sort from: what is asked for goes before what the query says. Empty: none. */
function nearOf(state: StateStore, { service }: PreparedQuery, source: QuerySource): string {
  const near = source.near || service.near;
  if (near === "_agent") return source.agent;
  if (near !== "_ip") return near;
  const at = source.ip === "" ? undefined : state.catalog.nodes({}).value.find(({ address }) => address === source.ip);
  return at?.node ?? "";
}

/** Fisher and Yates. */
function shuffle(list: readonly CheckedInstance[], random: Random): readonly CheckedInstance[] {
  const copy = [...list];
  for (let at = copy.length - 1; at > 0; at--) exchange(copy, at, random.int(at + 1));
  return copy;
}

/** The list with the first and another one in each other's place, as Consul has it. */
function exchanged(list: readonly CheckedInstance[], at: number): readonly CheckedInstance[] {
  const copy = [...list];
  exchange(copy, 0, at);
  return copy;
}

function exchange(list: CheckedInstance[], a: number, b: number): void {
  const [one, other] = [list[a], list[b]];
  if (one === undefined || other === undefined) return;
  list[a] = other;
  list[b] = one;
}

function fold(name: string): string {
  return name.toLowerCase();
}
