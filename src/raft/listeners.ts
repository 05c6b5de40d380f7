/** Who wants to hear of something, until they say otherwise. */
export class Listeners<T> {
  readonly #listeners = new Set<(value: T) => void>();

  add(listener: (value: T) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  tell(value: T): void {
    for (const listener of this.#listeners) listener(value);
  }
}
