import type { Clock } from "./ports.ts";

/** Resolves after so many milliseconds, or as soon as the signal is given. */
export function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      timer[Symbol.dispose]();
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = clock.after(ms, done);
    if (signal?.aborted === true) done();
    else signal?.addEventListener("abort", done);
  });
}
