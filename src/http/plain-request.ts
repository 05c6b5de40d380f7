import { EXPRESS_HEAD_BYTES } from "./limits.ts";

/** Headers of a request, names in small letters. */
export class PlainHeaders {
  /** The lines as they came: the next request of a connection mostly has the same. */
  readonly block: string;
  /** `Content-Length`; 0 when there is none. */
  readonly bodyBytes: number;
  readonly #names: readonly string[];
  readonly #values: readonly string[];

  private constructor(block: string, names: readonly string[], values: readonly string[], bodyBytes: number) {
    this.block = block;
    this.#names = names;
    this.#values = values;
    this.bodyBytes = bodyBytes;
  }

  /** `undefined` when there is anything in them that is better left to node:http. */
  static parse(block: string): PlainHeaders | undefined {
    const names: string[] = [];
    const values: string[] = [];
    for (const line of block.split("\r\n")) {
      const parts = LINE.exec(line);
      if (parts === null) return undefined;
      const name = (parts[1] ?? "").toLowerCase();
      const value = parts[2] ?? "";
      if (names.includes(name) || !isPlain(name, value)) return undefined;
      names.push(name);
      values.push(value);
    }
    if (!names.includes("host")) return undefined;
    const length = values[names.indexOf("content-length")];
    return new PlainHeaders(block, names, values, length === undefined ? 0 : Number(length));
  }

  get(name: string): string {
    return this.#values[this.#names.indexOf(name)] ?? "";
  }
}

/** A request that came whole, in one piece, with nothing about it that needs thought. */
export interface PlainRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: PlainHeaders;
  readonly body: Buffer;
}

const NO_BODY = Buffer.alloc(0);
/** Bytes beyond ASCII come as they are from people's programs (curl), as letters of UTF-8. */
const REQUEST_LINE = /^(GET|PUT|DELETE) (\/v1\/[!-~\x80-\xff]*) HTTP\/1\.1$/;
const RAW_LINE = /^[A-Z]+ [!-~]*[\x80-\xff][!-~\x80-\xff]* HTTP\/1\.[01]$/;
const RAW_BYTE = /[\x80-\xff]/g;
const LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([ -~]*?)[ \t]*$/;

/** Reads a chunk as one plain request, of which nothing stays in it; `undefined` when it is anything else. `before` are the headers of the connection's last one. */
export function readPlain(chunk: Buffer, before: PlainHeaders | undefined): PlainRequest | undefined {
  const text = chunk.toString("latin1", 0, Math.min(chunk.length, EXPRESS_HEAD_BYTES));
  const lineEnd = text.indexOf("\r\n");
  const end = text.indexOf("\r\n\r\n", lineEnd);
  if (end === -1 || end === lineEnd) return undefined;
  const line = REQUEST_LINE.exec(text.slice(0, lineEnd));
  if (line === null) return undefined;
  const block = text.slice(lineEnd + 2, end);
  const headers = before?.block === block ? before : PlainHeaders.parse(block);
  if (headers === undefined || chunk.length !== end + 4 + headers.bodyBytes) return undefined;
  const [, method = "", raw = ""] = line;
  const target = escaped(raw);
  if (headers.bodyBytes > 0 && method !== "PUT") return undefined;
  return { method, target, headers, body: headers.bodyBytes === 0 ? NO_BODY : Buffer.from(chunk.subarray(end + 4)) };
}

/** The same request with bytes beyond ASCII in its target escaped, since node:http takes none; Go's does. Anything else comes back as it is. */
export function withPlainTarget(chunk: Buffer): Buffer {
  const lineEnd = chunk.subarray(0, EXPRESS_HEAD_BYTES).indexOf("\r\n");
  const line = chunk.toString("latin1", 0, Math.max(0, lineEnd));
  return RAW_LINE.test(line) ? Buffer.concat([Buffer.from(escaped(line), "latin1"), chunk.subarray(lineEnd)]) : chunk;
}

function escaped(latin1: string): string {
  return latin1.replace(RAW_BYTE, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** Whether a header leaves the request plain: no other framing, no other protocol, no compression, nothing to be asked back. */
function isPlain(name: string, value: string): boolean {
  switch (name) {
    case "content-length":
      return /^[0-9]{1,9}$/.test(value);
    case "connection":
      return value.toLowerCase() === "keep-alive";
    case "accept-encoding":
      return !value.toLowerCase().includes("gzip");
    case "host":
      return value !== "";
    case "transfer-encoding":
    case "expect":
    case "upgrade":
    case "te":
    case "trailer":
      return false;
    default:
      return true;
  }
}
