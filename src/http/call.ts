import type { IncomingMessage, ServerResponse } from "node:http";
import type { ByteString } from "../base/byte-string.ts";
import { byteStringToUtf8 } from "../base/byte-string.ts";
import type { Query } from "./query.ts";

const NO_BODY = Buffer.alloc(0);

/** One request, as routes see it: nothing of koa, and of node:http only what a stream needs. */
export class Call {
  readonly method: string;
  /** Escapes undone, cleaned. */
  readonly path: ByteString;
  /** What stands behind the route's fixed part; empty for routes without such. */
  readonly rest: ByteString;
  readonly query: Query;
  /** The collected body, where the route wants one. */
  body: Buffer = NO_BODY;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;

  constructor(where: { readonly path: ByteString; readonly rest: ByteString; readonly query: Query }, request: IncomingMessage, response: ServerResponse) {
    this.method = request.method ?? "";
    this.path = where.path;
    this.rest = where.rest;
    this.query = where.query;
    this.#request = request;
    this.#response = response;
  }

  /** `rest` as text. */
  get name(): string {
    return byteStringToUtf8(this.rest);
  }

  /** Empty when it is not there; of one given twice the first, where Node keeps it. */
  header(name: string): string {
    const value = this.#request.headers[name];
    return typeof value === "string" ? value : (value?.[0] ?? "");
  }

  /** `token` of the query goes before the header, the header before `Authorization: Bearer`. */
  get token(): string {
    const asked = this.query.get("token");
    if (asked !== "") return asked;
    const own = this.header("x-consul-token");
    if (own !== "") return own;
    const [scheme = "", bearer = ""] = this.header("authorization").trim().split(/\s+/);
    return scheme.toLowerCase() === "bearer" ? bearer : "";
  }

  /** `Content-Length`; `undefined` when there is none. */
  get announcedBytes(): number | undefined {
    const length = this.header("content-length");
    return length === "" ? undefined : Number(length);
  }

  /** The body as it comes, for routes that take it so. Who stops in the middle leaves the connection as it is. */
  get stream(): AsyncIterable<Uint8Array> {
    return this.#request.iterator({ destroyOnReturn: false });
  }

  /** Tells a client that waits for it (`Expect: 100-continue`) to send its body. Who is answered without this sends none, and its connection ends. */
  invite(): void {
    if (this.header("expect").toLowerCase() !== "100-continue") return;
    this.#response.writeContinue();
    this.#response.shouldKeepAlive = this.#request.headers.connection?.toLowerCase() !== "close";
  }

  /** Has `cancel` called when the client goes away before it was answered. To be handed to a backend whose answer may take long. */
  readonly onGone = (cancel: () => void): void => {
    this.#response.once("close", () => {
      if (!this.#response.writableFinished) cancel();
    });
  };
}
