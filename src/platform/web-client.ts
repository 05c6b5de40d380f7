import http from "node:http";
import https from "node:https";
import { KvorumError, messageOf } from "../base/errors.ts";
import { DialFault, dialSecure, type SecureWhom } from "./dial.ts";
import { codeOf, dialFault, rootOf, tlsFault } from "./go-faults.ts";
import { WEB_REDIRECTS_MAX } from "./limits.ts";
import type { WebAnswer, WebClient, WebRequest } from "./outside-ports.ts";
import { TailBuffer } from "./tail-buffer.ts";

/** HTTP of this machine: a connection of its own for every request, as one who looks whether a server lives wants it. */
export class RealWebClient implements WebClient {
  async ask(request: WebRequest): Promise<WebAnswer> {
    const deadline = performance.now() + request.timeoutMs;
    let next = request;
    for (let redirects = 0; ; redirects++) {
      const answer = await once(next, deadline);
      if (answer.kind === "answer") return answer;
      if (redirects === WEB_REDIRECTS_MAX) throw faultOf(next, `stopped after ${WEB_REDIRECTS_MAX} redirects`);
      next = redirected(next, answer);
    }
  }
}

interface Redirect {
  readonly kind: "redirect";
  readonly status: number;
  readonly location: string;
}

type Outcome = (WebAnswer & { readonly kind: "answer" }) | Redirect;

async function once(request: WebRequest, deadline: number): Promise<Outcome> {
  const url = parsed(request);
  const fault = METHOD.test(request.method) ? url : `net/http: invalid method ${JSON.stringify(request.method)}`;
  if (typeof url === "string" || typeof fault === "string") throw new KvorumError("unavailable", String(fault));
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), Math.max(0, deadline - performance.now()));
  try {
    return await exchange(request, url, late.signal);
  } catch (error) {
    throw faultOf(request, late.signal.aborted ? TIMED_OUT : wordsOf(error, request, url), error);
  } finally {
    clearTimeout(timer);
  }
}

async function exchange(request: WebRequest, url: URL, signal: AbortSignal): Promise<Outcome> {
  const secure = url.protocol === "https:" ? await dialSecure(secureWhom(request, url), signal) : undefined;
  return new Promise((resolve, reject) => {
    const sent = (secure === undefined ? http : https).request(url, {
      method: request.method,
      headers: withHost(request.headers, url).flat(),
      signal,
      ...(secure === undefined ? { agent: false } : { createConnection: () => secure }),
      ...(request.socketPath === undefined ? {} : { socketPath: request.socketPath }),
    });
    sent.on("error", reject);
    sent.on("response", (response) => {
      const status = response.statusCode ?? 0;
      const { location } = response.headers;
      if ([301, 302, 303].includes(status) && !location) {
        response.destroy();
        reject(new Error(`${status} response missing Location header`));
        return;
      }
      if ([301, 302, 303, 307, 308].includes(status) && location !== undefined) {
        response.destroy();
        resolve({ kind: "redirect", status, location });
        return;
      }
      const body = new TailBuffer(request.keepBytes);
      response.on("data", (chunk: Buffer) => body.add(chunk));
      response.on("error", reject);
      response.on("end", () => resolve({ kind: "answer", status, statusText: response.statusMessage || (http.STATUS_CODES[status] ?? ""), body: body.take() }));
    });
    sent.end(request.body);
  });
}

function secureWhom({ identity, skipVerify }: WebRequest, url: URL): SecureWhom {
  return { host: url.hostname.replace(/^\[|\]$/g, ""), port: Number(url.port || 443), identity, skipVerify: skipVerify === true, protocols: ["http/1.1"] };
}

/** Headers given one by one are sent as they are: the host is not added by itself then. */
function withHost(headers: WebRequest["headers"], url: URL): WebRequest["headers"] {
  return headers.some(([name]) => name.toLowerCase() === "host") ? headers : [["Host", url.host], ...headers];
}

/** A token, by HTTP. */
const METHOD = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const TIMED_OUT = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)";

/** Go's rules: after 301, 302 and 303 one gets, after 307 and 308 one does the same again. */
function redirected(request: WebRequest, { status, location }: Redirect): WebRequest {
  const url = new URL(location, request.url).toString();
  const headers = new URL(url).host === new URL(request.url).host ? request.headers : request.headers.filter(([name]) => name.toLowerCase() !== "host");
  if (status === 307 || status === 308) return { ...request, url, headers };
  const { body: _dropped, ...rest } = request;
  const bare = headers.filter(([name]) => !["content-length", "content-type"].includes(name.toLowerCase()));
  return { ...rest, url, headers: bare, method: request.method === "HEAD" ? "HEAD" : "GET" };
}

/** The URL, or Go's words for what is wrong with it. */
function parsed(request: WebRequest): URL | string {
  const { url: text } = request;
  if (text.startsWith(":")) return `parse ${JSON.stringify(text)}: missing protocol scheme`;
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(text)?.[1]?.toLowerCase() ?? "";
  if (scheme !== "http" && scheme !== "https") return faultOf(request, `unsupported protocol scheme ${JSON.stringify(scheme)}`).message;
  try {
    return new URL(text);
  } catch {
    return `parse ${JSON.stringify(text)}: invalid URL`;
  }
}

function wordsOf(error: unknown, request: WebRequest, url: URL): string {
  const cause = rootOf(error);
  const code = codeOf(cause);
  if (messageOf(cause).includes("wrong version number")) return "http: server gave HTTP response to HTTPS client";
  if (error instanceof DialFault) return error.message;
  const refused = tlsFault(cause);
  if (refused !== undefined) return refused;
  if (code === "ECONNRESET") return messageOf(cause) === "socket hang up" ? "EOF" : "read: connection reset by peer";
  if (code === "" || code.startsWith("HPE_") || code.includes("CERT") || code.startsWith("ERR_")) return messageOf(cause);
  if (request.socketPath !== undefined) return dialFault(error, request.socketPath, "unix");
  return dialFault(error, `${url.hostname}:${url.port || (url.protocol === "https:" ? "443" : "80")}`);
}

function faultOf({ method, url, socketPath }: WebRequest, words: string, cause?: unknown): KvorumError {
  const verb = method.charAt(0) + method.slice(1).toLowerCase();
  const shown = socketPath === undefined ? url : url.replace(/^http:\/\/[^/]*/, `http://${encodeURIComponent(socketPath)}`);
  return new KvorumError("unavailable", `${verb} ${JSON.stringify(shown)}: ${words}`, { cause });
}
