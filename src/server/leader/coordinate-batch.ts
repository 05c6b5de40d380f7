import { messageOf } from "../../base/errors.ts";
import type { Scope } from "../../base/scope.ts";
import type { NodeCoordinate } from "../../model/index.ts";
import type { Deadline } from "../../rpc/index.ts";
import { propose, type ServerContext } from "../context.ts";
import { coordinateBatch, coordinatePeriodMs, maxCoordinates } from "../limits.ts";

/**
 * Gathers the coordinates that nodes report and writes them now and then, the last of each node: they move all the time and need not be
 * exact, so that a write each would be waste. Consul's `CoordinateUpdatePeriod`.
 */
export class CoordinateBatch {
  readonly #context: ServerContext;
  readonly #waiting = new Map<string, NodeCoordinate>();
  #deadline: Deadline | undefined;
  #running = false;

  constructor(context: ServerContext) {
    this.#context = context;
  }

  start(term: Scope): void {
    this.#running = true;
    term.defer(() => {
      this.#running = false;
      this.#waiting.clear();
      if (this.#deadline !== undefined) this.#context.rpc.deadlines.cancel(this.#deadline);
      this.#deadline = undefined;
    });
  }

  /** Beyond the limit an update is dropped: its node reports again soon. */
  add(update: NodeCoordinate): void {
    const key = `${update.node.toLowerCase()}\0${update.segment}`;
    if (!this.#running || (!this.#waiting.has(key) && this.#waiting.size >= maxCoordinates)) return;
    this.#waiting.set(key, update);
    this.#deadline ??= this.#context.rpc.deadlines.add(this.#context.settings.coordinatePeriodMs ?? coordinatePeriodMs, () => this.#write());
  }

  #write(): void {
    this.#deadline = undefined;
    const updates = [...this.#waiting.values()];
    this.#waiting.clear();
    for (let at = 0; at < updates.length; at += coordinateBatch) {
      propose(this.#context, "coordinates.update", { updates: updates.slice(at, at + coordinateBatch) }).catch((error: unknown) =>
        this.#context.logger.warn("Cannot write coordinates", { error: messageOf(error) }),
      );
    }
  }
}
