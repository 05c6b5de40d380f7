import { isJsonObject, type JsonValue } from "../base/json.ts";
import { parseWholeJson } from "../base/json-parse.ts";
import { type CallOptions, type Client, type Query, statusError } from "./client.ts";

/** A read that can be waited for. */
export interface BlockingRead {
  readonly path: string;
  readonly query: Query;
  /** What one waits by: the index, or the hash of the answer. */
  readonly blocking: "index" | "hash";
  /** 404 is an answer: nothing. */
  readonly mayBeAbsent: boolean;
}

/**
 * Asks for the answer after `index`; at once without one. `value` is `null` where there is nothing, `index` what to wait from next.
 * Rejects as `Client.ask` does. Consul api-docs, blocking queries.
 */
export async function readBlocking(
  client: Client,
  { path, query, blocking, mayBeAbsent }: BlockingRead,
  { index, signal }: { readonly index: string | undefined; readonly signal: AbortSignal },
): Promise<{ readonly value: JsonValue; readonly index: string }> {
  const options: CallOptions = { query: { ...query, [blocking]: index }, signal };
  const answer = await client.call("GET", path, options);
  if (answer.status !== 200 && !(mayBeAbsent && answer.status === 404)) throw statusError(answer);
  const body = answer.status === 404 ? null : parseWholeJson(answer.body.toString("utf8"));
  const header = String(answer.headers[blocking === "hash" ? "x-consul-contenthash" : "x-consul-index"] ?? "");
  const hash = isJsonObject(body) && typeof body["ContentHash"] === "string" ? body["ContentHash"] : "";
  return { value: body, index: blocking === "hash" ? header || hash : /^\d+$/.test(header) ? header : "0" };
}
