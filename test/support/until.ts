export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** How long a condition may take that is to come true at once: a machine may be slow or stand still, and waiting costs nothing when it does not. */
const PATIENCE_MS = 90_000;

/**
 * Asks again and again until `condition` gives something other than `undefined` or `false`, and gives that back.
 * An error thrown by `condition` means "not yet". Fails after `timeoutMs` (a minute and a half when not given), naming `what` and the last error.
 */
export async function until<T>(
  what: string,
  condition: () => Promise<T | undefined | false> | T | undefined | false,
  timeoutMs = PATIENCE_MS,
  everyMs = 50,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value !== undefined && value !== false) return value;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) throw new Error(`Gave up after ${timeoutMs} ms waiting for: ${what}`, { cause: last });
    await sleep(everyMs);
  }
}
