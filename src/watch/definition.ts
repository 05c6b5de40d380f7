import { DurationError, durationToMs, parseDuration } from "../base/duration.ts";
import { KvorumError } from "../base/errors.ts";
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue, writeJson } from "../base/json.ts";
import { type Common, isConnect, nothingLeft, Parameters, takeCommon, takePlan, WatchFault, type WatchPlan } from "./core/index.ts";
import { WATCHES_MAX, WEB_HANDLER_TIMEOUT_MS } from "./limits.ts";

/** What runs when something has changed. */
export type Handler =
  /** A program with its arguments, or a line for the shell. `timeoutMs` `undefined`: it may take as long as it likes. */
  | { readonly kind: "program"; readonly command: readonly string[] | string; readonly timeoutMs: number | undefined }
  | {
      readonly kind: "web";
      readonly url: string;
      readonly method: string;
      readonly headers: readonly (readonly [string, string])[];
      readonly timeoutMs: number;
      readonly skipVerify: boolean;
    };

/** A watch of an agent's configuration. */
export interface AgentWatch {
  /** The same for the same definition, whenever it is read. */
  readonly id: string;
  readonly plan: WatchPlan;
  readonly handler: Handler;
  /** `fire_on_start`: the handler gets the first answer after every start, changed or not. */
  readonly fireAtStart: boolean;
  /** It has the old field `handler`. */
  readonly outdated: boolean;
}

/** The watches of a configuration. Throws `config` with Consul's words for the first that is at fault. Consul docs, watches. */
export function decodeWatches(definitions: readonly JsonObject[]): readonly AgentWatch[] {
  if (definitions.length > WATCHES_MAX) throw new WatchFault(`There are ${definitions.length} watches, and ${WATCHES_MAX} are the most`);
  const times = new Map<string, number>();
  return definitions.map((definition) => {
    const watch = decodeWatch(definition);
    const before = times.get(watch.id) ?? 0;
    times.set(watch.id, before + 1);
    return before === 0 ? watch : { ...watch, id: `${watch.id} ${before + 1}` };
  });
}

function decodeWatch(definition: JsonObject): AgentWatch {
  const { handler_type: type, type: watched } = definition;
  if (type !== undefined && type !== "script" && type !== "http") throw new WatchFault(`Handler type '${shown(type)}' not recognized`);
  if (typeof watched === "string" && isConnect(watched)) throw new WatchFault(`Watch type ${watched} is not allowed in agent config`);
  const isProgram = (name: string): boolean => PROGRAM.includes(name);
  const from = new Parameters({ handler_type: "script", ...pick(definition, (name) => !isProgram(name)) });
  const { plan, web, fireAtStart } = parsed(from);
  const program = programOf(new Parameters(pick(definition, isProgram)));
  if (program !== undefined && web !== undefined) throw new WatchFault("Only one watch handler allowed");
  const handler = program ?? web;
  if (handler === undefined) throw new WatchFault("Must define a watch handler");
  return { id: writeJson(sorted(definition)), plan, handler, fireAtStart, outdated: definition["handler"] !== undefined };
}

/** All but the program. */
function parsed(from: Parameters): { readonly plan: WatchPlan; readonly web: Handler | undefined; readonly fireAtStart: boolean } {
  try {
    const common: Common = takeCommon(from);
    const web = from.text("handler_type") === "http" ? webHandler(from) : undefined;
    const plan = takePlan(from, common);
    const fireAtStart = from.flag("fire_on_start");
    nothingLeft(from);
    return { plan, web, fireAtStart };
  } catch (error) {
    if (!(error instanceof WatchFault)) throw error;
    throw new WatchFault(`Failed to parse watch (${from.toString()}): ${error.message}`);
  }
}

/** What says which program is the handler; looked at last, as in Consul. */
const PROGRAM = ["handler", "args", "handler_timeout"];

