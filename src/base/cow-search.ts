import { fresh, lowerBound, seat, type TreeNode, type Weigh } from "./cow-node.ts";

/** The value at a key. */
export function find<V>(root: TreeNode<V>, key: string): V | undefined {
  let node = root;
  while (!node.leaf) {
    const child = node.children[seat(node.keys, key)];
    if (child === undefined) return undefined;
    node = child;
  }
  const at = lowerBound(node.keys, key);
  return node.keys[at] === key ? node.values[at] : undefined;
}

/** The greatest weight of keys from `from` on that are less than `to`; 0 when there are none. */
export function maxBetween<V>(node: TreeNode<V>, from: string, to: string | undefined, weigh: Weigh<V>): number {
  let max = 0;
  if (node.leaf) {
    for (let at = lowerBound(node.keys, from); at < node.keys.length; at++) {
      const value = node.values[at];
      if (value === undefined || (to !== undefined && (node.keys[at] ?? "") >= to)) break;
      max = Math.max(max, weigh(value));
    }
    return max;
  }
  const first = seat(node.keys, from);
  const last = to === undefined ? node.keys.length - 1 : seat(node.keys, to);
  for (let at = first; at <= last; at++) {
    const child = node.children[at];
    if (child === undefined || child.max <= max) continue;
    max = Math.max(max, at === first || at === last ? maxBetween(child, from, to, weigh) : child.max);
  }
  return max;
}

/** The least key that is not less. */
export function ceilingOf<V>(node: TreeNode<V>, key: string): string | undefined {
  if (node.leaf) return node.keys[lowerBound(node.keys, key)];
  for (let at = seat(node.keys, key); at < node.children.length; at++) {
    const child = node.children[at];
    const found = child === undefined ? undefined : ceilingOf(child, key);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The greatest key that is less. */
export function belowOf<V>(node: TreeNode<V>, key: string): string | undefined {
  if (node.leaf) return node.keys[lowerBound(node.keys, key) - 1];
  for (let at = seat(node.keys, key); at >= 0; at--) {
    const child = node.children[at];
    const found = child === undefined ? undefined : belowOf(child, key);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Visits entries in order until `visit` gives false; gives false then. */
export function scanFrom<V>(node: TreeNode<V>, from: string, visit: (key: string, value: V) => boolean): boolean {
  if (node.leaf) {
    for (let at = lowerBound(node.keys, from); at < node.keys.length; at++) {
      const key = node.keys[at];
      const value = node.values[at];
      if (key === undefined || value === undefined || !visit(key, value)) return false;
    }
    return true;
  }
  const first = seat(node.keys, from);
  for (let at = first; at < node.children.length; at++) {
    const child = node.children[at];
    if (child === undefined || !scanFrom(child, at === first ? from : "", visit)) return false;
  }
  return true;
}

/** Entries with `from <= key < to`, in order. */
export function* walk<V>(root: TreeNode<V>, from: string, to: string | undefined): Generator<readonly [string, V]> {
  // Branches above the leaf at hand, and which child of each comes next: one generator, however deep the tree.
  const above: { readonly node: TreeNode<V>; next: number }[] = [];
  let node = root;
  for (let start = from; ; start = "") {
    while (!node.leaf) {
      const at = seat(node.keys, start);
      above.push({ node, next: at + 1 });
      node = node.children[at] ?? fresh<V>(0, true);
    }
    for (let at = lowerBound(node.keys, start); at < node.keys.length; at++) {
      const key = node.keys[at];
      const value = node.values[at];
      if (key === undefined || value === undefined || (to !== undefined && key >= to)) return;
      yield [key, value];
    }
    let top = above.at(-1);
    while (top !== undefined && top.next >= top.node.children.length) {
      above.pop();
      top = above.at(-1);
    }
    const next = top?.node.children[top.next];
    if (top === undefined || next === undefined) return;
    top.next += 1;
    node = next;
  }
}
