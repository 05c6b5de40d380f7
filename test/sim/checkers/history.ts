/** How an operation ended: `failed` is surely without effect; `unknown` may have had it, now or later. */
export type Outcome = "ok" | "failed" | "unknown";

/** One call of one client. Times are virtual milliseconds; stamps order what happened at one time. */
export interface Operation<Input, Output> {
  readonly client: string;
  readonly server: string;
  readonly input: Input;
  readonly invokedMs: number;
  readonly invoked: number;
  /** `undefined`: never answered. */
  returned: number | undefined;
  returnedMs: number | undefined;
  outcome: Outcome;
  output: Output | undefined;
}

/** What clients did and saw, in the order in which they began. */
export class History<Input, Output> {
  readonly operations: Operation<Input, Output>[] = [];

  begin(call: {
    readonly client: string;
    readonly server: string;
    readonly input: Input;
    readonly nowMs: number;
    readonly stamp: number;
  }): Operation<Input, Output> {
    const operation: Operation<Input, Output> = {
      client: call.client,
      server: call.server,
      input: call.input,
      invokedMs: call.nowMs,
      invoked: call.stamp,
      returned: undefined,
      returnedMs: undefined,
      outcome: "unknown",
      output: undefined,
    };
    this.operations.push(operation);
    return operation;
  }
}
