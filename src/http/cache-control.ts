import { BadRequestError } from "../base/errors.ts";
import type { Call } from "./call.ts";
import type { CacheWish } from "./ports.ts";

/** What `Cache-Control` asks for; directives that mean nothing to us pass. Throws status 400 with Consul's text when a number is none. */
export function cacheWish(call: Call): CacheWish {
  const said = call.header("cache-control").toLowerCase();
  let maxAgeMs: number | undefined;
  let staleIfErrorMs = 0;
  let mustRevalidate = false;
  for (const directive of said === "" ? [] : said.split(",")) {
    const [name = "", value = ""] = directive.trim().split("=", 2);
    if (name === "must-revalidate") mustRevalidate = true;
    else if (name === "max-age" && directive.includes("=")) {
      const ms = secondsIn(value);
      if (ms === 0) mustRevalidate = true;
      else if (ms > 0) maxAgeMs = ms;
    } else if (name === "stale-if-error" && directive.includes("=")) staleIfErrorMs = Math.max(0, secondsIn(value));
  }
  return { maxAgeMs, staleIfErrorMs, mustRevalidate };
}

/** In milliseconds. */
function secondsIn(text: string): number {
  if (!/^[+-]?\d{1,12}$/.test(text)) throw new BadRequestError("Invalid Cache-Control header.");
  return Number(text) * 1000;
}
