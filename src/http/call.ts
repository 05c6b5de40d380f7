import type { IncomingMessage, ServerResponse } from "node:http";
import type { ByteString } from "../base/byte-string.ts";
import { byteStringToUtf8 } from "../base/byte-string.ts";
import type { Query } from "./query.ts";

const NO_BODY = Buffer.alloc(0);

/** What a door knows of a request besides its path. */
export interface CallSource {
  readonly method: string;
  /** As it stood in the request line. */
  readonly url: string;
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  /** By its name in small letters; empty when it is not there, of one given twice the first. */
  header(name: string): string;
  /** Has `cancel` called when the client goes before it was answered. */
  onGone(cancel: () => void): void;
  /** Tells a client that waits for it to send its body. */
  invite(): void;
  /** The body as it comes. */
  readonly stream: AsyncIterable<Uint8Array>;
}

/** One request, as routes see it: nothing of koa, of node:http and of sockets. */
export class Call {
  readonly method: string;
  /** Escapes undone, cleaned. */
  readonly path: ByteString;
  /** What stands behind the route's fixed part; empty for routes without such. */
  readonly rest: ByteString;
  readonly query: Query;
  /** The collected body, where the route wants one. */
  body: Buffer = NO_BODY;
  readonly source: CallSource;

  constructor(where: { readonly path: ByteString; readonly rest: ByteString; readonly query: Query }, source: CallSource) {
    this.method = source.method;
    this.path = where.path;
    this.rest = where.rest;
    this.query = where.query;
    this.source = source;
  }

  /** `rest` as text. */
  get name(): string {
    return byteStringToUtf8(this.rest);
  }

  header(name: string): string {
    return this.source.header(name);
  }

  /** `token` of the query goes before the header, the header before `Authorization: Bearer`. */
  get token(): string {
    const asked = this.query.get("token");
    if (asked !== "") return asked;
    const own = this.header("x-consul-token");
    if (own !== "") return own;
    const authorization = this.header("authorization");
    if (authorization === "") return "";
    const [scheme = "", bearer = ""] = authorization.trim().split(/\s+/);
    return scheme.toLowerCase() === "bearer" ? bearer : "";
  }

  /** The body as it comes, for routes that take it so. Who stops in the middle leaves the connection as it is. */
  get stream(): AsyncIterable<Uint8Array> {
    return this.source.stream;
  }

  /** Has `cancel` called when the client goes away before it was answered. To be handed to a backend whose answer may take long. */
  readonly onGone = (cancel: () => void): void => this.source.onGone(cancel);
}

/** A request that came through node:http. */
export class NodeSource implements CallSource {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.#request = request;
    this.#response = response;
  }

  get method(): string {
    return this.#request.method ?? "";
  }

  get url(): string {
    return this.#request.url ?? "";
  }

  get remoteAddress(): string | undefined {
    return this.#request.socket.remoteAddress;
  }

  get remotePort(): number | undefined {
    return this.#request.socket.remotePort;
  }

  header(name: string): string {
    const value = this.#request.headers[name];
    return typeof value === "string" ? value : (value?.[0] ?? "");
  }

  get stream(): AsyncIterable<Uint8Array> {
    return bodyOf(this.#request);
  }

  /** For `Expect: 100-continue`. Who is answered without this sends no body, and its connection ends. */
  invite(): void {
    if (this.header("expect").toLowerCase() !== "100-continue") return;
    this.#response.writeContinue();
    this.#response.shouldKeepAlive = this.#request.headers.connection?.toLowerCase() !== "close";
  }

  onGone(cancel: () => void): void {
    this.#response.once("close", () => {
      if (!this.#response.writableFinished) cancel();
    });
  }
}

/** Whoever stops reading, or fails, only stops: an error thrown into Node's own iterator would end the request, and part it from its socket. */
async function* bodyOf(request: IncomingMessage): AsyncGenerator<Uint8Array> {
  for await (const chunk of request.iterator({ destroyOnReturn: false })) yield chunk as Uint8Array;
}
