import type { IncomingMessage, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { createGzip, gzip, gzipSync } from "node:zlib";
import { indentJson } from "../base/json.ts";
import type { Answer, Flow, Live } from "./answer.ts";
import { acceptsGzip } from "./gzip.ts";
import { MAX_MONITOR_BACKLOG_BYTES, SYNC_GZIP_BYTES } from "./limits.ts";

const gzipBeside = promisify(gzip);

/** How answers of this server look besides their content. */
export interface Manner {
  /** `http_config.response_headers`, name and value in turn. */
  readonly extraHeaders: readonly string[];
}

/** Sends the answer of an endpoint: laid out when `pretty`, compressed when the client takes it. */
export function sendAnswer(
  answer: Answer,
  request: IncomingMessage,
  response: ServerResponse,
  how: { readonly pretty: boolean; readonly manner: Manner },
): void {
  const { body } = answer;
  const zip = body !== undefined && acceptsGzip(request.headers["accept-encoding"]);
  const head = headOf(answer, zip, how.manner);
  if (body === undefined) {
    finish(request, response, answer.status, head, undefined);
  } else if (typeof body === "string") {
    const text = answer.json && how.pretty ? `${indentJson(body)}\n` : body;
    if (zip) sendZipped(Buffer.from(text), request, response, { status: answer.status, head });
    else finish(request, response, answer.status, head, text);
  } else if (body instanceof Uint8Array) {
    if (zip) sendZipped(body, request, response, { status: answer.status, head });
    else finish(request, response, answer.status, head, body);
  } else {
    writeHead(request, response, answer.status, head);
    if ("chunks" in body) void sendFlow(body, response, zip);
    else sendLive(body, response, zip);
  }
}

/** Head and body in one go, with a length. */
export function finish(request: IncomingMessage, response: ServerResponse, status: number, head: string[], body: string | Uint8Array | undefined): void {
  head.push("Content-Length", body === undefined ? "0" : String(typeof body === "string" ? Buffer.byteLength(body) : body.byteLength));
  writeHead(request, response, status, head);
  response.end(body);
}

function headOf(answer: Answer, zip: boolean, manner: Manner): string[] {
  const head: string[] = [];
  if (zip) head.push("Content-Encoding", "gzip");
  if (answer.contentType !== "") head.push("Content-Type", answer.contentType);
  head.push("Vary", "Accept-Encoding");
  for (const part of answer.headers) head.push(part);
  for (const part of manner.extraHeaders) head.push(part);
  return head;
}

/** Node names the connection's fate in every answer; Go does so only where it is not the version's default. */
function writeHead(request: IncomingMessage, response: ServerResponse, status: number, head: string[]): void {
  if (request.httpVersionMinor === 1 && response.shouldKeepAlive && !head.includes("Connection")) response.removeHeader("Connection");
  response.writeHead(status, head);
  if (request.httpVersionMinor === 0) answerInOldVersion(response);
}

/** Node writes `HTTP/1.1` whatever was asked; Go answers 1.0 in 1.0. The head is still to be sent when it has just been made. */
function answerInOldVersion(response: ServerResponse): void {
  const made: { _header?: unknown } = response as unknown as { _header?: unknown }; // not in Node's types; left alone if it is not as expected
  if (typeof made._header === "string") made._header = made._header.replace(/^HTTP\/1\.1/, "HTTP/1.0");
}

function sendZipped(body: Uint8Array, request: IncomingMessage, response: ServerResponse, start: { readonly status: number; readonly head: string[] }): void {
  if (body.byteLength === 0) {
    finish(request, response, start.status, start.head, undefined);
  } else if (body.byteLength <= SYNC_GZIP_BYTES) {
    finish(request, response, start.status, start.head, gzipSync(body));
  } else {
    void gzipBeside(body).then(
      (zipped) => finish(request, response, start.status, start.head, zipped),
      (error: unknown) => response.destroy(error instanceof Error ? error : undefined),
    );
  }
}

/** An answer that breaks off in the middle ends its connection: the client must not take half for the whole. */
async function sendFlow(flow: Flow, response: ServerResponse, zip: boolean): Promise<void> {
  const out = zip ? createGzip() : response;
  if (out !== response) out.pipe(response);
  try {
    for await (const chunk of flow.chunks) {
      if (response.destroyed) return;
      if (!out.write(chunk)) await drained(out, response);
    }
    out.end();
  } catch (error) {
    response.destroy(error instanceof Error ? error : undefined);
  }
}

/** Until `out` takes more, or the client has gone. */
function drained(out: NodeJS.WritableStream, response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      out.removeListener("drain", done);
      response.removeListener("close", done);
      resolve();
    };
    out.once("drain", done);
    response.once("close", done);
  });
}

function sendLive(live: Live, response: ServerResponse, zip: boolean): void {
  const zipper = zip ? createGzip() : undefined;
  zipper?.pipe(response);
  response.flushHeaders();
  const listening = live.listen((text) => {
    if (response.writableLength > MAX_MONITOR_BACKLOG_BYTES) return false;
    (zipper ?? response).write(text);
    zipper?.flush();
    return true;
  });
  response.once("close", () => listening[Symbol.dispose]());
}
