/** A fair random sample of a stream of numbers, of bounded size. */
export class Reservoir {
  readonly #kept: Float64Array;
  #seen = 0;

  constructor(size: number) {
    this.#kept = new Float64Array(size);
  }

  add(value: number): void {
    const at = this.#seen < this.#kept.length ? this.#seen : Math.floor(Math.random() * (this.#seen + 1));
    this.#seen++;
    if (at < this.#kept.length) this.#kept[at] = value;
  }

  values(): Float64Array {
    return this.#kept.subarray(0, Math.min(this.#seen, this.#kept.length));
  }

  clear(): void {
    this.#seen = 0;
  }
}

/** The value below which a share `quantile` (0 to 1) of the sorted values lies; 0 when there are none. */
export function quantileOf(sorted: Float64Array, quantile: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(quantile * sorted.length))] ?? 0;
}
