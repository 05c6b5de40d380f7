import type { Index } from "../../base/ids.ts";

interface Waiting {
  readonly batch: number;
  /** The commit index when the batch was taken up; `undefined` while nothing of the leader's own term is committed. */
  index: Index | undefined;
}

/** Batches of reads that wait for a majority to confirm the leader. Thesis §6.4. */
export class ReadQueue {
  readonly #waiting: Waiting[] = [];

  /** The newest batch that a heartbeat may ask about: one that has its index. 0 for none. */
  get newest(): number {
    for (let at = this.#waiting.length - 1; at >= 0; at--) {
      const waiting = this.#waiting[at];
      if (waiting?.index !== undefined) return waiting.batch;
    }
    return 0;
  }

  add(batch: number, index: Index | undefined): void {
    this.#waiting.push({ batch, index });
  }

  /** The leader's term has its first commit: what waited for it reads from here on. True when something did. */
  begin(index: Index): boolean {
    let begun = false;
    for (const waiting of this.#waiting) {
      if (waiting.index !== undefined) continue;
      waiting.index = index;
      begun = true;
    }
    return begun;
  }

  /** Takes out the next batch, if it is confirmed. */
  take(confirmed: number): { readonly batch: number; readonly index: Index } | undefined {
    const first = this.#waiting[0];
    if (first?.index === undefined || first.batch > confirmed) return undefined;
    this.#waiting.shift();
    return { batch: first.batch, index: first.index };
  }
}
