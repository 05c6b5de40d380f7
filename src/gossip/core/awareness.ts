/** How well this node itself is doing: 0 is well, each step makes it wait longer before it accuses others. Lifeguard §III. */
export class Awareness {
  readonly #max: number;
  #score = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get score(): number {
    return this.#score;
  }

  /** Stays within 0 and max - 1. */
  change(delta: number): void {
    this.#score = Math.min(Math.max(this.#score + delta, 0), this.#max - 1);
  }

  /** An interval stretched by the score. */
  scaled(ms: number): number {
    return ms * (this.#score + 1);
  }
}
