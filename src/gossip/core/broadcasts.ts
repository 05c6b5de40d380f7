import { retransmitLimit } from "./timing.ts";

interface Broadcast {
  readonly key: string | undefined;
  readonly bytes: Uint8Array;
  readonly id: number;
  readonly done: (() => void) | undefined;
}

/** Bytes that one message of a compound costs besides itself. */
const PART_OVERHEAD_BYTES = 2;

/**
 * What is to be told to the others, the least often told first, then the longest, then the newest; each is told
 * `retransmitLimit` times and forgotten. SWIM §4.1.
 */
export class BroadcastQueue {
  readonly #mult: number;
  readonly #members: () => number;
  /** One list per number of transmissions; within a list in order of preference. */
  readonly #tiers: Broadcast[][] = [];
  readonly #byKey = new Map<string, Broadcast>();
  #nextId = 0;
  #size = 0;

  constructor(mult: number, members: () => number) {
    this.#mult = mult;
    this.#members = members;
  }

  get size(): number {
    return this.#size;
  }

  /** Replaces what is queued under the same key. `done` is called when it has been told its full number of times or was replaced. */
  add(message: { readonly key?: string; readonly bytes: Uint8Array; readonly done?: () => void }): void {
    const key = message.key;
    const old = key === undefined ? undefined : this.#byKey.get(key);
    if (old !== undefined) this.#remove(old);
    const broadcast: Broadcast = { key, bytes: message.bytes, id: this.#nextId++, done: message.done };
    if (key !== undefined) this.#byKey.set(key, broadcast);
    this.#insert(broadcast, 0);
    this.#size++;
  }

  /** Messages that fit into `roomBytes`, each of which is charged 2 bytes more, and counted as told once. */
  take(roomBytes: number): readonly Uint8Array[] {
    const limit = retransmitLimit(this.#mult, this.#members());
    const taken: Uint8Array[] = [];
    const again: { readonly broadcast: Broadcast; readonly times: number }[] = [];
    let room = roomBytes;
    for (const [times, tier] of this.#tiers.entries()) {
      for (let at = 0; at < tier.length && room > PART_OVERHEAD_BYTES; ) {
        const broadcast = tier[at];
        if (broadcast === undefined || broadcast.bytes.length + PART_OVERHEAD_BYTES > room) {
          at++;
          continue;
        }
        tier.splice(at, 1);
        room -= broadcast.bytes.length + PART_OVERHEAD_BYTES;
        taken.push(broadcast.bytes);
        again.push({ broadcast, times: times + 1 });
      }
    }
    for (const { broadcast, times } of again) {
      if (times < limit) this.#insert(broadcast, times);
      else this.#forget(broadcast);
    }
    return taken;
  }

  /** Forgets the most often told ones until at most `count` are left. */
  prune(count: number): void {
    for (let tier = this.#tiers.length - 1; tier >= 0 && this.#size > count; tier--) {
      const list = this.#tiers[tier] ?? [];
      while (list.length > 0 && this.#size > count) {
        const broadcast = list.pop();
        if (broadcast !== undefined) this.#forget(broadcast);
      }
    }
  }

  #insert(broadcast: Broadcast, times: number): void {
    while (this.#tiers.length <= times) this.#tiers.push([]);
    const tier = this.#tiers[times] ?? [];
    let low = 0;
    let high = tier.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (before(broadcast, tier[middle])) high = middle;
      else low = middle + 1;
    }
    tier.splice(low, 0, broadcast);
  }

  #remove(broadcast: Broadcast): void {
    for (const tier of this.#tiers) {
      const at = tier.indexOf(broadcast);
      if (at >= 0) tier.splice(at, 1);
    }
    this.#forget(broadcast);
  }

  #forget(broadcast: Broadcast): void {
    this.#size--;
    if (broadcast.key !== undefined && this.#byKey.get(broadcast.key) === broadcast) this.#byKey.delete(broadcast.key);
    broadcast.done?.();
  }
}

function before(a: Broadcast, b: Broadcast | undefined): boolean {
  if (b === undefined) return true;
  return a.bytes.length === b.bytes.length ? a.id > b.id : a.bytes.length > b.bytes.length;
}
