import { checkLinearizable, type Interval } from "../checkers/linearizable.ts";
import { REGISTER, type RegisterCall } from "../checkers/register.ts";
import type { Seen, StoreHistory, StoreInput, StoreOperation, StoreOutput } from "./calls.ts";

/** The key that stands for the pair which transactions write. */
export const PAIR = "pair";

/** Linearizable keys: every key of its own, and the pair as one. Stale reads are judged by `staleFault`. */
export function linearFault(history: StoreHistory, keys: readonly string[]): string | undefined {
  for (const key of [...keys, PAIR]) {
    const intervals = history.operations.flatMap((operation) => intervalOn(key, operation));
    if (checkLinearizable(REGISTER, intervals) === "not linearizable") return `key "${key}" is not linearizable`;
  }
  return undefined;
}

/** One value, one modifyIndex; and what was read somebody had begun to write. */
export function versionFault(history: StoreHistory): string | undefined {
  const begun = new Map<string, number>();
  const versions = new Map<string, number>();
  for (const { input, invoked } of history.operations) if ("value" in input && "key" in input) begun.set(`${input.key}=${input.value}`, invoked);
  for (const operation of history.operations) {
    for (const seen of seenBy(operation.output)) {
      if (seen.value === "") continue;
      const name = `${seen.key}=${seen.value}`;
      const since = begun.get(name);
      if (since === undefined && !seen.key.startsWith(PAIR)) return `${name} was read, and nobody had written it`;
      if (since !== undefined && since > (operation.returned ?? Number.POSITIVE_INFINITY)) return `${name} was read before anybody wrote it`;
      const version = versions.get(name);
      if (seen.session === "" && version !== undefined && version !== seen.modifyIndex)
        return `${name} was read with modifyIndex ${version} and ${seen.modifyIndex}`;
      if (seen.session === "") versions.set(name, seen.modifyIndex);
    }
  }
  return undefined;
}

/**
 * A stale list is an older state of all its keys together: where it shows one change, it shows every earlier one.
 * Holds for keys that are never deleted.
 */
export function staleFault(history: StoreHistory, prefix: string): string | undefined {
  const versions = new Map<string, Set<number>>();
  for (const { output } of history.operations) {
    for (const seen of seenBy(output)) if (seen.key.startsWith(prefix)) versions.set(seen.key, (versions.get(seen.key) ?? new Set()).add(seen.modifyIndex));
  }
  for (const { output, client } of history.operations) {
    if (output?.kind !== "entries") continue;
    const newest = Math.max(0, ...output.entries.map(({ modifyIndex }) => modifyIndex));
    for (const [key, indexes] of versions) {
      const shown = output.entries.find((entry) => entry.key === key)?.modifyIndex ?? 0;
      const skipped = [...indexes].find((index) => index > shown && index <= newest);
      if (skipped !== undefined) return `${client} read a list as of ${newest} that shows "${key}" as of ${shown}, without its change at ${skipped}`;
    }
  }
  return undefined;
}

function seenBy(output: StoreOutput | undefined): readonly Seen[] {
  if (output?.kind === "entries") return output.entries;
  return output?.kind === "entry" && output.entry !== undefined ? [output.entry] : [];
}

function intervalOn(key: string, operation: StoreOperation): readonly Interval<RegisterCall>[] {
  const { input, output, outcome, invoked, returned } = operation;
  if (outcome === "failed" || keyOf(input) !== key) return [];
  const call = callOf(input, output);
  return call === undefined ? [] : [{ call, invoked, returned: outcome === "ok" ? returned : undefined }];
}

function keyOf(input: StoreInput): string | undefined {
  if (input.kind === "set-pair" || input.kind === "get-pair") return PAIR;
  return "key" in input ? input.key : undefined;
}

function callOf(input: StoreInput, output: StoreOutput | undefined): RegisterCall | undefined {
  switch (input.kind) {
    case "set":
    case "set-pair":
      return { kind: "set", value: input.value };
    case "delete":
      return { kind: "set", value: undefined };
    case "cas":
      return { kind: "cas", expected: input.expected, value: input.value, result: output?.kind === "done" ? output.done : undefined };
    case "get":
    case "get-pair":
      return output?.kind === "entry" && input.mode !== "stale" ? { kind: "get", result: output.entry?.value } : undefined;
    case "watch":
      return output?.kind === "entry" ? { kind: "get", result: output.entry?.value } : undefined;
    case "list":
    case "session-create":
    case "session-renew":
    case "session-destroy":
    case "acquire":
    case "release":
      return undefined;
  }
}
