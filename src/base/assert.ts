/** A fault in Kvorum itself. Nobody catches it: the process stops, since what it believes is no longer true. */
export class BugError extends Error {
  override readonly name = "BugError";
}

/** Checks what must hold whatever the outside does. Stays on in production. */
export function assert(condition: boolean, claim: string): asserts condition {
  if (!condition) throw new BugError(`Broken invariant: ${claim}`);
}

/** Ends a switch over a union: a variant that was forgotten fails to compile here. */
export function unreachable(value: never): never {
  throw new BugError(`Unreachable: ${JSON.stringify(value)}`);
}
