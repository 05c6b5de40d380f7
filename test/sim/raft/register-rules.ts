import type { History } from "../checkers/history.ts";
import { checkLinearizable, type Interval, type Verdict } from "../checkers/linearizable.ts";
import { REGISTER, type RegisterCall } from "../checkers/register.ts";
import type { RegisterInput, RegisterOutput } from "./register-clients.ts";

/** Why the history is not one of registers; `undefined` when it is. Stale reads may be old, but never of what nobody wrote. */
export function registerFault(history: History<RegisterInput, RegisterOutput>, keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const verdict = verdictOn(history, key);
    if (verdict === "not linearizable") return `key ${key} is not linearizable`;
    const stranger = inventedValue(history, key);
    if (stranger !== undefined) return `key ${key}: read "${stranger}", which nobody had written`;
  }
  return undefined;
}

function verdictOn(history: History<RegisterInput, RegisterOutput>, key: string): Verdict {
  const intervals: Interval<RegisterCall>[] = [];
  for (const operation of history.operations) {
    const { input, output, outcome, invoked, returned } = operation;
    if (input.key !== key || outcome === "failed" || (input.kind === "get" && (outcome !== "ok" || input.mode === "stale"))) continue;
    intervals.push({ call: callOf(input, output), invoked, returned: outcome === "ok" ? returned : undefined });
  }
  return checkLinearizable(REGISTER, intervals);
}

function callOf(input: RegisterInput, output: RegisterOutput | undefined): RegisterCall {
  switch (input.kind) {
    case "set":
      return { kind: "set", value: input.value };
    case "cas":
      return { kind: "cas", expected: input.expected, value: input.value, result: output !== undefined && "result" in output ? output.result : undefined };
    case "get":
      return { kind: "get", result: output !== undefined && "value" in output ? output.value : undefined };
  }
}

function inventedValue(history: History<RegisterInput, RegisterOutput>, key: string): string | undefined {
  const written = new Map<string, number>();
  for (const { input, invoked } of history.operations)
    if (input.kind !== "get" && input.value !== undefined) written.set(`${input.key}=${input.value}`, invoked);
  for (const { input, output, returned } of history.operations) {
    if (input.kind !== "get" || input.key !== key || output === undefined || !("value" in output) || output.value === undefined) continue;
    const since = written.get(`${key}=${output.value}`);
    if (since === undefined || (returned !== undefined && since > returned)) return output.value;
  }
  return undefined;
}
