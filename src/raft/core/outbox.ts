import { assert } from "../../base/assert.ts";
import { asIndex, type Index, type NodeId } from "../../base/ids.ts";
import type { Effect } from "./effects.ts";
import type { RaftMessage } from "./messages.ts";
import type { Entry, HardState } from "./types.ts";

const NO_ENTRIES: readonly Entry[] = [];

/** Gathers the effects of one step; what is to be written in it becomes one `persist`. Knows what the disk has. */
export class Outbox {
  #effects: Effect[] = [];
  #hardState: HardState | undefined;
  #truncateFrom: number | undefined;
  #entries: readonly Entry[] = NO_ENTRIES;
  #sequence = 0;
  /** Writes not heard of yet: sequence, and up to where the log is on disk once it is done. Truncation lowers that. */
  readonly #pending: { readonly sequence: number; last: number }[] = [];
  #stable: number;

  constructor(stable: Index) {
    this.#stable = stable;
  }

  /** Up to here the log in memory is on disk. */
  get stable(): Index {
    return asIndex(this.#stable);
  }

  /** The sequence that the write of this step has (if there is one). */
  get sequence(): number {
    return this.#sequence + 1;
  }

  push(effect: Effect): void {
    this.#effects.push(effect);
  }

  send(to: NodeId, message: RaftMessage): void {
    this.#effects.push({ kind: "send", to, message, when: "now" });
  }

  /** For what promises something: leaves once everything asked to be written so far is. */
  sendPersisted(to: NodeId, message: RaftMessage): void {
    this.#effects.push({ kind: "send", to, message, when: "persisted" });
  }

  writeHardState(hardState: HardState): void {
    this.#hardState = hardState;
  }

  /** At most once a step, after any truncation. The array is not copied. */
  writeEntries(entries: readonly Entry[]): void {
    assert(this.#entries.length === 0, "one batch of entries a step");
    this.#entries = entries;
  }

  truncateFrom(index: number): void {
    assert(this.#entries.length === 0, "truncation comes before the entries of a step");
    this.#truncateFrom = Math.min(index, this.#truncateFrom ?? index);
    this.#stable = Math.min(this.#stable, index - 1);
    for (const write of this.#pending) write.last = Math.min(write.last, index - 1);
  }

  /** A snapshot that is on disk stands for everything up to `index`. */
  stableAt(index: Index): void {
    this.#stable = Math.max(this.#stable, index);
  }

  /** True when more of the log is on disk than before. */
  persisted(sequence: number): boolean {
    const before = this.#stable;
    let done = 0;
    while (done < this.#pending.length && (this.#pending[done]?.sequence ?? 0) <= sequence) {
      this.#stable = Math.max(this.#stable, this.#pending[done]?.last ?? 0);
      done++;
    }
    this.#pending.splice(0, done);
    return this.#stable > before;
  }

  /** The effects of this step, what is to be written first. */
  take(lastIndex: Index): readonly Effect[] {
    const effects = this.#effects;
    this.#effects = [];
    if (this.#hardState === undefined && this.#truncateFrom === undefined && this.#entries.length === 0) return effects;
    this.#sequence++;
    this.#pending.push({ sequence: this.#sequence, last: lastIndex });
    effects.unshift({
      kind: "persist",
      sequence: this.#sequence,
      hardState: this.#hardState,
      truncateFrom: this.#truncateFrom === undefined ? undefined : asIndex(this.#truncateFrom),
      entries: this.#entries,
    });
    this.#hardState = undefined;
    this.#truncateFrom = undefined;
    this.#entries = NO_ENTRIES;
    return effects;
  }
}
