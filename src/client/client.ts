import { Agent, type ClientRequest, type IncomingMessage, request } from "node:http";
import { type AgentOptions, Agent as SecureAgent, request as secureRequest } from "node:https";
import { KvorumError } from "../base/errors.ts";
import type { JsonValue } from "../base/json.ts";
import { parseWholeJson } from "../base/json-parse.ts";
import { type Endpoint, parseEndpoint } from "./address.ts";
import { StatusError, transportError } from "./errors.ts";
import { maxAnswerBytes, maxErrorTextChars } from "./limits.ts";

export interface ClientOptions {
  /** As `-http-addr`; `127.0.0.1:8500` when not given. */
  readonly address?: string;
  /** Asks by https where the address has no scheme. */
  readonly ssl?: boolean;
  /** For https. */
  readonly tls?: TlsWishes;
  readonly token?: string;
  /** `user:password` for basic authentication of something in between. */
  readonly auth?: string;
  readonly datacenter?: string;
  /** Reads say `stale`. */
  readonly stale?: boolean;
}

/** Whom a client believes by https, and what it shows of itself. In PEM. */
export interface TlsWishes {
  /** Authorities; those of the system when there are none. */
  readonly authorities: readonly Uint8Array[];
  readonly cert?: Uint8Array;
  readonly key?: Uint8Array;
  /** The name that the certificate must have, in place of the address's own. */
  readonly serverName?: string;
  /** Believes any certificate. */
  readonly skipVerify?: boolean;
}

/** A list stands for a parameter that is given several times. */
export type Query = Readonly<Record<string, string | number | bigint | boolean | readonly string[] | undefined>>;

export interface CallOptions {
  readonly query?: Query;
  readonly body?: Uint8Array | string | AsyncIterable<Uint8Array>;
  /** Milliseconds for the whole call; no end when not given. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

/** Asks one agent by HTTP. Connections are kept for the life of the client, and do not keep the process alive. */
export class Client implements Disposable {
  readonly endpoint: Endpoint;
  readonly #options: ClientOptions;
  readonly #agent: Agent | SecureAgent;

  /** Throws `KvorumError` with code `config` for an address it cannot use. */
  constructor(options: ClientOptions = {}) {
    this.#options = options;
    this.endpoint = parseEndpoint(options.address ?? "127.0.0.1:8500", options.ssl);
    this.#agent = this.#secure ? new SecureAgent({ keepAlive: true, ...tlsOptionsOf(options.tls) }) : new Agent({ keepAlive: true });
  }

  get #secure(): boolean {
    return this.endpoint.kind === "tcp" && this.endpoint.secure;
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }

  /** Asks and gives the whole answer, whatever its status. Rejects with `TransportError`. */
  async call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    const message = await this.open(method, path, options);
    return { status: message.statusCode ?? 0, headers: message.headers, body: await this.#body(message, { method, path, options }) };
  }

  /** As `call`, but anything else than 200 is a `StatusError`. */
  async ask(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    const answer = await this.call(method, path, options);
    if (answer.status !== 200) throw statusError(answer);
    return answer;
  }

  /** As `ask`, and reads the body as JSON; whole numbers beyond 2^53 are `bigint`s. */
  async json(method: string, path: string, options: CallOptions = {}): Promise<JsonValue> {
    return parseWholeJson((await this.ask(method, path, options)).body.toString("utf8"));
  }

