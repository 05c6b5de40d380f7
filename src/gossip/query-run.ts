import { QUERY_ANSWERS_MAX } from "./limits.ts";
import type { QueryAnswer, QueryRun } from "./types.ts";

/** Answers of one query as a stream to read once; it ends when the query's time is up or it is disposed. */
export class Answers implements QueryRun {
  readonly timeoutMs: number;
  readonly #onDispose: () => void;
  readonly #waiting: QueryAnswer[] = [];
  #wake: (() => void) | undefined;
  #ended = false;

  constructor(timeoutMs: number, onDispose: () => void) {
    this.timeoutMs = timeoutMs;
    this.#onDispose = onDispose;
  }

  push(answer: QueryAnswer): void {
    if (this.#ended || this.#waiting.length >= QUERY_ANSWERS_MAX) return;
    this.#waiting.push(answer);
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<QueryAnswer, void, undefined> {
    for (;;) {
      const answer = this.#waiting.shift();
      if (answer !== undefined) yield answer;
      else if (this.#ended) return;
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }

  [Symbol.dispose](): void {
    this.#onDispose();
    this.end();
  }
}
