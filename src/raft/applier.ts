import { assert } from "../base/assert.ts";
import { asIndex, type Index } from "../base/ids.ts";
import type { Clock } from "../platform/index.ts";
import type { Entry } from "./core/index.ts";
import { APPLY_LOOK, APPLY_SLICE_MS } from "./limits.ts";
import type { StateMachine } from "./ports.ts";
import type { Proposal, Proposals } from "./proposals.ts";

export interface ApplierOptions {
  readonly clock: Clock;
  readonly machine: StateMachine;
  readonly proposals: Proposals;
  readonly entryAt: (index: number) => Entry | undefined;
  /** After each turn that applied something. */
  readonly applied: (upTo: Index, entries: number, bytes: number, tookMs: number) => void;
  /** A proposal was settled, so long after it was made. */
  readonly settled: (proposal: Proposal) => void;
}

/** Brings committed entries to the state machine, in slices that leave the loop to others. */
export class Applier {
  readonly #options: ApplierOptions;
  #appliedIndex: Index;
  #target: number;
  #scheduled = false;
  #paused = false;
  #stopped = false;

  constructor(options: ApplierOptions, appliedIndex: Index) {
    this.#options = options;
    this.#appliedIndex = appliedIndex;
    this.#target = appliedIndex;
  }

  get appliedIndex(): Index {
    return this.#appliedIndex;
  }

  /** Everything up to `upTo` is committed. The first slice is applied at once. */
  commitTo(upTo: Index): void {
    if (upTo > this.#target) this.#target = upTo;
    if (!this.#scheduled) this.#run();
  }

  /** While a snapshot takes the place of the state. */
  pause(): void {
    this.#paused = true;
  }

  /** The state is now as of `index`. */
  resumeAt(index: Index): void {
    this.#paused = false;
    if (index > this.#appliedIndex) this.#appliedIndex = index;
    if (!this.#scheduled) this.#run();
  }

  stop(): void {
    this.#stopped = true;
  }

  #run(): void {
    this.#scheduled = false;
    if (this.#stopped || this.#paused || this.#appliedIndex >= this.#target) return;
    const { clock, machine, settled } = this.#options;
    const start = clock.now();
    const from = this.#appliedIndex;
    const done: Proposal[] = [];
    const results: unknown[] = [];
    const bytes = this.#slice(start, done, results);
    machine.applied(this.#appliedIndex);
    for (let at = 0; at < done.length; at++) {
      const proposal = done[at] as Proposal;
      proposal.resolve(results[at]);
      settled(proposal);
    }
    this.#options.applied(this.#appliedIndex, this.#appliedIndex - from, bytes, clock.now() - start);
    if (this.#appliedIndex < this.#target) {
      this.#scheduled = true;
      clock.soon(() => this.#run());
    }
  }

  #slice(start: number, done: Proposal[], results: unknown[]): number {
    const { clock, machine, proposals, entryAt } = this.#options;
    let bytes = 0;
    for (let count = 1; this.#appliedIndex < this.#target; count++) {
      const index = asIndex(this.#appliedIndex + 1);
      const entry = entryAt(index);
      assert(entry !== undefined, "a committed entry is in the log until it is applied");
      let result: unknown;
      if (entry.kind === "command") {
        result = machine.apply(index, entry.data);
        bytes += entry.data.length;
      }
      this.#appliedIndex = index;
      const proposal = proposals.applied(index, entry.term);
      if (proposal !== undefined) {
        done.push(proposal);
        results.push(result);
      }
      if (count % APPLY_LOOK === 0 && clock.now() - start >= APPLY_SLICE_MS) break;
    }
    return bytes;
  }
}
