import { assert } from "./assert.ts";
import { count, fold, fresh, lowerBound, MAX_ENTRIES, merge, own, seat, split, type TreeNode, type Weigh } from "./cow-node.ts";
import { belowOf, ceilingOf, find, maxBetween, scanFrom, walk } from "./cow-search.ts";

/** A tree as it stood at one moment; later writes do not show. Costs nothing to hold but the nodes that were replaced since. */
export interface TreeView<V> {
  readonly size: number;
  get(key: string): V | undefined;
  /** Entries with `from <= key < to` in order of the keys; `to` `undefined`: to the end. */
  entries(from?: string, to?: string): Generator<readonly [string, V]>;
}

/** What brings a tree back to where it was. */
export interface SavePoint<V> {
  readonly root: TreeNode<V>;
  readonly size: number;
}

/**
 * A sorted map from strings to values as a copy-on-write B+tree. Keys are ordered by code units, which for byte strings is the order of bytes.
 *
 * `freeze` and `save` are O(1): the nodes are shared from then on, and a write copies those that it changes (a node belongs to the edition it
 * was made in). `get`, `set` and `delete` are O(log n). With `weigh`, each node also knows the greatest weight below it, so that the greatest
 * weight under a prefix is O(log n) too.
 */
export class CowTree<V> {
  #root: TreeNode<V> = fresh<V>(0, true);
  #edition = 0;
  #size = 0;
  readonly #weigh: Weigh<V> | undefined;
  /** What the last `set` or `delete` replaced; a field, so that the descent returns one thing only. */
  #replaced: V | undefined;

  constructor(weigh?: Weigh<V>) {
    this.#weigh = weigh;
  }

  get size(): number {
    return this.#size;
  }

