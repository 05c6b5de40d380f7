export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/**
 * Asks again and again until `condition` gives something other than `undefined` or `false`, and gives that back.
 * An error thrown by `condition` means "not yet". Fails after `timeoutMs`, naming `what` and the last error.
 */
export async function until<T>(
  what: string,
  condition: () => Promise<T | undefined | false> | T | undefined | false,
  timeoutMs = 20_000,
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
