/**
 * What a write came to. `refused` is an outcome, not an error: the store looked, and its rules forbid it; `message` is Consul's text.
 * Nothing was changed then.
 */
export type Outcome<T> = { readonly kind: "done"; readonly value: T } | { readonly kind: "refused"; readonly message: string };

/** What was asked is against a rule of the store; the text is Consul's. Thrown by appliers, caught by `apply`, which rolls back. */
export class Refusal extends Error {
  override readonly name = "Refusal";
}

export const TRUE: Outcome<boolean> = { kind: "done", value: true };
export const FALSE: Outcome<boolean> = { kind: "done", value: false };
export const DONE: Outcome<undefined> = { kind: "done", value: undefined };
