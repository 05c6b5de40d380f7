/** Waits so many milliseconds, or until `signal` is aborted. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  // loaded when a wait comes up: most commands never wait
  const { realClock } = await import("../platform/index.ts");
  await new Promise<void>((resolve) => {
    const done = (): void => {
      timer[Symbol.dispose]();
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = realClock.after(ms, done);
    if (signal?.aborted === true) done();
    else signal?.addEventListener("abort", done);
  });
}
