import { KvorumError } from "../base/errors.ts";
import type { Index, Term } from "../base/ids.ts";
import type { MonotonicMs } from "../platform/index.ts";
import { MAX_BATCH, MAX_WAITING_BYTES, MAX_WAITING_PROPOSALS } from "./limits.ts";

export interface Proposal {
  readonly data: Uint8Array;
  readonly at: MonotonicMs;
  term: Term | undefined;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: KvorumError) => void;
}

/** Proposals on their way: first gathered, then in the log, then settled with what the state machine said. */
export class Proposals {
  #gathered: Proposal[] = [];
  readonly #placed = new Map<Index, Proposal>();
  #bytes = 0;

  get gathered(): number {
    return this.#gathered.length;
  }

  /** Throws `unavailable` when too many wait: nothing was done then. */
  add(data: Uint8Array, at: MonotonicMs): Promise<unknown> {
    const waiting = this.#gathered.length + this.#placed.size;
    if (waiting >= MAX_WAITING_PROPOSALS || (waiting > 0 && this.#bytes + data.length > MAX_WAITING_BYTES)) {
      return Promise.reject(new KvorumError("unavailable", `Cannot propose: ${waiting} proposals wait already`));
    }
    this.#bytes += data.length;
    return new Promise((resolve, reject) => {
      this.#gathered.push({ data, at, term: undefined, resolve, reject });
    });
  }

  /** The next batch to be appended. */
  take(): readonly Proposal[] {
    if (this.#gathered.length <= MAX_BATCH) {
      const all = this.#gathered;
      this.#gathered = [];
      return all;
    }
    return this.#gathered.splice(0, MAX_BATCH);
  }

  /** The batch stands in the log from `first` on. */
  place(batch: readonly Proposal[], first: Index, term: Term): void {
    let index = first as number;
    for (const proposal of batch) {
      proposal.term = term;
      this.#placed.set(index++ as Index, proposal);
    }
  }

  /** Takes out who waits for the entry at `index`; rejects it when another entry has come to stand there. */
  applied(index: Index, term: Term): Proposal | undefined {
    if (this.#placed.size === 0) return undefined;
    const proposal = this.#placed.get(index);
    if (proposal === undefined) return undefined;
    this.#placed.delete(index);
    this.#bytes -= proposal.data.length;
    if (proposal.term === term) return proposal;
    proposal.reject(lost());
    return undefined;
  }

  refuse(batch: readonly Proposal[], error: KvorumError): void {
    for (const proposal of batch) {
      this.#bytes -= proposal.data.length;
      proposal.reject(error);
    }
  }

  /** What is in the log above `above` may still happen, or not. What is committed happens, and is settled when it is applied. */
  losePlaced(above: number, error: KvorumError = lost()): void {
    this.#rejectWhere((index) => index > above, error);
  }

  /** A snapshot took the place of these entries: they happened, and what the state machine said to each is not known. */
  skipped(upTo: number): void {
    this.#rejectWhere((index) => index <= upTo, lost());
  }

  #rejectWhere(chosen: (index: number) => boolean, error: KvorumError): void {
    const rejected: Proposal[] = [];
    for (const [index, proposal] of this.#placed) if (chosen(index)) rejected.push(proposal);
    for (const index of [...this.#placed.keys()]) if (chosen(index)) this.#placed.delete(index);
    this.refuse(rejected, error);
  }

  refuseGathered(error: KvorumError): void {
    const gathered = this.#gathered;
    this.#gathered = [];
    this.refuse(gathered, error);
  }
}

function lost(): KvorumError {
  return new KvorumError("leadership-lost", "Leadership was lost while the write was on its way");
}
