/** How many entries a node holds at most. At 64 a write at a million keys goes through four nodes, and copying one after a snapshot costs well below a microsecond. */
export const MAX_ENTRIES = 64;
/** A node with fewer is joined to its neighbour when both fit well into one. */
const MIN_ENTRIES = 16;
const JOINED_ENTRIES = 48;

export type Weigh<V> = (value: V) => number;

/**
 * A node of a `CowTree`. May be changed only in the edition it was made in; in later ones it is shared and gets copied.
 * In a leaf `keys` and `values` go together, in a branch `keys[i]` is at or below all keys of `children[i]` (the first one is not looked at).
 */
export interface TreeNode<V> {
  readonly edition: number;
  readonly leaf: boolean;
  keys: string[];
  values: V[];
  children: TreeNode<V>[];
  /** The greatest weight below; 0 when empty or not weighed. */
  max: number;
}

const NONE: never[] = [];

export function fresh<V>(edition: number, leaf: boolean): TreeNode<V> {
  return { edition, leaf, keys: [], values: leaf ? [] : NONE, children: leaf ? NONE : [], max: 0 };
}

/** The node itself when it is of this edition, else a copy that is. */
export function own<V>(node: TreeNode<V>, edition: number): TreeNode<V> {
  if (node.edition === edition) return node;
  return {
    edition,
    leaf: node.leaf,
    keys: node.keys.slice(),
    values: node.leaf ? node.values.slice() : NONE,
    children: node.leaf ? NONE : node.children.slice(),
    max: node.max,
  };
}

/** The first place whose key is not less. */
export function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Which child of a branch has the key's place. */
export function seat(keys: readonly string[], key: string): number {
  let low = 1;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] as string) <= key) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/**
 * Cuts a full node that is ours in two and gives the right one. Where something is to be added at the very end, the left one stays
 * full: keys that come in order, as from a snapshot, fill the nodes.
 */
export function split<V>(node: TreeNode<V>, adding: number, edition: number, weigh: Weigh<V> | undefined): TreeNode<V> {
  const at = adding === node.keys.length ? node.keys.length : node.keys.length >>> 1;
  const right: TreeNode<V> = {
    edition,
    leaf: node.leaf,
    keys: node.keys.slice(at),
    values: node.leaf ? node.values.slice(at) : NONE,
    children: node.leaf ? NONE : node.children.slice(at),
    max: 0,
  };
  if (at < node.keys.length) {
    node.keys = node.keys.slice(0, at);
    if (node.leaf) node.values = node.values.slice(0, at);
    else node.children = node.children.slice(0, at);
    fold(node, weigh);
    fold(right, weigh);
  }
  return right;
}

/** Sets `max` anew from what is in the node. */
export function fold<V>(node: TreeNode<V>, weigh: Weigh<V> | undefined): void {
  if (weigh === undefined) return;
  let max = 0;
  if (node.leaf) for (const value of node.values) max = Math.max(max, weigh(value));
  else for (const child of node.children) max = Math.max(max, child.max);
  node.max = max;
}

/** After something was taken from child `at` of a branch that is ours: drops the child when it is empty, joins it to a neighbour when both are small. */
export function merge<V>(node: TreeNode<V>, at: number, edition: number): void {
  const child = node.children[at];
  if (child === undefined) return;
  if (child.keys.length === 0) {
    node.keys.splice(at, 1);
    node.children.splice(at, 1);
    return;
  }
  if (child.keys.length >= MIN_ENTRIES) return;
  const left = at > 0 ? at - 1 : at;
  const first = node.children[left];
  const second = node.children[left + 1];
  if (first === undefined || second === undefined || first.keys.length + second.keys.length > JOINED_ENTRIES) return;
  const joined: TreeNode<V> = {
    edition,
    leaf: first.leaf,
    // The second one's own lower bound goes before its children: its first key is not looked at and may be stale.
    keys: first.leaf ? first.keys.concat(second.keys) : first.keys.concat(node.keys[left + 1] ?? "", second.keys.slice(1)),
    values: first.leaf ? first.values.concat(second.values) : NONE,
    children: first.leaf ? NONE : first.children.concat(second.children),
    max: Math.max(first.max, second.max),
  };
  node.children.splice(left, 2, joined);
  node.keys.splice(left + 1, 1);
}

/** How many entries are below. */
export function count<V>(node: TreeNode<V> | undefined): number {
  if (node === undefined) return 0;
  if (node.leaf) return node.keys.length;
  let sum = 0;
  for (const child of node.children) sum += count(child);
  return sum;
}
