import { messageOf } from "./errors.ts";

/**
 * The owner of what was started. Closing aborts `signal`, then releases in reverse order, all of it even when one throws.
 *
 * A failure in a spawned task closes nothing by itself; it is handed to `failed`, and whoever owns the scope decides.
 */
export class Scope implements AsyncDisposable {
  readonly #controller = new AbortController();
  readonly #releases: (() => void | PromiseLike<void>)[] = [];
  readonly #onFailure: ((name: string, error: unknown) => void) | undefined;
  #closing: Promise<void> | undefined;

  constructor(onFailure?: (name: string, error: unknown) => void) {
    this.#onFailure = onFailure;
  }

  /** Aborted as soon as the scope begins to close. For the life of a part, not for one request among thousands. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get closed(): boolean {
    return this.#closing !== undefined;
  }

  /** Takes ownership; gives the value back. */
  use<T extends Disposable | AsyncDisposable>(value: T): T {
    this.defer(async () => {
      if (Symbol.asyncDispose in value) await value[Symbol.asyncDispose]();
      else value[Symbol.dispose]();
    });
    return value;
  }

  /** Has `release` called when the scope closes; at once when it is closed already. */
  defer(release: () => void | PromiseLike<void>): void {
    if (this.#closing !== undefined) void Promise.resolve(release()).catch((error: unknown) => this.#failed("late release", error));
    else this.#releases.push(release);
  }

  /** Runs a background task that ends when `signal` is aborted. Closing waits for it. */
  spawn(name: string, task: (signal: AbortSignal) => Promise<void>): void {
    const running = task(this.signal).catch((error: unknown) => {
      if (!this.closed) this.#failed(name, error);
    });
    this.defer(() => running);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#controller.abort();
    const errors: unknown[] = [];
    for (let release = this.#releases.pop(); release !== undefined; release = this.#releases.pop()) {
      try {
        await release();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, `Cannot close cleanly: ${errors.map(messageOf).join("; ")}`);
  }

  #failed(name: string, error: unknown): void {
    this.#onFailure?.(name, error);
  }
}
