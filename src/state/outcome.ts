import type { Outcome } from "./commands.ts";

/** What was asked is against a rule of the store; the text is Consul's. Thrown by appliers, caught by `apply`, which rolls back. */
export class Refusal extends Error {
  override readonly name = "Refusal";
}

export const TRUE: Outcome<boolean> = { kind: "done", value: true };
export const FALSE: Outcome<boolean> = { kind: "done", value: false };
export const DONE: Outcome<undefined> = { kind: "done", value: undefined };
