import { cutReport } from "./output.ts";
import type { CheckJob, CheckRunner, CheckWorld, Finding } from "./types.ts";

/** Waits to be told, and is critical when nobody has for too long. Consul docs, checks: TTL. */
export class TtlCheck implements CheckRunner {
  readonly #job: CheckJob;
  readonly #world: CheckWorld;
  #timer: Disposable | undefined;
  #lastOutput = "";

  /** `remainingMs`: how much of the TTL is left, for a report from before a restart. */
  constructor(job: CheckJob, world: CheckWorld, remainingMs = job.definition.ttlMs) {
    this.#job = job;
    this.#world = world;
    this.#wait(remainingMs);
  }

  get ttlMs(): number {
    return this.#job.definition.ttlMs;
  }

  /** Takes a report; its text is cut at the limit. Gives the text as it was kept. */
  report(status: Finding["status"], text: string): string {
    const output = cutReport(text, this.#job.outputMaxBytes);
    this.#lastOutput = output;
    this.#wait(this.ttlMs);
    this.#job.report({ status, output });
    return output;
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
  }

  #wait(ms: number): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = this.#world.clock.after(ms, () => {
      this.#world.logger.warn("Check missed its TTL, and is critical now", { check: this.#job.id });
      const last = this.#lastOutput === "" ? "" : ` (last output before timeout follows): ${this.#lastOutput}`;
      this.#job.report({ status: "critical", output: `TTL expired${last}` });
    });
  }
}
