/**
 * What an answer was made of: whether it may be given again, and what tells that it may not any more.
 * Only what was read from this process's own state can be watched; an answer with anything else in it is made anew each time.
 */
export class Trail {
  #watches: ((changed: () => void) => Disposable)[] | undefined = [];

  /** Something was read that can be watched. To be armed in the same turn. */
  reads(watch: (changed: () => void) => Disposable): void {
    this.#watches?.push(watch);
  }

  /** Something was read that cannot be watched. */
  leaves(): void {
    this.#watches = undefined;
  }

  get keepable(): boolean {
    return this.#watches !== undefined;
  }

  /** Calls `changed` once, when any of it has changed. */
  arm(changed: () => void): Disposable {
    const armed = (this.#watches ?? []).map((watch) => watch(changed));
    return {
      [Symbol.dispose]: () => {
        for (const one of armed) one[Symbol.dispose]();
      },
    };
  }
}
