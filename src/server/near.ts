import { distanceSeconds } from "../base/network-coordinate.ts";
import type { StateStore } from "../state/index.ts";

/** The segment that everybody is in. */
const SEGMENT = "";

/**
 * A list in order of estimated round trip from a node, those without a coordinate last; the list as it is when nothing is known of that node.
 * Consul api-docs, `near` of catalog and health.
 */
export function sortedByDistance<T>(state: StateStore, near: string, list: readonly T[], nodeOf: (item: T) => string): readonly T[] {
  if (near === "" || list.length < 2) return list;
  const coordinateOf = (node: string) => state.coordinates.node(node).value.find(({ segment }) => segment === SEGMENT)?.coord;
  const from = coordinateOf(near);
  if (from === undefined) return list;
  const distances = new Map<string, number>();
  for (const item of list) {
    const node = nodeOf(item);
    const coordinate = distances.has(node) ? undefined : coordinateOf(node);
    if (!distances.has(node)) distances.set(node, coordinate === undefined ? Number.POSITIVE_INFINITY : distanceSeconds(from, coordinate));
  }
  const distanceOf = (item: T): number => distances.get(nodeOf(item)) ?? Number.POSITIVE_INFINITY;
  return list.toSorted((a, b) => compare(distanceOf(a), distanceOf(b)));
}

/** As numbers, but two infinities are equal. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a - b;
}
