import type { MonotonicMs } from "../platform/index.ts";
import { AskedOnce } from "./asked-once.ts";
import { KEPT_LOOKUPS_MAX, KEPT_MS } from "./limits.ts";
import type { Found } from "./lookups.ts";

/** A lookup in this process's own state. */
export interface KeptLookup {
  readonly found: Found;
  /** Calls once when any of it has changed, or when it is given up for another reason. */
  watch(changed: () => void): Disposable;
}

interface Entry extends KeptLookup {
  readonly bornAt: MonotonicMs;
  giveUp(): void;
}

/** Lookups whose results hold until what was read changes, and for a second at most, as answers are kept: how old the state is has to be looked at again. */
export class KeptLookups {
  readonly #entries = new Map<string, Entry>();
  readonly #askedOnce = new AskedOnce();

  get(key: string, now: MonotonicMs): KeptLookup | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || now - entry.bornAt < KEPT_MS) return entry;
    entry.giveUp();
    return undefined;
  }

  /** Keeps what was read in this turn, if it comes again and there is room; then `watch` is armed at once. Gives what tells of a change. */
  put(key: string, found: Found, now: MonotonicMs, watch: KeptLookup["watch"]): KeptLookup["watch"] {
    if (!this.#askedOnce.again(key, now) || !this.#hasRoom(now)) return watch;
    const listeners = new Set<() => void>();
    const entry: Entry = {
      found,
      bornAt: now,
      watch: (changed) => {
        listeners.add(changed);
        return { [Symbol.dispose]: () => void listeners.delete(changed) };
      },
      giveUp: () => {
        if (this.#entries.get(key) === entry) this.#entries.delete(key);
        armed[Symbol.dispose]();
        for (const changed of [...listeners]) changed();
      },
    };
    const armed = watch(() => entry.giveUp());
    this.#entries.set(key, entry);
    return entry.watch;
  }

  #hasRoom(now: MonotonicMs): boolean {
    if (this.#entries.size < KEPT_LOOKUPS_MAX) return true;
    const [oldest] = this.#entries.values();
    if (oldest === undefined || now - oldest.bornAt < KEPT_MS) return false;
    oldest.giveUp();
    return true;
  }

  clear(): void {
    for (const entry of [...this.#entries.values()]) entry.giveUp();
  }
}
