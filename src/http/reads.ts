import { DurationError, parseDurationMs } from "../base/duration.ts";
import { BadRequestError, KvorumError } from "../base/errors.ts";
import { goQuote } from "../base/go-quote.ts";
import { promised, type Soon } from "../base/later.ts";
import type { Consistency, MethodName, ReadMeta, ReadOptions, RequestOf, ResponseOf, WriteOptions } from "../model/index.ts";
import { type Answer, metaHeaders } from "./answer.ts";
import { cacheWish } from "./cache-control.ts";
import type { Call } from "./call.ts";
import { badRequest, errorAnswer } from "./errors.ts";
import { parseUint } from "./numbers.ts";
import { asked, type Parameter, type World } from "./route.ts";

/** Parameters of every read. Consul api-docs, blocking queries and consistency modes. */
export const READ_PARAMETERS: readonly Parameter[] = [
  asked("dc", "text", "The datacenter to ask; that of the agent when left out"),
  asked("stale", "presence", "Any server may answer, from what it has"),
  asked("consistent", "presence", "The leader makes sure that it still is the leader before it answers"),
  asked("index", "integer", "Answer when the index of the data is above this, or when `wait` is over"),
  asked("wait", "duration", "How long to hold the answer for `index`; 5m when left out, 10m at most"),
  asked("max_stale", "duration", "Implies `stale`; older data is asked of the leader instead"),
  asked("pretty", "presence", "Lay the JSON out for people"),
];

/** Parameters of every write. */
export const WRITE_PARAMETERS: readonly Parameter[] = [asked("dc", "text", "The datacenter to write to; that of the agent when left out")];

/** What a read fails with: Consul names index 1 and no leader on all endpoints but those of the key-value store. */
const FAILED_READ: ReadMeta = { index: 1, lastContactMs: 0, knownLeader: false };
const NONE = "";

/** How a read wants to be answered. Throws `BadRequestError` with Consul's texts. */
export function readOptions(call: Call, world: World): ReadOptions {
  const { query } = call;
  const consistency = consistencyOf(call, world, maxStale(query.get("max_stale")));
  const waiting = waitOptions(call, world);
  cacheWish(call); // refused also where no cache is asked
  return {
    datacenter: datacenterOf(call, world),
    token: call.token,
    consistency: consistency.mode,
    maxStaleMs: consistency.maxStaleMs,
    minIndex: waiting.minIndex,
    maxWaitMs: waiting.maxWaitMs,
    filter: query.get("filter"),
  };
}

export function writeOptions(call: Call, world: World): WriteOptions {
  return { datacenter: datacenterOf(call, world), token: call.token };
}

/** Refuses what no request may ask for, of endpoints that take no other part of a read's options. Throws as `readOptions` does. */
export function checkConsistency(call: Call, world: World): void {
  consistencyOf(call, world, maxStale(call.query.get("max_stale")));
  cacheWish(call);
}

/** How long and for what a request wants to wait, for endpoints that know no consistency modes. Throws as `readOptions` does. */
export function waitOptions(call: Call, world: World): Pick<ReadOptions, "minIndex" | "maxWaitMs"> {
  const { query } = call;
  const { config } = world;
  const wait = query.get("wait");
  const maxWaitMs = wait === "" ? 0 : durationMs(wait, "Invalid wait time");
  return { minIndex: minIndex(query.get("index")), maxWaitMs: maxWaitMs > 0 ? Math.min(maxWaitMs, config.maxQueryTimeMs) : config.defaultQueryTimeMs };
}

/** The datacenter asked for; empty for our own. */
export function datacenterOf(call: Call, world: World, fallback = NONE): string {
  const datacenter = call.query.get("dc") || fallback;
  return datacenter === world.config.datacenter ? NONE : datacenter;
}

/** Refuses namespaces, which Consul's open edition does not have either. */
export function refuseNamespace(call: Call): void {
  if (call.query.get("ns") !== "") throw badRequest('Invalid query parameter: "ns" - Namespaces are a Consul Enterprise feature');
  if (call.header("x-consul-namespace") !== "") throw badRequest('Invalid header: "X-Consul-Namespace" - Namespaces are a Consul Enterprise feature');
}

/** Asks the backend; a read that may be held ends when its client goes. */
export async function ask<M extends MethodName>(
  call: Call,
  world: World,
  method: M,
  request: RequestOf<M> & { readonly options: ReadOptions },
): Promise<ResponseOf<M>> {
  return promised(askSoon(call, world, method, request));
}

/** The same for the routes that are asked most: without a promise where the backend can do without. */
export function askSoon<M extends MethodName>(
  call: Call,
  { backend }: World,
  method: M,
  request: RequestOf<M> & { readonly options: ReadOptions },
): Soon<ResponseOf<M>> {
  const onGone = request.options.minIndex > 0 ? call.onGone : undefined;
  return backend.look?.(method, request, onGone) ?? backend.call(method, request, onGone);
}

/** Runs the asking part of a read of catalog, health, sessions or queries, whose failures carry headers of a read as well. */
export async function readAnswer(read: () => Promise<Answer>): Promise<Answer> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof KvorumError) return errorAnswer(error, metaHeaders(FAILED_READ));
    throw error;
  }
}

/** Headers of a read that also tells how it was answered: catalog, health and queries. */
export function effectiveHeaders(meta: ReadMeta, consistency: Consistency): string[] {
  return ["X-Consul-Effective-Consistency", consistency === "default" ? "leader" : consistency, ...metaHeaders(meta)];
}

/** `node-meta=name:value`, as often as given; of a name the first counts. */
export function nodeMeta(call: Call): Readonly<Record<string, string>> {
  const pairs = call.query.all("node-meta").map((pair): [string, string] => {
    const colon = pair.indexOf(":");
    return colon === -1 ? [pair, ""] : [pair.slice(0, colon), pair.slice(colon + 1)];
  });
  return Object.fromEntries(pairs.reverse());
}

function minIndex(text: string): number {
  if (text === "") return 0;
  const index = parseUint(text);
  if (typeof index === "string") throw new BadRequestError("Invalid index");
  return index > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(index);
}

function consistencyOf(call: Call, world: World, maxStaleMs: number | undefined): { readonly mode: Consistency; readonly maxStaleMs: number | undefined } {
  const { query } = call;
  const stale = query.has("stale") || (maxStaleMs ?? 0) > 0;
  const consistent = query.has("consistent");
  if (stale && consistent) throw new BadRequestError("Cannot specify ?stale with ?consistent, conflicting semantics.");
  if (consistent && query.has("cached")) throw new BadRequestError("Cannot specify ?cached with ?consistent, conflicting semantics.");
  if (consistent) return { mode: "consistent", maxStaleMs: undefined };
  if (stale) return { mode: "stale", maxStaleMs };
  const discovery = world.config.discoveryMaxStaleMs;
  const said = query.has("leader") || query.has("cached");
  if (discovery > 0 && !said && (call.path.startsWith("/v1/catalog") || call.path.startsWith("/v1/health"))) return { mode: "stale", maxStaleMs: discovery };
  return { mode: "default", maxStaleMs: undefined };
}

function maxStale(text: string): number | undefined {
  return text === "" ? undefined : durationMs(text, `Invalid max_stale value ${goQuote(text)}`);
}

function durationMs(text: string, complaint: string): number {
  try {
    return parseDurationMs(text);
  } catch (error) {
    if (error instanceof DurationError) throw new BadRequestError(complaint, { cause: error });
    throw error;
  }
}
