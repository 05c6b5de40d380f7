import type { KeptOutput } from "./outside-ports.ts";

/** Keeps the last bytes of what flows through, and counts them all. */
export class TailBuffer {
  readonly #limit: number;
  #chunks: Uint8Array[] = [];
  #held = 0;
  #total = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(chunk: Uint8Array): void {
    this.#total += chunk.length;
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    for (let first = this.#chunks[0]; first !== undefined && this.#held - first.length >= this.#limit; first = this.#chunks[0]) {
      this.#chunks.shift();
      this.#held -= first.length;
    }
    // A flood of small pieces must not cost more than the bytes themselves.
    if (this.#chunks.length > 64) this.#chunks = [Buffer.concat(this.#chunks)];
  }

  take(): KeptOutput {
    const all = Buffer.concat(this.#chunks);
    return { kept: all.subarray(Math.max(0, all.length - this.#limit)), totalBytes: this.#total };
  }
}