  get(key: string): V | undefined {
    return find(this.#root, key);
  }

  /** Gives what stood there before. `undefined` is no value. */
  set(key: string, value: V): V | undefined {
    assert(value !== undefined, "a tree holds no undefined");
    const root = own(this.#root, this.#edition);
    this.#replaced = undefined;
    const right = this.#insert(root, key, value);
    if (right === undefined) this.#root = root;
    else {
      const top = fresh<V>(this.#edition, false);
      top.keys.push(root.keys[0] ?? "", right.keys[0] ?? "");
      top.children.push(root, right);
      top.max = Math.max(root.max, right.max);
      this.#root = top;
    }
    if (this.#replaced === undefined) this.#size += 1;
    return this.#replaced;
  }

  /** Gives what stood there. */
  delete(key: string): V | undefined {
    const value = find(this.#root, key);
    if (value === undefined) return undefined;
    const root = own(this.#root, this.#edition);
    this.#remove(root, key);
    this.#root = collapse(root, this.#edition);
    this.#size -= 1;
    return value;
  }

  /** Removes all keys that begin with `prefix`, whole subtrees at a time. Gives how many there were. */
  deletePrefix(prefix: string): number {
    if (prefix === "") {
      const all = this.#size;
      this.#root = fresh<V>(this.#edition, true);
      this.#size = 0;
      return all;
    }
    const to = prefixEnd(prefix);
    const first = this.ceiling(prefix);
    if (first === undefined || (to !== undefined && first >= to)) return 0;
    const root = own(this.#root, this.#edition);
    const removed = this.#removeRange(root, prefix, to, { low: undefined, high: undefined });
    this.#root = collapse(root, this.#edition);
    this.#size -= removed;
    return removed;
  }

  /** The greatest weight under the prefix; 0 when nothing is there. Only of a tree with `weigh`. */
  maxUnder(prefix: string): number {
    assert(this.#weigh !== undefined, "the tree keeps weights");
    return prefix === "" ? this.#root.max : maxBetween(this.#root, prefix, prefixEnd(prefix), this.#weigh);
  }

  /** The least key that is not less. */
  ceiling(key: string): string | undefined {
    return ceilingOf(this.#root, key);
  }

  /** The greatest key that is less. */
  below(key: string): string | undefined {
    return belowOf(this.#root, key);
  }

  /** Visits entries from `from` on, in order, until `visit` gives false. The tree must not be changed meanwhile. */
  scan(from: string, visit: (key: string, value: V) => boolean): void {
    scanFrom(this.#root, from, visit);
  }

  /** Values under the prefix, in order of the keys. */
  valuesUnder(prefix: string): V[] {
    const values: V[] = [];
    this.scan(prefix, (key, value) => {
      if (!key.startsWith(prefix)) return false;
      values.push(value);
      return true;
    });
    return values;
  }

  entries(from = "", to?: string): Generator<readonly [string, V]> {
    return walk(this.#root, from, to);
  }

  /** A view of now, at once. */
  freeze(): TreeView<V> {
    const { root, size } = this.save();
    return { size, get: (key) => find(root, key), entries: (from = "", to?: string) => walk(root, from, to) };
  }

  save(): SavePoint<V> {
    this.#edition += 1;
    return { root: this.#root, size: this.#size };
  }

  /** Undoes all since the save point. */
  rollBack(point: SavePoint<V>): void {
    this.#edition += 1;
    this.#root = point.root;
    this.#size = point.size;
  }

  /** Puts an entry below a node that is ours. Gives the right half when the node had to be split. */
  #insert(node: TreeNode<V>, key: string, value: V): TreeNode<V> | undefined {
    if (!node.leaf) return this.#insertBelow(node, key, value);
    const at = lowerBound(node.keys, key);
    const weight = this.#weigh === undefined ? 0 : this.#weigh(value);
    if (node.keys[at] === key) {
      this.#replaced = node.values[at];
      node.values[at] = value;
      if (weight >= node.max) node.max = weight;
      else fold(node, this.#weigh);
      return undefined;
    }
    const right = node.keys.length < MAX_ENTRIES ? undefined : split(node, at, this.#edition, this.#weigh);
    const target = right !== undefined && (at > node.keys.length || node.keys.length === MAX_ENTRIES) ? right : node;
    const place = target === node ? at : at - node.keys.length;
    target.keys.splice(place, 0, key);
    target.values.splice(place, 0, value);
    if (weight > target.max) target.max = weight;
    return right;
  }

  #insertBelow(node: TreeNode<V>, key: string, value: V): TreeNode<V> | undefined {
    const at = seat(node.keys, key);
    const child = this.#child(node, at);
    const added = this.#insert(child, key, value);
    if (added === undefined) {
      if (this.#weigh !== undefined) {
        if (child.max >= node.max) node.max = child.max;
        else if (this.#replaced !== undefined) fold(node, this.#weigh);
      }
      return undefined;
    }
    const right = node.keys.length < MAX_ENTRIES ? undefined : split(node, at + 1, this.#edition, this.#weigh);
    const target = right !== undefined && at + 1 > node.keys.length ? right : right !== undefined && node.keys.length === MAX_ENTRIES ? right : node;
    const place = target === node ? at + 1 : at + 1 - node.keys.length;
    target.keys.splice(place, 0, added.keys[0] ?? "");
    target.children.splice(place, 0, added);
    fold(node, this.#weigh);
    if (right !== undefined) fold(right, this.#weigh);
    return right;
  }

  #remove(node: TreeNode<V>, key: string): void {
    if (node.leaf) {
      const at = lowerBound(node.keys, key);
      node.keys.splice(at, 1);
      node.values.splice(at, 1);
    } else {
      const at = seat(node.keys, key);
      this.#remove(this.#child(node, at), key);
      merge(node, at, this.#edition);
    }
    fold(node, this.#weigh);
  }

  #removeRange(node: TreeNode<V>, from: string, to: string | undefined, bounds: { low: string | undefined; high: string | undefined }): number {
    if (node.leaf) {
      const start = lowerBound(node.keys, from);
      const end = to === undefined ? node.keys.length : lowerBound(node.keys, to);
      node.keys.splice(start, end - start);
      node.values.splice(start, end - start);
      fold(node, this.#weigh);
      return end - start;
    }
    let removed = 0;
    for (let at = node.keys.length - 1; at >= 0; at--) {
      const low = at === 0 ? bounds.low : node.keys[at];
      const high = at + 1 < node.keys.length ? node.keys[at + 1] : bounds.high;
      if ((to !== undefined && low !== undefined && low >= to) || (high !== undefined && high <= from)) continue;
      const whole = low !== undefined && low >= from && (to === undefined || (high !== undefined && high <= to));
      if (whole) {
        removed += count(node.children[at]);
        node.keys.splice(at, 1);
        node.children.splice(at, 1);
      } else {
        removed += this.#removeRange(this.#child(node, at), from, to, { low, high });
        merge(node, at, this.#edition);
      }
    }
    fold(node, this.#weigh);
    return removed;
  }

  /** The child, made ours. */
  #child(node: TreeNode<V>, at: number): TreeNode<V> {
    const child = node.children[at];
    assert(child !== undefined, "a branch has a child for every key");
    const owned = own(child, this.#edition);
    node.children[at] = owned;
    return owned;
  }
}

/** The least text that is greater than all that begin with `prefix`; `undefined`: there is none. */
export function prefixEnd(prefix: string): string | undefined {
  for (let at = prefix.length - 1; at >= 0; at--) {
    const unit = prefix.charCodeAt(at);
    if (unit < 0xffff) return prefix.slice(0, at) + String.fromCharCode(unit + 1);
  }
  return undefined;
}

function collapse<V>(root: TreeNode<V>, edition: number): TreeNode<V> {
  let node = root;
  while (!node.leaf && node.children.length <= 1) node = node.children[0] ?? fresh<V>(edition, true);
  return node;
}
