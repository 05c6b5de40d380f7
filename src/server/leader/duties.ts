import { messageOf } from "../../base/errors.ts";
import { Scope } from "../../base/scope.ts";
import { pause } from "../../platform/index.ts";
import type { ServerContext } from "../context.ts";
import { dutiesRetryMs } from "../limits.ts";

/** Something that the leader does besides answering; what it starts ends with the scope of its term. */
export interface Duty {
  readonly name: string;
  readonly start: (term: Scope) => void | Promise<void>;
}

/** Starts the leader's duties when this server becomes leader, after its first entry has been applied, and ends them with the leadership. */
export class Duties implements AsyncDisposable {
  readonly #context: ServerContext;
  readonly #duties: readonly Duty[];
  readonly #subscription: Disposable;
  #term: Scope | undefined;
  #raftTerm = -1;
  #closed = false;

  constructor(context: ServerContext, duties: readonly Duty[]) {
    this.#context = context;
    this.#duties = duties;
    this.#subscription = context.raft.onLeadership(() => this.#changed());
    this.#changed();
  }

  /** The scope of the term in which this server leads. */
  get term(): Scope | undefined {
    return this.#term;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#subscription[Symbol.dispose]();
    await this.#end();
  }

  #changed(): void {
    const { role, term } = this.#context.raft.status();
    const leads = role === "leader" && !this.#closed;
    this.#context.meters.isLeader.set(leads ? 1 : 0);
    if (leads && this.#term !== undefined && this.#raftTerm === term) return;
    this.#end().catch((error: unknown) => this.#context.logger.error("Duties of the leader did not end cleanly", { error: messageOf(error) }));
    if (!leads) return;
    const scope = new Scope((name, error) => this.#context.logger.error("Duty of the leader failed", { duty: name, error: messageOf(error) }));
    this.#term = scope;
    this.#raftTerm = term;
    this.#context.logger.info("Cluster leadership acquired");
    scope.spawn("start", () => this.#start(scope));
  }

  async #start(scope: Scope): Promise<void> {
    const { clock } = this.#context.platform;
    while (!scope.closed) {
      try {
        const began = clock.now();
        await this.#context.raft.readBarrier();
        this.#context.meters.barrier.observe(clock.now() - began);
        for (const duty of this.#duties) if (!scope.closed) await duty.start(scope);
        return;
      } catch (error) {
        if (scope.closed) return;
        this.#context.logger.warn("Cannot start the duties of the leader yet", { error: messageOf(error) });
        await pause(this.#context.platform.clock, dutiesRetryMs, scope.signal);
      }
    }
  }

  async #end(): Promise<void> {
    const scope = this.#term;
    this.#term = undefined;
    if (scope === undefined) return;
    this.#context.logger.info("Cluster leadership ended here");
    await scope[Symbol.asyncDispose]();
  }
}
