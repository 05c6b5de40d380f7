import type { StoreHistory, StoreOperation } from "./calls.ts";

/** A time in which nothing went wrong, so that answers come at once. */
export interface Quiet {
  readonly fromMs: number;
  readonly toMs: number;
  /** Within which a change must have woken who waits for it. */
  readonly wakeWithinMs: number;
  /** Names of the servers that are members then: others know of no leader. */
  readonly members: ReadonlySet<string>;
}

/** What blocking queries promise. Consul api-docs, blocking queries. */
export function watchFault(history: StoreHistory, quiet: readonly Quiet[]): string | undefined {
  for (const operation of history.operations) {
    const fault = answerFault(operation) ?? missedWake(operation, history, quiet);
    if (fault !== undefined) return `${operation.client}: ${fault}`;
  }
  return undefined;
}

function answerFault(operation: StoreOperation): string | undefined {
  const { input, output, invokedMs, returnedMs } = operation;
  if (input.kind !== "watch" || output?.kind !== "entry" || returnedMs === undefined) return undefined;
  const tookMs = returnedMs - invokedMs;
  if (output.index < 1) return `index ${output.index} is below 1`;
  if (output.index < input.minIndex) return `the index of "${input.key}" went back from ${input.minIndex} to ${output.index}`;
  if (input.minIndex > 0 && output.index === input.minIndex && tookMs < input.waitMs)
    return `a wait of ${input.waitMs} ms for "${input.key}" ended after ${tookMs.toFixed(1)} ms with nothing new`;
  if (output.entry !== undefined && output.entry.modifyIndex > output.index)
    return `"${input.key}" was changed at ${output.entry.modifyIndex}, and the index is ${output.index}`;
  return undefined;
}

/** A change acknowledged in a quiet time must have woken everyone who waited for it. */
function missedWake(operation: StoreOperation, history: StoreHistory, quiet: readonly Quiet[]): string | undefined {
  const { input, invokedMs, returnedMs } = operation;
  if (input.kind !== "watch" || input.minIndex === 0 || operation.outcome === "failed") return undefined;
  for (const write of history.operations) {
    if (write.input.kind !== "set" || write.input.key !== input.key || write.outcome !== "ok" || write.returnedMs === undefined) continue;
    if (write.invokedMs <= invokedMs) continue;
    const calm = quiet.find(
      ({ fromMs, toMs, wakeWithinMs, members }) => members.has(operation.server) && fromMs <= write.invokedMs && (write.returnedMs ?? 0) + wakeWithinMs <= toMs,
    );
    if (calm === undefined) continue;
    const latest = write.returnedMs + calm.wakeWithinMs;
    if (returnedMs === undefined || returnedMs > latest)
      return `"${input.key}" was changed at ${write.returnedMs.toFixed(0)} ms, and the query of ${invokedMs.toFixed(0)} ms slept on`;
  }
  return undefined;
}
