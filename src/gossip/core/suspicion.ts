import { expectedConfirmations, suspicionMaxMs, suspicionMinMs, suspicionTotalMs, type Timing } from "./timing.ts";

/** A running suspicion: when it ends, and who has accused. SWIM §4.2, Lifeguard §IV-B. */
export class Suspicion {
  readonly #k: number;
  readonly #minMs: number;
  readonly #maxMs: number;
  #startedMs: number;
  readonly #accusers: Set<string>;
  #deadlineMs: number;
  #heldBack = 0;

  /** `n` known members, dead and left included. The first accuser is no confirmation. */
  constructor(timing: Timing, options: { readonly n: number; readonly from: string; readonly nowMs: number }) {
    this.#k = expectedConfirmations(timing, options.n);
    this.#minMs = suspicionMinMs(timing, options.n);
    this.#maxMs = suspicionMaxMs(timing, options.n);
    this.#startedMs = options.nowMs;
    this.#accusers = new Set([options.from]);
    this.#deadlineMs = options.nowMs + (this.#k < 1 ? this.#minMs : this.#maxMs);
  }

  get deadlineMs(): number {
    return this.#deadlineMs;
  }

  /** Whoever said so, the first accuser first. */
  get accusers(): readonly string[] {
    return [...this.#accusers];
  }

  /** How often it was held back. */
  get heldBack(): number {
    return this.#heldBack;
  }

  /** One shortest suspicion more, since there is reason to think that the fault is here. */
  holdBack(): void {
    this.#heldBack++;
    this.postpone(this.#minMs);
  }

  /** Gives the suspect time back that this process stood still. */
  postpone(ms: number): void {
    this.#startedMs += ms;
    this.#deadlineMs += ms;
  }

  /** True when this accusation is news: not heard from that member before, and still counted. The suspicion then ends sooner. */
  confirm(from: string): boolean {
    if (this.#accusers.size > this.#k || this.#accusers.has(from)) return false;
    this.#accusers.add(from);
    const totalMs = suspicionTotalMs({ confirmations: this.#accusers.size - 1, k: this.#k, minMs: this.#minMs, maxMs: this.#maxMs });
    this.#deadlineMs = this.#startedMs + totalMs;
    return true;
  }
}
