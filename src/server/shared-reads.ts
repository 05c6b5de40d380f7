import type { MethodName, ReadOptions } from "../model/index.ts";
import { type Indexed, type StateStore, WatchSet } from "../state/index.ts";
import { maxSharedReads } from "./limits.ts";

/** Reads whose answers are long, and which many wait for at a time. */
const SHARED: ReadonlySet<MethodName> = new Set<MethodName>([
  "Catalog.Nodes",
  "Catalog.Services",
  "Catalog.ServiceNodes",
  "Health.Checks",
  "Health.State",
  "Health.ServiceNodes",
  "Health.Instances",
  "Internal.Nodes",
  "Internal.Services",
]);

interface Asked {
  readonly method: MethodName;
  readonly request: object;
  readonly options: ReadOptions;
}

interface Reading {
  readonly found: Indexed<unknown>;
  readonly watch: WatchSet;
}

/**
 * One reading for all that wait for the same: a change that wakes a thousand watchers of a service is looked up once, and its answer is one value,
 * of which the doors need to make only one text. What was read holds until the state has taken in another command.
 */
export class SharedReads {
  readonly #state: StateStore;
  readonly #readings = new Map<string, Reading>();
  #asOf = "";

  constructor(state: StateStore) {
    this.#state = state;
  }

  /** The same read, shared with whoever asks for it in the same words; as it is when it is none that is worth it. */
  share<T>({ method, request, options }: Asked, read: (watch?: WatchSet) => Indexed<T>): (watch?: WatchSet) => Indexed<T> {
    const { minIndex, filter } = options;
    if (minIndex === 0 || !SHARED.has(method)) return read;
    const key = `${method} ${JSON.stringify({ ...request, options: { filter } })}`;
    return (watch) => {
      const reading = this.#reading(key, read);
      watch?.join(reading.watch);
      // What is kept under a key was read by that method.
      return reading.found as Indexed<T>;
    };
  }

  #reading(key: string, read: (watch: WatchSet) => Indexed<unknown>): Reading {
    const asOf = `${this.#state.generation}.${this.#state.lastIndex}`;
    if (asOf !== this.#asOf || this.#readings.size >= maxSharedReads) this.#readings.clear();
    this.#asOf = asOf;
    const known = this.#readings.get(key);
    if (known !== undefined) return known;
    const watch = new WatchSet();
    const reading = { found: read(watch), watch };
    this.#readings.set(key, reading);
    return reading;
  }
}
