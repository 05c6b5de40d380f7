import type { UnixMs } from "./ports.ts";

/** A time as HTTP headers have it: `Fri, 20 Nov 2026 11:37:33 GMT`. RFC 9110 §5.6.7. */
export function httpDate(at: UnixMs): string {
  return new Date(at).toUTCString();
}
