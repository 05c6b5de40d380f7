import type { Clock } from "../platform/index.ts";

/** Resolves in a later turn of the loop. */
export function nextTurn(clock: Clock): Promise<void> {
  return new Promise((resolve) => clock.soon(resolve));
}