function programOf(from: Parameters): Handler | undefined {
  const line = from.take("handler");
  const args = from.take("args");
  const timeoutMs = from.has("handler_timeout") ? duration(from.take("handler_timeout"), "handler_timeout") : undefined;
  if (line !== undefined && typeof line !== "string") throw new WatchFault("Watch handler must be a string");
  const words = args === undefined || isJsonArray(args) ? args : [args];
  if (words !== undefined && !words.every((word) => typeof word === "string")) throw new WatchFault("Watch args must be a list of strings");
  if (line !== undefined && words !== undefined) throw new WatchFault("Only one watch handler allowed");
  const command = line ?? words;
  return command === undefined || command.length === 0 ? undefined : { kind: "program", command, timeoutMs };
}

function webHandler(from: Parameters): Handler {
  if (!from.has("http_handler_config")) throw new WatchFault("Handler type 'http' requires 'http_handler_config' to be set");
  try {
    const raw = from.peek("http_handler_config");
    const config = isJsonArray(raw) && raw.length === 1 ? raw[0] : raw;
    if (!isJsonObject(config)) throw new WatchFault("expected a map");
    const handler = webHandlerOf(config);
    from.take("http_handler_config");
    return handler;
  } catch (error) {
    if (!(error instanceof WatchFault)) throw error;
    throw new WatchFault(`Failed to parse 'http_handler_config': ${error.message}`);
  }
}

function webHandlerOf(config: JsonObject): Handler {
  const fields = new Parameters(config);
  const url = fields.text("path");
  if (url === "") throw new WatchFault("Requires 'path' to be set");
  const timeout = fields.take("timeout");
  return {
    kind: "web",
    url,
    method: fields.text("method") || "POST",
    headers: headersOf(fields.take("header")),
    timeoutMs: timeout === undefined ? WEB_HANDLER_TIMEOUT_MS : duration(timeout, "timeout"),
    skipVerify: fields.flag("tls_skip_verify"),
  };
}

function headersOf(value: JsonValue | undefined): readonly (readonly [string, string])[] {
  if (value === undefined) return [];
  const map = isJsonArray(value) && value.length === 1 ? value[0] : value;
  if (!isJsonObject(map)) throw new WatchFault("Expecting header to be a map of lists of strings");
  return Object.entries(map).flatMap(([name, values]) => {
    const list = isJsonArray(values) ? values : [values ?? null];
    if (!list.every((each) => typeof each === "string")) throw new WatchFault("Expecting header to be a map of lists of strings");
    return list.map((each) => [name, each] as const);
  });
}

function duration(value: JsonValue | undefined, name: string): number {
  try {
    if (typeof value !== "string") throw new WatchFault(`Expecting ${name} to be a string`);
    const ms = durationToMs(parseDuration(value));
    if (ms <= 0) throw new WatchFault(`Failed to parse ${name}: ${JSON.stringify(value)} is not longer than nothing`);
    return ms;
  } catch (error) {
    if (!(error instanceof DurationError)) throw error;
    throw new WatchFault(`Failed to parse ${name}: time: invalid duration ${JSON.stringify(value)}`);
  }
}

function pick(definition: JsonObject, wanted: (name: string) => boolean): JsonObject {
  return Object.fromEntries(Object.entries(definition).filter(([name]) => wanted(name)));
}

function shown(value: JsonValue): string {
  return typeof value === "string" ? value : writeJson(value);
}

function sorted(value: JsonValue): JsonValue {
  if (isJsonArray(value)) return value.map(sorted);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, each]) => [key, each === undefined ? undefined : sorted(each)]),
  );
}

/** Throws `config` where watches could ask nobody. */
export function checkReachable(watches: readonly AgentWatch[], httpAddresses: readonly string[]): void {
  if (watches.length > 0 && httpAddresses.length === 0) throw new KvorumError("config", "watch plans require an HTTP or HTTPS endpoint");
}
