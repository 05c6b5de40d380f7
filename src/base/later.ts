import { assert } from "./assert.ts";

/** A value that is there, that comes by a call, or that comes by a promise. */
export type Soon<T> = T | Later<T> | Promise<T>;

/**
 * A value that comes once, and is handed on in the very call that brings it. Of a thousand that wait for one change, the first has its answer
 * before the second is looked at; with promises each of them goes through a microtask for every function in between, all before the first.
 */
export class Later<T> {
  #outcome: { readonly value: T } | { readonly error: unknown } | undefined;
  #done: ((value: T) => void) | undefined;
  #failed: ((error: unknown) => void) | undefined;

  /** For who brings the value. Only the first word counts. */
  readonly settle = (value: T): void => {
    if (this.#outcome !== undefined) return;
    this.#outcome = { value };
    this.#done?.(value);
  };

  /** For who has to say that it does not come. */
  readonly fail = (error: unknown): void => {
    if (this.#outcome !== undefined) return;
    this.#outcome = { error };
    this.#failed?.(error);
  };

  /** For the one who waits. One of the two is called, in this call when it is known already. What they throw goes to who settles. */
  on(done: (value: T) => void, failed: (error: unknown) => void): void {
    assert(this.#done === undefined, "a later value has one who waits for it");
    this.#done = done;
    this.#failed = failed;
    if (this.#outcome === undefined) return;
    if ("value" in this.#outcome) done(this.#outcome.value);
    else failed(this.#outcome.error);
  }

  /** What `to` makes of the value, and its failure when it throws. */
  map<U>(to: (value: T) => U): Later<U> {
    const mapped = new Later<U>();
    this.on((value) => {
      let made: U;
      try {
        made = to(value);
      } catch (error) {
        mapped.fail(error);
        return;
      }
      mapped.settle(made);
    }, mapped.fail);
    return mapped;
  }

  promise(): Promise<T> {
    return new Promise((resolve, reject) => this.on(resolve, reject));
  }
}

/** What `to` makes of a value, as soon as it is there. */
export function after<T, U>(value: Soon<T>, to: (value: T) => U): Soon<U> {
  if (value instanceof Later) return value.map(to);
  return value instanceof Promise ? value.then(to) : to(value);
}

/** The same value for who can wait for promises only. */
export function promised<T>(value: Soon<T>): T | Promise<T> {
  return value instanceof Later ? value.promise() : value;
}
