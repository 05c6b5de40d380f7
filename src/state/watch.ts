import { assert } from "../base/assert.ts";

/** What can be watched: a key, all keys under a prefix, or a topic of the other tables (such as `nodes`, `service web`). */
type Kind = "key" | "prefix" | "topic";

interface Waiter {
  readonly wake: () => void;
  readonly watches: readonly Watch[];
  /** Whether its change has come; it is woken at the end of the turn. */
  due: boolean;
  armed: boolean;
}
interface Watch {
  readonly kind: Kind;
  readonly name: string;
}

/**
 * Who waits for what. A waiter is one entry in the set of each thing it watches; a change marks it, and `flush` wakes all that are marked,
 * once each, however many changes there were.
 */
export class WatchHub {
  readonly #sets: Readonly<Record<Kind, Map<string, Set<Waiter>>>> = { key: new Map(), prefix: new Map(), topic: new Map() };
  /** How many prefixes of each length are watched, so that a key is cut only at those. */
  readonly #lengths = new Map<number, number>();
  #due: Waiter[] = [];
  /** Grows with every change: a set armed after one would miss it. */
  version = 0;

  /** A key was written or deleted. */
  changedKey(key: string): void {
    this.version += 1;
    this.#mark("key", key);
    for (const length of this.#lengths.keys()) if (length <= key.length) this.#mark("prefix", key.slice(0, length));
  }

  /** Keys under the prefix were deleted. */
  changedUnder(prefix: string): void {
    this.version += 1;
    for (const key of this.#sets.key.keys()) if (key.startsWith(prefix)) this.#mark("key", key);
    for (const watched of this.#sets.prefix.keys()) {
      if (watched.startsWith(prefix) || prefix.startsWith(watched)) this.#mark("prefix", watched);
    }
  }

  changedTopic(topic: string): void {
    this.version += 1;
    this.#mark("topic", topic);
  }

  /** Wakes whoever is due. */
  flush(): void {
    if (this.#due.length === 0) return;
    const due = this.#due;
    this.#due = [];
    for (const waiter of due) {
      if (!waiter.armed) continue;
      this.disarm(waiter);
      waiter.wake();
    }
  }

  /** The state was replaced: wakes everybody at the next `flush`. */
  abandon(): void {
    this.version += 1;
    for (const sets of Object.values(this.#sets)) for (const set of sets.values()) for (const waiter of set) this.#due.push(waiter);
    for (const waiter of this.#due) waiter.due = true;
  }

  arm(waiter: Waiter): void {
    for (const { kind, name } of waiter.watches) {
      const set = this.#sets[kind].get(name);
      if (set !== undefined) set.add(waiter);
      else {
        this.#sets[kind].set(name, new Set([waiter]));
        if (kind === "prefix") this.#lengths.set(name.length, (this.#lengths.get(name.length) ?? 0) + 1);
      }
    }
  }

  disarm(waiter: Waiter): void {
    if (!waiter.armed) return;
    waiter.armed = false;
    for (const { kind, name } of waiter.watches) {
      const set = this.#sets[kind].get(name);
      if (set === undefined) continue;
      set.delete(waiter);
      if (set.size > 0) continue;
      this.#sets[kind].delete(name);
      if (kind === "prefix") this.#shorten(name.length);
    }
  }

  /** How many things are watched by anybody. */
  get watched(): number {
    return this.#sets.key.size + this.#sets.prefix.size + this.#sets.topic.size;
  }

  #shorten(length: number): void {
    const left = (this.#lengths.get(length) ?? 1) - 1;
    if (left === 0) this.#lengths.delete(length);
    else this.#lengths.set(length, left);
  }

  #mark(kind: Kind, name: string): void {
    const set = this.#sets[kind].get(name);
    if (set === undefined) return;
    for (const waiter of set) {
      if (waiter.due) continue;
      waiter.due = true;
      this.#due.push(waiter);
    }
  }
}

/**
 * Collects what was read, then waits for a change of any of it. For one round of a blocking query: read with it, and when the index is not
 * news yet, arm it in the same turn; read again with another one when woken.
 */
export class WatchSet {
  #hub: WatchHub | undefined;
  #version = 0;
  readonly #watches: Watch[] = [];

  /** For the readers of this room. */
  add(hub: WatchHub, kind: Kind, name: string): void {
    assert(this.#hub === undefined || this.#hub === hub, "a watch set reads one store");
    if (this.#hub === undefined) this.#version = hub.version;
    this.#hub = hub;
    this.#watches.push({ kind, name });
  }

  /** Watches what another set read in this turn as well: for readers that share one reading. */
  join(other: WatchSet): void {
    const hub = other.#hub;
    if (hub !== undefined) for (const { kind, name } of other.#watches) this.add(hub, kind, name);
  }

  /**
   * Calls `wake` once, from the store's `applied`, when anything that was read has changed, or when the whole store was replaced.
   * Disposing it disarms, also when it has fired. Must be called in the turn of the reads.
   */
  wait(wake: () => void): Disposable {
    const hub = this.#hub;
    assert(hub !== undefined, "a watch set is armed after a read");
    assert(hub.version === this.#version, "a watch set is armed in the turn of its reads");
    const waiter: Waiter = { wake, watches: this.#watches, due: false, armed: true };
    hub.arm(waiter);
    return { [Symbol.dispose]: () => hub.disarm(waiter) };
  }
}
