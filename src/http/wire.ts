import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { finish } from "./send.ts";

/** What Go's server says to what it cannot read, before it ends the connection; `why` stands behind it when there is more to say. */
export function refusal(status = "400 Bad Request", why = ""): string {
  return `HTTP/1.1 ${status}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n${status}${why}`;
}

/** Ends a connection whose request had a head that could be read, but not understood. */
export function refuse(request: IncomingMessage, why = ""): void {
  request.socket.end(refusal("400 Bad Request", why));
}

/** A 301 in Go's words: a link for GET, nothing for other methods. */
export function sendMoved(location: string, request: IncomingMessage, response: ServerResponse): void {
  const seen = request.method === "GET" || request.method === "HEAD";
  const head = seen ? ["Content-Type", "text/html; charset=utf-8", "Location", location] : ["Location", location];
  finish(request, response, 301, head, seen ? `<a href="${escapeHtml(location)}">Moved Permanently</a>.\n\n` : undefined);
}

/** An answer without content: an unknown path, a path that is not printable. */
export function sendBare(status: number, request: IncomingMessage, response: ServerResponse): void {
  finish(request, response, status, [], undefined);
}

const HTML: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;" };

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => HTML[char] ?? char);
}

/** What Node tells of a request that it could not parse. */
interface ParserError extends Error {
  readonly code?: string;
  readonly rawPacket?: Buffer;
}

/**
 * Answers what Node's parser refuses as Go's server does.
 * @param answerOdd takes a well-formed head whose method Node does not know; its answer is sent and the connection lives until its next byte
 */
export function onClientError(
  error: ParserError,
  socket: Duplex & { readonly bytesRead?: number },
  answerOdd: (method: string, target: string) => string | undefined,
): void {
  if (error.code === "ERR_HTTP_REQUEST_TIMEOUT") {
    // a connection that is only kept ready has sent nothing: it may wait
    if (socket.bytesRead !== 0) socket.destroy();
    return;
  }
  if (!socket.writable || error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  if (error.code === "HPE_HEADER_OVERFLOW") {
    socket.end(refusal("431 Request Header Fields Too Large"));
    return;
  }
  const line = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([^ \r\n]+) HTTP\/1\.[01]\r?\n/.exec(error.rawPacket?.toString("latin1") ?? "");
  const answer = error.code === "HPE_INVALID_METHOD" && line !== null ? answerOdd(line[1] ?? "", line[2] ?? "") : undefined;
  if (answer === undefined) {
    socket.end(refusal());
    return;
  }
  socket.write(answer);
  socket.once("data", () => socket.destroy()); // the parser cannot go on behind its error
}
