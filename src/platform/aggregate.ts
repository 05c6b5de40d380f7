import type { MetricLabels, MetricsSeries } from "./ports.ts";

/** Count, sum, least, most and spread of the values of one interval, for the JSON metrics. */
export class Aggregate {
  #count = 0;
  #sum = 0;
  #sumOfSquares = 0;
  #min = 0;
  #max = 0;

  add(value: number): void {
    this.#min = this.#count === 0 || value < this.#min ? value : this.#min;
    this.#max = this.#count === 0 || value > this.#max ? value : this.#max;
    this.#count++;
    this.#sum += value;
    this.#sumOfSquares += value * value;
  }

  /** As Consul shows it. An interval without a value is all zeros, so that no series goes missing and none is NaN. */
  show(name: string, labels: MetricLabels, intervalMs: number): MetricsSeries {
    return {
      Name: name,
      Count: this.#count,
      Rate: this.#sum / (intervalMs / 1000),
      Sum: this.#sum,
      Min: this.#min,
      Max: this.#max,
      Mean: this.#count === 0 ? 0 : this.#sum / this.#count,
      Stddev: this.#deviation(),
      Labels: labels,
    };
  }

  /** The deviation of a sample (divided by n - 1), as Consul computes it; 0 below two values. */
  #deviation(): number {
    if (this.#count < 2) return 0;
    const variance = (this.#sumOfSquares - (this.#sum * this.#sum) / this.#count) / (this.#count - 1);
    return Math.sqrt(Math.max(0, variance)); // rounding may take it just below zero
  }
}
