import { KvorumError } from "../../base/errors.ts";
import { type Consistency, type QuerySource, writeExecution, writeExplanation } from "../../model/index.ts";
import { type Answer, jsonAnswer, plainAnswer } from "../answer.ts";
import { askCached } from "../cached.ts";
import type { Call } from "../call.ts";
import { parseBool, parseInteger } from "../numbers.ts";
import { ask, effectiveHeaders, readAnswer, readOptions } from "../reads.ts";
import type { World } from "../route.ts";
import { translatedFrom, translatedInstance } from "../translated.ts";
import { nearOf } from "./catalog.ts";

/** Consul api-docs, execute prepared query. Does not wait, whatever `index` says. */
export function executeQuery(call: Call, world: World): Promise<Answer> {
  const options = { ...readOptions(call, world), minIndex: 0 };
  const request = { idOrName: idOrName(call, "/execute"), connect: connectOf(call), limit: limitOf(call), source: sourceOf(call, world), options };
  return readFound(async () => {
    const { read, source } = await askCached(call, world, "Query.Execute", request);
    const headers = [...source, ...effectiveHeaders(read.meta, options.consistency)];
    const { found } = read;
    const instances = translatedFrom(world, found.datacenter, found.instances, translatedInstance);
    return jsonAnswer(writeExecution({ ...read, found: { ...found, instances } }, levelOf(options.consistency)), headers);
  }, call.query.has("cached"));
}

/** Consul api-docs, explain prepared query. */
export function explainQuery(call: Call, world: World): Promise<Answer> {
  const options = { ...readOptions(call, world), minIndex: 0 };
  limitOf(call);
  return readFound(async () => {
    const { value, meta } = await ask(call, world, "Query.Resolve", { idOrName: idOrName(call, "/explain"), connect: false, options });
    return jsonAnswer(writeExplanation(value.query, meta, levelOf(options.consistency)), effectiveHeaders(meta, options.consistency));
  });
}

/** A query that is not there has no headers of a read. */
function readFound(read: () => Promise<Answer>, throughCache = false): Promise<Answer> {
  return readAnswer(async () => {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof KvorumError) || error.code !== "not-found") throw error;
      // what its cache could not get, Consul calls a failure
      if (throughCache) throw new KvorumError("internal", error.message, { cause: error });
      return plainAnswer(404, error.message);
    }
  });
}

function idOrName(call: Call, part: string): string {
  return call.name.endsWith(part) ? call.name.slice(0, -part.length) : call.name;
}

function levelOf(consistency: Consistency): string {
  return consistency === "default" ? "leader" : consistency;
}

function limitOf(call: Call): number {
  const text = call.query.get("limit");
  const limit = text === "" ? 0 : parseInteger(text);
  if (typeof limit === "string") throw new KvorumError("internal", `Bad limit: ${limit}`);
  return Math.max(0, limit);
}

function connectOf(call: Call): boolean {
  const text = call.query.get("connect");
  const connect = text === "" ? false : parseBool(text);
  if (typeof connect === "string") throw new KvorumError("internal", `Error parsing 'connect' value: ${connect}`);
  return connect;
}

function sourceOf(call: Call, world: World): QuerySource {
  const { datacenter, nodeName } = world.config;
  return { near: nearOf(call, world), ip: clientOf(call), agent: nodeName, datacenter };
}

/** The client's address: what a proxy says goes before whom we see. */
function clientOf(call: Call): string {
  const forwarded = call.header("x-forwarded-for").split(",", 1)[0]?.trim() ?? "";
  if (/^[0-9a-fA-F.:]{2,45}$/.test(forwarded)) return forwarded;
  return (call.source.remoteAddress ?? "").replace(/^::ffff:/, "");
}
