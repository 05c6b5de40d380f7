/** Waits so many milliseconds, or until `signal` is aborted. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  // loaded when a wait comes up: most commands never wait
  const platform = await import("../platform/index.ts");
  await platform.pause(platform.realClock, ms, signal);
}
