import type { ReadOptions, RequestOf, ResponseOf } from "../model/index.ts";
import { cacheWish } from "./cache-control.ts";
import type { Call } from "./call.ts";
import type { CachedMethod } from "./ports.ts";
import { ask } from "./reads.ts";
import { asked, type Parameter, type World } from "./route.ts";

/** Parameters of reads that the agent's cache may answer. */
export const CACHE_PARAMETERS: readonly Parameter[] = [
  asked("cached", "presence", "The agent may answer from its cache, which keeps itself up to date once something was asked of it"),
  { name: "Cache-Control", in: "header", kind: "text", about: "With cached: max-age, must-revalidate and stale-if-error" },
];

/** An answer, and the headers that say where it came from; none when the cache was not asked. */
export interface Sourced<T> {
  readonly read: T;
  readonly source: readonly string[];
}

/** Asks the agent's cache where the client wants that and it has one, else the backend. Consul api-docs, agent caching. */
export async function askCached<M extends CachedMethod>(
  call: Call,
  world: World,
  method: M,
  request: RequestOf<M> & { readonly options: ReadOptions },
): Promise<Sourced<ResponseOf<M>>> {
  const { cache } = world;
  if (cache === undefined || !call.query.has("cached")) return { read: await ask(call, world, method, request), source: [] };
  const { answer, hit, ageMs } = await cache.get(method, request, cacheWish(call), call.onGone);
  return { read: answer, source: sourceHeaders(hit, ageMs) };
}

/** The headers of an answer by the cache. */
export function sourceHeaders(hit: boolean, ageMs: number): readonly string[] {
  return hit ? ["X-Cache", "HIT", "Age", String(Math.trunc(ageMs / 1000))] : ["X-Cache", "MISS"];
}