  /** Asks and gives the answer as a stream once its head is there. The reader must read it to its end, or destroy it. */
  open(method: string, path: string, options: CallOptions = {}): Promise<IncomingMessage> {
    const url = this.#url(path, options.query);
    const { endpoint } = this;
    return new Promise((resolve, reject) => {
      const sent: ClientRequest = (this.#secure ? secureRequest : request)({
        method,
        path: endpoint.basePath + url,
        agent: this.#agent,
        headers: this.#headers(options.body),
        ...(endpoint.kind === "unix" ? { socketPath: endpoint.path } : { host: endpoint.host, port: endpoint.port }),
        ...signalOf(options),
      });
      sent.on("response", resolve);
      sent.on("error", (error) => reject(transportError(error, { method, url: this.#shown(url), endpoint })));
      sendBody(sent, options.body).catch((error: unknown) => sent.destroy(error instanceof Error ? error : new Error(String(error))));
    });
  }

  async #body(
    message: IncomingMessage,
    { method, path, options }: { readonly method: string; readonly path: string; readonly options: CallOptions },
  ): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let size = 0;
    try {
      for await (const chunk of message as AsyncIterable<Buffer>) {
        size += chunk.length;
        if (size > maxAnswerBytes) throw new KvorumError("too-large", `The answer to ${method} ${path} is larger than ${maxAnswerBytes} bytes`);
        chunks.push(chunk);
      }
    } catch (error) {
      if (error instanceof KvorumError) throw error;
      throw transportError(error, { method, url: this.#shown(this.#url(path, options.query)), endpoint: this.endpoint });
    }
    return Buffer.concat(chunks);
  }

  #url(path: string, query: Query = {}): string {
    const all: Query = { ...query, ...(this.#options.datacenter ? { dc: this.#options.datacenter } : {}) };
    const parts = Object.entries(all)
      .filter(([, value]) => value !== undefined && value !== false)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([name, value]) => (isList(value) ? value.map((each) => [name, each] as const) : [[name, value] as const]))
      .map(([name, value]) => `${encodeURIComponent(name)}=${value === true ? "" : encodeURIComponent(String(value))}`);
    return parts.length === 0 ? path : `${path}?${parts.join("&")}`;
  }

  /** The URL as errors show it. */
  #shown(url: string): string {
    return this.endpoint.origin + this.endpoint.basePath + url;
  }

  #headers(body: CallOptions["body"]): Record<string, string | number> {
    const { token, auth } = this.#options;
    const headers: Record<string, string | number> = { "user-agent": "kvorum" };
    if (token) headers["x-consul-token"] = token;
    if (auth) headers["authorization"] = `Basic ${Buffer.from(auth).toString("base64")}`;
    if (typeof body === "string" || body instanceof Uint8Array) headers["content-length"] = Buffer.byteLength(body);
    return headers;
  }

  /** What a read adds to its query. */
  get readQuery(): Query {
    return this.#options.stale ? { stale: true } : {};
  }
}

function tlsOptionsOf({ authorities, cert, key, serverName, skipVerify }: TlsWishes = { authorities: [] }): AgentOptions {
  return {
    ...(authorities.length === 0 ? {} : { ca: authorities.map((authority) => Buffer.from(authority)) }),
    ...(cert === undefined ? {} : { cert: Buffer.from(cert) }),
    ...(key === undefined ? {} : { key: Buffer.from(key) }),
    ...(serverName === undefined ? {} : { servername: serverName }),
    ...(skipVerify === true ? { rejectUnauthorized: false } : {}),
  };
}

/** The error for an answer that was not wanted. */
export function statusError({ status, body }: Pick<Answer, "status" | "body">): StatusError {
  return new StatusError(status, body.toString("utf8").slice(0, maxErrorTextChars));
}

function isList(value: Query[string]): value is readonly string[] {
  return Array.isArray(value);
}

function signalOf({ timeoutMs, signal }: CallOptions): { readonly signal?: AbortSignal } {
  const signals = [...(signal === undefined ? [] : [signal]), ...(timeoutMs === undefined ? [] : [AbortSignal.timeout(timeoutMs)])];
  if (signals.length === 0) return {};
  return { signal: AbortSignal.any(signals) };
}

async function sendBody(sent: ClientRequest, body: CallOptions["body"]): Promise<void> {
  if (body === undefined || typeof body === "string" || body instanceof Uint8Array) {
    sent.end(body);
    return;
  }
  for await (const chunk of body) {
    if (sent.destroyed) return;
    if (!sent.write(chunk)) await drained(sent);
  }
  sent.end();
}

/** Resolves when there is room for more, or nobody who would take it. */
function drained(sent: ClientRequest): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      sent.off("drain", done).off("close", done);
      resolve();
    };
    if (sent.closed) resolve();
    else sent.on("drain", done).on("close", done);
  });
}
