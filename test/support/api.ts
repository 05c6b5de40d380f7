import assert from "node:assert/strict";
import { Agent, request } from "node:http";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface AskOptions {
  readonly body?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** The whole exchange must be done in this time; 10 s when not given. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Asks one server over HTTP. Fails on no answer; any status is an answer. */
export class Api {
  readonly #host: string;
  readonly #port: number;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });

  constructor(host: string, port = 8500) {
    this.#host = host;
    this.#port = port;
  }

  ask(method: string, path: string, options: AskOptions = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const body = options.body === undefined ? undefined : Buffer.from(options.body);
      const headers = { ...options.headers, ...(body === undefined ? {} : { "content-length": String(body.length) }) };
      const signal = options.signal === undefined ? {} : { signal: options.signal };
      const asked = request({ host: this.#host, port: this.#port, method, path, headers, agent: this.#agent, ...signal }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("error", fail);
        answer.on("end", () => {
          clearTimeout(timer);
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) });
        });
      });
      const timer = setTimeout(() => asked.destroy(new Error(`No answer to ${method} ${path} in time`)), options.timeoutMs ?? 10_000);
      function fail(error: Error): void {
        clearTimeout(timer);
        reject(error);
      }
      asked.on("error", fail);
      asked.end(body);
    });
  }

  /** Asks for JSON and fails on any status but 200. */
  async json(method: string, path: string, options: AskOptions = {}): Promise<unknown> {
    const answer = await this.ask(method, path, options);
    assert.equal(answer.status, 200, `${method} ${path}: ${answer.body.toString()}`);
    return JSON.parse(answer.body.toString());
  }

  async put(key: string, value: string | Uint8Array, query = ""): Promise<boolean> {
    return (await this.json("PUT", `/v1/kv/${key}${query}`, { body: value })) === true;
  }

  /** The value as text; `undefined` when there is no such key. */
  async get(key: string, query = "consistent"): Promise<string | undefined> {
    const answer = await this.ask("GET", `/v1/kv/${key}?raw&${query}`);
    if (answer.status === 404) return undefined;
    assert.equal(answer.status, 200, answer.body.toString());
    return answer.body.toString();
  }

  /** `ip:port` of the leader's server port as this server knows it; empty when it knows of none. */
  async leader(): Promise<string> {
    const text = await this.json("GET", "/v1/status/leader", { timeoutMs: 2_000 });
    assert(typeof text === "string");
    return text;
  }

  close(): void {
    this.#agent.destroy();
  }
}
