import { LISTENER_QUEUE_MAX } from "./limits.ts";

type Listener<T> = (item: T) => void | Promise<void>;

/** Hands items to listeners in order, each at its own pace. A listener that is too slow loses the oldest, and `lost` is told. */
export class Feed<T> {
  readonly #lost: () => void;
  readonly #readers = new Set<Reader<T>>();

  constructor(lost: () => void) {
    this.#lost = lost;
  }

  get listened(): boolean {
    return this.#readers.size > 0;
  }

  listen(listener: Listener<T>): Disposable {
    const reader = new Reader(listener, this.#lost);
    this.#readers.add(reader);
    return { [Symbol.dispose]: () => void this.#readers.delete(reader) };
  }

  push(item: T): void {
    for (const reader of this.#readers) reader.push(item);
  }

  close(): void {
    this.#readers.clear();
  }
}

class Reader<T> {
  readonly #listener: Listener<T>;
  readonly #lost: () => void;
  readonly #waiting: T[] = [];
  #busy = false;

  constructor(listener: Listener<T>, lost: () => void) {
    this.#listener = listener;
    this.#lost = lost;
  }

  push(item: T): void {
    this.#waiting.push(item);
    if (this.#waiting.length > LISTENER_QUEUE_MAX) {
      this.#waiting.shift();
      this.#lost();
    }
    if (!this.#busy) this.#drain();
  }

  #drain(): void {
    this.#busy = true;
    while (this.#waiting.length > 0) {
      const item = this.#waiting.shift();
      const done = item === undefined ? undefined : this.#listener(item);
      if (done !== undefined) {
        const next = (): void => this.#drain();
        done.then(next, next); // a listener that fails has its own log; the next item comes all the same
        return;
      }
    }
    this.#busy = false;
  }
}
