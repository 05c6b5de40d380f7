import type { CheckDefinition } from "../model/index.ts";
import { startCheck } from "./checks/index.ts";
import { kindOf } from "./checks/kind.ts";
import { TtlCheck } from "./checks/ttl.ts";
import type { CheckJob, CheckRunner, CheckWorld } from "./checks/types.ts";
import { CHECK_OUTPUT_MAX_BYTES, DEREGISTER_MIN_MS } from "./limits.ts";

interface Run {
  readonly definition: CheckDefinition;
  readonly runner: CheckRunner | undefined;
}

/** The checks that run, by their ids. */
export class CheckRuns implements Disposable {
  readonly #world: CheckWorld;
  readonly #outputMaxBytes: number;
  readonly #deregisterMinMs: number;
  readonly #runs = new Map<string, Run>();

  constructor(world: CheckWorld, limits: { readonly outputMaxBytes: number; readonly deregisterMinMs: number }) {
    this.#world = world;
    this.#outputMaxBytes = limits.outputMaxBytes > 0 ? limits.outputMaxBytes : CHECK_OUTPUT_MAX_BYTES;
    this.#deregisterMinMs = limits.deregisterMinMs > 0 ? limits.deregisterMinMs : DEREGISTER_MIN_MS;
  }

  /** Begins, or begins anew. `remainingMs`: what a TTL has left. */
  start(id: string, serviceId: string, definition: CheckDefinition, remainingMs?: number): void {
    this.stop(id);
    const kind = kindOf(definition);
    const own = definition.outputMaxBytes;
    const job: CheckJob = {
      id,
      serviceId,
      definition,
      outputMaxBytes: own > 0 ? Math.min(own, this.#outputMaxBytes) : this.#outputMaxBytes,
      report: ({ status, output }) => this.#world.local.updateCheck(id, status, output),
    };
    const runner =
      kind === undefined
        ? undefined
        : kind === "ttl" && remainingMs !== undefined
          ? new TtlCheck(job, this.#world, remainingMs)
          : startCheck(kind, job, this.#world);
    this.#runs.set(id, { definition, runner });
  }

  stop(id: string): void {
    this.#runs.get(id)?.runner?.[Symbol.dispose]();
    this.#runs.delete(id);
  }

  definition(id: string): CheckDefinition | undefined {
    return this.#runs.get(id)?.definition;
  }

  /** `undefined` where there is none under this id that waits to be told. */
  ttl(id: string): TtlCheck | undefined {
    const runner = this.#runs.get(id)?.runner;
    return runner instanceof TtlCheck ? runner : undefined;
  }

  /** Checks whose service is to go when they stay critical for so long. */
  reapable(): readonly { readonly id: string; readonly afterMs: number }[] {
    return [...this.#runs].flatMap(([id, { definition }]) => {
      const afterMs = definition.deregisterCriticalServiceAfterMs;
      return afterMs > 0 ? [{ id, afterMs: Math.max(afterMs, this.#deregisterMinMs) }] : [];
    });
  }

  get counts(): { readonly ttls: number; readonly monitors: number } {
    const ttls = [...this.#runs.values()].filter(({ runner }) => runner instanceof TtlCheck).length;
    return { ttls, monitors: this.#runs.size - ttls };
  }

  [Symbol.dispose](): void {
    for (const id of [...this.#runs.keys()]) this.stop(id);
  }
}
