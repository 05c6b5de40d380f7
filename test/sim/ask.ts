import { BugError } from "../../src/base/assert.ts";
import { type ErrorCode, KvorumError } from "../../src/base/errors.ts";
import type { Outcome } from "./checkers/history.ts";
import type { SimProcess } from "./engine/process.ts";
import type { Scheduler } from "./engine/scheduler.ts";

/** Codes that promise that nothing was done, now or later. */
const SURELY_NOT: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "not-leader",
  "no-leader",
  "unavailable",
  "bad-request",
  "conflict",
  "not-found",
  "too-large",
  "permission-denied",
]);

export interface Answer<T> {
  readonly outcome: Outcome;
  readonly output: T | undefined;
  readonly error: KvorumError | undefined;
}

export interface Question<T> {
  readonly process: SimProcess | undefined;
  /** One way between client and server. */
  readonly latencyMs: number;
  readonly timeoutMs: number;
  /** Begins in the server's own turn. */
  readonly run: () => Promise<T>;
}

/** Asks a server as a client beside it does: over a short way that can break only when the server dies. Never rejects. */
export function ask<T>(scheduler: Scheduler, question: Question<T>): Promise<Answer<T>> {
  const { process, latencyMs } = question;
  return new Promise((resolve) => {
    let arrived = false;
    const settle = (outcome: Outcome, output?: T, error?: KvorumError): void => void scheduler.world(latencyMs, () => resolve({ outcome, output, error }));
    const gone = (): void => settle(arrived ? "unknown" : "failed");
    if (process === undefined || !process.alive) return gone();
    process.whenDead(gone);
    scheduler.world(question.timeoutMs, () => resolve({ outcome: "unknown", output: undefined, error: undefined }));
    process.plan(latencyMs, "io", () => {
      arrived = true;
      question.run().then(
        (output) => {
          if (process.alive) settle("ok", output);
        },
        (error: unknown) => {
          if (!process.alive) return;
          if (!(error instanceof KvorumError))
            return scheduler.fail(error instanceof BugError ? "invariant" : "uncaught error", String(error instanceof Error ? error.stack : error));
          settle(SURELY_NOT.has(error.code) ? "failed" : "unknown", undefined, error);
        },
      );
    });
  });
}
