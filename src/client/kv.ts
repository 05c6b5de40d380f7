import { BadRequestError } from "../base/errors.ts";
import { isJsonArray, isJsonObject, type JsonValue } from "../base/json.ts";
import { parseWholeJson } from "../base/json-parse.ts";
import { type CallOptions, type Client, type Query, statusError } from "./client.ts";

/** An entry as the API gives it. `flags` is a full uint64; `session` is empty when nobody holds the key. */
export interface KvPair {
  readonly key: string;
  readonly value: Buffer;
  readonly flags: bigint;
  readonly session: string;
  readonly lockIndex: number;
  readonly createIndex: number;
  readonly modifyIndex: number;
}

/** A list and the index to wait from. */
export interface Indexed<T> {
  readonly value: T;
  readonly index: string;
}

export interface KvReadOptions extends Pick<CallOptions, "signal"> {
  readonly index?: string;
  readonly wait?: string;
  readonly consistent?: boolean;
}

/** The key-value part of the API. Errors are `TransportError` and `StatusError`. */
export class KvClient {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  /** `undefined`: no such key. */
  async get(key: string, options: KvReadOptions = {}): Promise<Indexed<KvPair | undefined>> {
    const { value, index } = await this.#read(key, {}, options);
    return { value: value.map(asPair)[0], index };
  }

  async list(prefix: string, options: KvReadOptions = {}): Promise<Indexed<readonly KvPair[]>> {
    const { value, index } = await this.#read(prefix, { recurse: true }, options);
    return { value: value.map(asPair), index };
  }

  /** Names alone, up to the next separator behind the prefix; whole ones with an empty separator. */
  async keys(prefix: string, separator: string, options: KvReadOptions = {}): Promise<Indexed<readonly string[]>> {
    const { value, index } = await this.#read(prefix, { keys: true, ...(separator === "" ? {} : { separator }) }, options);
    return { value: value.filter((key) => typeof key === "string"), index };
  }

  /** False when a condition (cas, acquire, release) was not met. */
  async put(key: string, value: Uint8Array | string, query: Query = {}): Promise<boolean> {
    if (key.startsWith("/")) throw new BadRequestError(`Invalid key. Key must not begin with a '/': ${key}`);
    const answer = await this.#client.ask("PUT", kvPath(key), { query, body: value });
    return answer.body.toString().includes("true");
  }

  async delete(key: string, query: Query = {}): Promise<boolean> {
    const answer = await this.#client.ask("DELETE", kvPath(key), { query });
    return answer.body.toString().includes("true");
  }

  async #read(key: string, query: Query, { index, wait, consistent, signal }: KvReadOptions): Promise<Indexed<readonly JsonValue[]>> {
    const answer = await this.#client.call("GET", kvPath(key), {
      query: { ...query, ...this.#client.readQuery, index, wait, consistent: consistent === true },
      ...(signal === undefined ? {} : { signal }),
    });
    const newest = String(answer.headers["x-consul-index"] ?? "0");
    if (answer.status === 404) return { value: [], index: newest };
    if (answer.status !== 200) throw statusError(answer);
    const value = parseWholeJson(answer.body.toString("utf8"));
    return { value: isJsonArray(value) ? value : [], index: newest };
  }
}

/** The path of a key: slashes stay, as in Consul's client, and a leading one is dropped. */
export function kvPath(key: string): string {
  const clean = key.startsWith("/") ? key.slice(1) : key;
  return `/v1/kv/${clean.split("/").map(encodeURIComponent).join("/")}`;
}

function asPair(value: JsonValue): KvPair {
  const from = isJsonObject(value) ? value : {};
  return {
    key: text(from["Key"]),
    value: Buffer.from(text(from["Value"]), "base64"),
    flags: BigInt(typeof from["Flags"] === "number" || typeof from["Flags"] === "bigint" ? from["Flags"] : 0),
    session: text(from["Session"]),
    lockIndex: Number(from["LockIndex"] ?? 0),
    createIndex: Number(from["CreateIndex"] ?? 0),
    modifyIndex: Number(from["ModifyIndex"] ?? 0),
  };
}

function text(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : "";
}
