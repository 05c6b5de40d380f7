import type { Finding } from "./types.ts";

/**
 * Lets a finding through only after enough of its kind in a row: `success_before_passing`, `failures_before_critical`. Warnings count as
 * successes, as in Consul. 0 and 1 let the first through.
 */
export class Thresholds {
  readonly #successes: number;
  readonly #failures: number;
  #inRow = 0;
  #kind: "success" | "failure" | undefined;

  constructor(limits: { readonly successBeforePassing: number; readonly failuresBeforeCritical: number }) {
    this.#successes = limits.successBeforePassing;
    this.#failures = limits.failuresBeforeCritical;
  }

  /** Whether this finding is to be told. */
  passes({ status }: Pick<Finding, "status">): boolean {
    const kind = status === "critical" ? "failure" : "success";
    this.#inRow = kind === this.#kind ? this.#inRow + 1 : 1;
    this.#kind = kind;
    return this.#inRow >= (kind === "failure" ? this.#failures : this.#successes);
  }
}
