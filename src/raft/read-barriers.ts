import { KvorumError } from "../base/errors.ts";
import type { Index } from "../base/ids.ts";

interface Barrier {
  readonly resolve: (index: Index) => void;
  readonly reject: (error: KvorumError) => void;
}

export interface ReadBarriersOptions {
  /** Asks the core for a read index; `ready` or `failAll` is called in the end. */
  readonly ask: (batch: number) => void;
  readonly waitApplied: (index: Index) => Promise<Index>;
}

/** Barriers of one turn, and all that come while one round is under way, share the next round. Thesis §6.4. */
export class ReadBarriers {
  readonly #options: ReadBarriersOptions;
  #gathered: Barrier[] = [];
  #asked: Barrier[] = [];
  #batch = 0;

  constructor(options: ReadBarriersOptions) {
    this.#options = options;
  }

  get gathered(): number {
    return this.#gathered.length;
  }

  add(): Promise<Index> {
    return new Promise((resolve, reject) => {
      this.#gathered.push({ resolve, reject });
    });
  }

  /** Begins a round with what has gathered, unless one is under way. */
  flush(): void {
    if (this.#gathered.length === 0 || this.#asked.length > 0) return;
    this.#asked = this.#gathered;
    this.#gathered = [];
    this.#options.ask(++this.#batch);
  }

  ready(batch: number, index: Index): void {
    if (batch !== this.#batch) return;
    const asked = this.#asked;
    this.#asked = [];
    this.#options.waitApplied(index).then(
      () => {
        for (const barrier of asked) barrier.resolve(index);
      },
      (error: KvorumError) => {
        for (const barrier of asked) barrier.reject(error);
      },
    );
    this.flush();
  }

  /** The office is lost: nothing was done, the next leader may be asked. */
  failAll(error = new KvorumError("not-leader", "Cannot read: this server is not the leader")): void {
    const all = [...this.#asked, ...this.#gathered];
    this.#asked = [];
    this.#gathered = [];
    for (const barrier of all) barrier.reject(error);
  }
}
