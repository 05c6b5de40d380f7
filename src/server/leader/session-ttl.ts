import { parseDurationMs } from "../../base/duration.ts";
import { messageOf } from "../../base/errors.ts";
import type { Scope } from "../../base/scope.ts";
import type { Session } from "../../model/index.ts";
import type { Deadline, Deadlines } from "../../rpc/index.ts";
import { propose, type ServerContext } from "../context.ts";
import { invalidateRetryMs, maxInvalidateAttempts, ttlMultiplier } from "../limits.ts";

/**
 * Ends sessions whose TTL ran out. Only the leader's count: a new leader starts every session anew, so a session may
 * live longer over a change of leader, never shorter. Consul api-docs, sessions: it ends between one and two TTLs.
 */
export class SessionTimers {
  readonly #context: ServerContext;
  readonly #deadlines: Deadlines;
  readonly #timers = new Map<string, Deadline>();
  /** Sessions whose end is on its way through the log. */
  readonly #ending = new Map<string, Promise<void>>();
  #running = false;

  constructor(context: ServerContext, deadlines: Deadlines) {
    this.#context = context;
    this.#deadlines = deadlines;
  }

  get size(): number {
    return this.#timers.size;
  }

  /** Starts with all sessions that there are; ends with the scope. */
  start(term: Scope): void {
    this.#running = true;
    this.restart();
    term.defer(() => {
      this.#running = false;
      for (const id of [...this.#timers.keys()]) this.cancel(id);
    });
  }

  /** Begins anew with the sessions that there are now. */
  restart(): void {
    for (const id of [...this.#timers.keys()]) this.cancel(id);
    if (this.#running) for (const session of this.#context.state.sessions.list().value) this.reset(session);
  }

  /** Gives the session its whole time again. Nothing happens on a server that does not lead. */
  reset(session: Session): void {
    if (!this.#running) return;
    this.cancel(session.id);
    const ttlMs = session.ttl === "" ? 0 : parseDurationMs(session.ttl);
    if (ttlMs <= 0) return;
    const wait = Math.max(ttlMs, this.#context.settings.sessionTtlMinMs) * ttlMultiplier;
    this.#set(session.id, wait, 0);
  }

  isEnding(id: string): boolean {
    return this.#ending.has(id);
  }

  /** Resolves when no end of this session is under way. */
  async ended(id: string): Promise<void> {
    await this.#ending.get(id);
  }

  cancel(id: string): void {
    const timer = this.#timers.get(id);
    if (timer === undefined) return;
    this.#deadlines.cancel(timer);
    this.#timers.delete(id);
    this.#context.meters.sessionActive.set(this.#timers.size);
  }

  #set(id: string, afterMs: number, attempt: number): void {
    this.#timers.set(
      id,
      this.#deadlines.add(afterMs, () => this.#expire(id, attempt)),
    );
    this.#context.meters.sessionActive.set(this.#timers.size);
  }

  #expire(id: string, attempt: number): void {
    this.#timers.delete(id);
    const { clock } = this.#context.platform;
    const began = clock.now();
    const ending = propose(this.#context, "session.destroy", { id }).then(
      () => {
        this.#context.logger.debug("Session ended: its TTL ran out", { session: id });
        this.#context.meters.sessionInvalidate.observe(clock.now() - began);
      },
      (error: unknown) => {
        if (!this.#running) return;
        this.#context.logger.error("Cannot end session whose TTL ran out", { session: id, error: messageOf(error) });
        if (attempt + 1 < maxInvalidateAttempts && !this.#timers.has(id)) this.#set(id, invalidateRetryMs * 2 ** attempt, attempt + 1);
      },
    );
    this.#ending.set(
      id,
      ending.finally(() => this.#ending.delete(id)),
    );
  }
}
