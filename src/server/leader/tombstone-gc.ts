import { messageOf } from "../../base/errors.ts";
import type { Scope } from "../../base/scope.ts";
import type { Deadline } from "../../rpc/index.ts";
import { propose, type ServerContext } from "../context.ts";
import { tombstoneGranularityMs, tombstoneTtlMs } from "../limits.ts";

interface Bin {
  upTo: number;
  readonly deadline: Deadline;
}

/** Forgets deletes when nobody can still wait for them, by a command, so that all servers forget the same. */
export class TombstoneGc {
  readonly #context: ServerContext;
  /** By the step in which they are due: one command a step at most. */
  readonly #bins = new Map<number, Bin>();
  #running = false;

  constructor(context: ServerContext) {
    this.#context = context;
  }

  /** A new leader does not know when the tombstones it finds were left: they get their whole time again. */
  start(term: Scope): void {
    this.#running = true;
    this.hint(this.#context.state.lastIndex);
    term.defer(() => {
      this.#running = false;
      for (const bin of this.#bins.values()) this.#context.rpc.deadlines.cancel(bin.deadline);
      this.#bins.clear();
    });
  }

  /** Tombstones were left at this index. */
  hint(index: number): void {
    if (!this.#running) return;
    const now = this.#context.platform.clock.now();
    const step = Math.ceil((now + tombstoneTtlMs) / tombstoneGranularityMs);
    const bin = this.#bins.get(step);
    if (bin !== undefined) {
      bin.upTo = Math.max(bin.upTo, index);
      return;
    }
    const deadline = this.#context.rpc.deadlines.add(step * tombstoneGranularityMs - now, () => this.#reap(step));
    this.#bins.set(step, { upTo: index, deadline });
  }

  #reap(step: number): void {
    const bin = this.#bins.get(step);
    this.#bins.delete(step);
    if (bin === undefined || !this.#running) return;
    const { clock } = this.#context.platform;
    const began = clock.now();
    propose(this.#context, "kv.reap", { upTo: bin.upTo }).then(
      () => this.#context.meters.reap.observe(clock.now() - began),
      (error: unknown) => this.#context.logger.warn("Cannot forget tombstones", { upTo: bin.upTo, error: messageOf(error) }),
    );
  }
}
