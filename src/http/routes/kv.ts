import { type ByteString, byteStringToBytes } from "../../base/byte-string.ts";
import { BadRequestError, KvorumError } from "../../base/errors.ts";
import { after, type Soon } from "../../base/later.ts";
import { type KvWrite, type ResponseOf, writeKeys, writeKvEntries, writeOneKvEntry } from "../../model/index.ts";
import { type Answer, bytesAnswer, emptyAnswer, FALSE, jsonAnswer, metaHeaders, TRUE } from "../answer.ts";
import type { Call } from "../call.ts";
import { UNANNOUNCED_FACTOR } from "../limits.ts";
import { parseUint } from "../numbers.ts";
import { askSoon, READ_PARAMETERS, readOptions, refuseNamespace, WRITE_PARAMETERS, writeOptions } from "../reads.ts";
import { asked, NO_BODY, pathPart, type Route, type World } from "../route.ts";

const KEY = pathPart("key", "The key, slashes and all; with `recurse` and `keys` a prefix");
/** Values that are answered raw must not be taken for pages of this origin. */
const RAW_HEADERS = ["Content-Security-Policy", "sandbox", "X-Content-Type-Options", "nosniff"] as const;

/** Consul api-docs, KV store: read key. */
export const kvGet: Route = {
  method: "GET",
  path: "/v1/kv/*key",
  about: "Read a key, all keys below a prefix, or the names of these",
  parameters: [
    KEY,
    asked("recurse", "presence", "All keys that begin with the key"),
    asked("keys", "presence", "Only names"),
    asked("separator", "text", "With `keys`: names up to the first separator behind the prefix"),
    asked("raw", "presence", "The value itself, not JSON"),
    ...READ_PARAMETERS,
  ],
  body: NO_BODY,
  answers: { 200: "A list of entries, a list of names, or the value", 400: "A parameter is at fault", 404: "No such key" },
  handle: kvRead,
};

function kvRead(call: Call, world: World): Soon<Answer> {
  const options = readOptions(call, world);
  const { query, rest } = call;
  if (query.has("keys")) {
    refuseNamespace(call);
    return after(askSoon(call, world, "KV.Keys", { prefix: rest, separator: query.bytes("separator"), options }), keysAnswer);
  }
  const recurse = query.has("recurse");
  if (!recurse) requireKey(rest);
  refuseNamespace(call);
  if (recurse) {
    return after(askSoon(call, world, "KV.List", { prefix: rest, options }), listAnswer);
  }
  return after(askSoon(call, world, "KV.Get", { key: rest, options }), query.has("raw") ? rawAnswer : entryAnswer);
}

function keysAnswer({ value, meta }: ResponseOf<"KV.Keys">): Answer {
  return value.length === 0 ? emptyAnswer(404, metaHeaders(meta)) : jsonAnswer(writeKeys(value), metaHeaders(meta));
}

function listAnswer({ value, meta }: ResponseOf<"KV.List">): Answer {
  return value.length === 0 ? emptyAnswer(404, metaHeaders(meta)) : jsonAnswer(writeKvEntries(value), metaHeaders(meta));
}

function rawAnswer({ value, meta }: ResponseOf<"KV.Get">): Answer {
  if (value === undefined) return emptyAnswer(404, metaHeaders(meta));
  return bytesAnswer("text/plain", byteStringToBytes(value.value), [...RAW_HEADERS, ...metaHeaders(meta)]);
}

function entryAnswer({ value, meta }: ResponseOf<"KV.Get">): Answer {
  return value === undefined ? emptyAnswer(404, metaHeaders(meta)) : jsonAnswer(writeOneKvEntry(value), metaHeaders(meta));
}

/** Consul api-docs, KV store: create or update key. */
export const kvPut: Route = {
  method: "PUT",
  path: "/v1/kv/*key",
  about: "Write a key",
  parameters: [
    KEY,
    asked("flags", "integer", "A number of your own, up to 2^64-1"),
    asked("cas", "integer", "Only if the key's ModifyIndex is this; 0: only if there is no such key"),
    asked("acquire", "text", "Lock the key for this session"),
    asked("release", "text", "Give the session's lock back"),
    ...WRITE_PARAMETERS,
  ],
  body: {
    kind: "collect",
    type: "application/octet-stream",
    about: "The value",
    limit: ({ kvMaxValueBytes }) => ({ announced: kvMaxValueBytes, collected: kvMaxValueBytes * UNANNOUNCED_FACTOR }),
    tooLarge: (size, limit) =>
      `Request body(${size} bytes) too large, max size: ${limit} bytes. See https://www.consul.io/docs/agent/options.html#kv_max_value_size.`,
  },
  answers: { 200: "Whether it was written", 400: "A parameter is at fault", 413: "The value is too large" },
  async handle(call, world) {
    readOptions(call, world); // refused here too
    refuseNamespace(call);
    const key = requireKey(call.rest);
    refuseConflicts(call, ["acquire", "cas", "release"]);
    const done = await world.backend.call("KV.Apply", { write: kvWrite(key, call), options: writeOptions(call, world) });
    return done ? TRUE : FALSE;
  },
};

/** Consul api-docs, KV store: delete key. */
export const kvDelete: Route = {
  method: "DELETE",
  path: "/v1/kv/*key",
  about: "Delete a key or all keys below a prefix",
  parameters: [
    KEY,
    asked("recurse", "presence", "All keys that begin with the key"),
    asked("cas", "integer", "Only if the key's ModifyIndex is this"),
    ...WRITE_PARAMETERS,
  ],
  body: NO_BODY,
  answers: { 200: "Whether it was deleted; true as well when there was nothing", 400: "A parameter is at fault" },
  async handle(call, world) {
    readOptions(call, world); // refused here too
    refuseNamespace(call);
    const { query, rest } = call;
    refuseConflicts(call, ["cas", "recurse"]);
    const recurse = query.has("recurse");
    const key = recurse ? rest : requireKey(rest);
    const write: KvWrite = recurse
      ? { verb: "delete-tree", prefix: key }
      : query.has("cas")
        ? { verb: "delete-cas", key, index: casOf(call) }
        : { verb: "delete", key };
    const done = await world.backend.call("KV.Apply", { write, options: writeOptions(call, world) });
    return done ? TRUE : FALSE;
  },
};

export const kvRoutes: readonly Route[] = [kvGet, kvPut, kvDelete];

function requireKey(key: ByteString): ByteString {
  if (key === "") throw new BadRequestError("Missing key name");
  return key;
}

function kvWrite(key: ByteString, call: Call): KvWrite {
  const { query, body: value } = call;
  const flags = query.has("flags") ? uintOf(query.get("flags")) : 0n;
  if (query.has("cas")) return { verb: "cas", key, value, flags, index: casOf(call) };
  if (query.has("acquire")) return { verb: "lock", key, value, flags, session: query.get("acquire") };
  if (query.has("release")) return { verb: "unlock", key, value, flags, session: query.get("release") };
  return { verb: "set", key, value, flags };
}

function casOf(call: Call): number {
  const index = uintOf(call.query.get("cas"));
  return index > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(index);
}

/** Consul answers 500 to a number that is none. */
function uintOf(text: string): bigint {
  const value = parseUint(text);
  if (typeof value === "string") throw new KvorumError("internal", value);
  return value;
}

/** Names are in the order in which Consul's message has them. */
function refuseConflicts(call: Call, names: readonly string[]): void {
  const given = names.filter((name) => call.query.has(name));
  if (given.length > 1) {
    throw new BadRequestError(`Conflicting flags: ${given.map((name) => `${name}=${call.query.get(name)}`).join("&")}`);
  }
}
