import { unreachable } from "../../base/assert.ts";
import type { Terminal } from "../command.ts";
import { pause } from "../pause.ts";
import type { Result } from "./results.ts";

/** A node failed, or did not finish. */
const FAILED = 2;
const INTERRUPTED = 1;

/** Prints what nodes tell of a job, and counts them, until nothing has been told for a while. */
export class JobProgress {
  readonly #terminal: Terminal;
  readonly #verbose: boolean;
  readonly #waitMs: number;
  #acknowledged = 0;
  #finished = 0;
  #failed = 0;

  constructor({ terminal, verbose, waitMs }: { readonly terminal: Terminal; readonly verbose: boolean; readonly waitMs: number }) {
    this.#terminal = terminal;
    this.#verbose = verbose;
    this.#waitMs = waitMs;
  }

  /** Gives the exit code. Rejects as the results do. */
  async follow(results: AsyncGenerator<Result, void, void>, stop: AbortSignal): Promise<number> {
    const { realClock } = await import("../../platform/index.ts");
    const began = realClock.now();
    let next = results.next();
    for (;;) {
      // more time while nodes are known to be at work
      const patience = new AbortController();
      const late = pause(this.#acknowledged > this.#finished ? 2 * this.#waitMs : this.#waitMs, AbortSignal.any([patience.signal, stop]));
      const first = await Promise.race([next, late]);
      patience.abort();
      if (stop.aborted) {
        next.catch(() => undefined); // it ends with the stop
        return INTERRUPTED;
      }
      if (first === undefined || first.done === true) break;
      this.#take(first.value);
      next = results.next();
    }
    next.catch(() => undefined); // whoever called ends it
    this.#terminal.print(`${this.#finished} / ${this.#acknowledged} node(s) completed / acknowledged`);
    if (this.#verbose) this.#terminal.print(`Completed in ${((realClock.now() - began) / 1_000).toFixed(2)} seconds`);
    return this.#failed > 0 || this.#finished < this.#acknowledged ? FAILED : 0;
  }

  #take(result: Result): void {
    switch (result.kind) {
      case "ack":
        this.#acknowledged += 1;
        return this.#about(result.node, "acknowledged", this.#verbose);
      case "heartbeat":
        return this.#about(result.node, "heartbeat received", this.#verbose);
      case "output":
        return this.#terminal.print(lines("   ", result.node, result.text.toString("utf8")));
      case "exit":
        this.#finished += 1;
        if (result.code !== 0) this.#failed += 1;
        return this.#about(result.node, `finished with exit code ${result.code}`, true);
      default:
        return unreachable(result);
    }
  }

  #about(node: string, what: string, shown: boolean): void {
    if (shown) this.#terminal.print(lines("==>", node, what));
  }
}

function lines(mark: string, node: string, text: string): string {
  return text
    .split("\n")
    .map((line) => `${mark} ${node}: ${line}`)
    .join("\n")
    .trimEnd();
}
