import type { ByteString } from "../../base/byte-string.ts";
import { prefixEnd } from "../../base/cow-tree.ts";
import type { KvEntry } from "../../model/index.ts";
import { type Indexed, indexed } from "../indexed.ts";
import type { Reading } from "../reading.ts";
import type { WatchSet } from "../watch.ts";

/**
 * Reads of keys. The index of a key is its own, that of a prefix the newest write or deletion below it. What is not there has the index of the
 * whole table, so that its creation is news whatever happens; and as in Consul it is watched as the prefix that it shares with its neighbours:
 * a first key anywhere in that part of the tree wakes its waiters.
 */
export class KvReader {
  readonly #from: Reading;

  constructor(from: Reading) {
    this.#from = from;
  }

  get(key: ByteString, watch?: WatchSet): Indexed<KvEntry | undefined> {
    const entry = this.#from.tables.kv.get(key);
    if (entry === undefined) {
      this.#watchMissing(key, watch);
      return indexed(this.#tableIndex(), undefined);
    }
    watch?.add(this.#from.hub, "key", key);
    return indexed(entry.modifyIndex, entry);
  }

  /** In the order of bytes. */
  list(prefix: ByteString, watch?: WatchSet): Indexed<readonly KvEntry[]> {
    const entries = this.#from.tables.kv.valuesUnder(prefix);
    return indexed(this.#prefixIndex(prefix, entries.length > 0, watch), entries);
  }

  /** `separator` empty: whole keys; else up to and including its first place after the prefix, each once. */
  keys(prefix: ByteString, separator: ByteString, watch?: WatchSet): Indexed<readonly ByteString[]> {
    const keys = separator === "" ? this.#wholeKeys(prefix) : this.#folders(prefix, separator);
    return indexed(this.#prefixIndex(prefix, keys.length > 0, watch), keys);
  }

  #wholeKeys(prefix: ByteString): ByteString[] {
    const keys: ByteString[] = [];
    this.#from.tables.kv.scan(prefix, (at, { key }) => {
      if (!at.startsWith(prefix)) return false;
      keys.push(key);
      return true;
    });
    return keys;
  }

  /** Goes from folder to folder, not from key to key. */
  #folders(prefix: ByteString, separator: ByteString): ByteString[] {
    const { kv } = this.#from.tables;
    const names: ByteString[] = [];
    for (let from: string | undefined = prefix; from !== undefined; ) {
      const key = kv.ceiling(from);
      if (key === undefined || !key.startsWith(prefix)) break;
      const at = key.indexOf(separator, prefix.length);
      const name = at < 0 ? key : key.slice(0, at + separator.length);
      names.push(name as ByteString);
      from = at < 0 ? `${key}\0` : prefixEnd(name);
    }
    return names;
  }

  #prefixIndex(prefix: ByteString, found: boolean, watch: WatchSet | undefined): number {
    const { kv, tombstones } = this.#from.tables;
    if (found) watch?.add(this.#from.hub, "prefix", prefix);
    else this.#watchMissing(prefix, watch);
    if (prefix === "") return this.#tableIndex();
    const index = Math.max(kv.maxUnder(prefix), tombstones.maxUnder(prefix));
    return index === 0 ? this.#tableIndex() : index;
  }

  #tableIndex(): number {
    return this.#from.tables.indexOf("kvs", "tombstones");
  }

  #watchMissing(key: ByteString, watch: WatchSet | undefined): void {
    if (watch === undefined) return;
    const { kv } = this.#from.tables;
    const shared = Math.max(sharedLength(key, kv.below(key)), sharedLength(key, kv.ceiling(key)));
    watch.add(this.#from.hub, "prefix", key.slice(0, shared));
  }
}

function sharedLength(a: string, b: string | undefined): number {
  if (b === undefined) return 0;
  let length = 0;
  while (length < a.length && length < b.length && a.charCodeAt(length) === b.charCodeAt(length)) length += 1;
  return length;
}
