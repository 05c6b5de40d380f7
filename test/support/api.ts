import assert from "node:assert/strict";
import { Agent, request } from "node:http";
import { sleep } from "./until.ts";

/** An election on a slow machine is over by then. */
const BETWEEN_LEADERS_MS = 30_000;
const ASK_AGAIN_MS = 100;

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

  /**
   * Asks, and asks again while the answer is 500: while one leader goes and the next one comes, any server may say so. For what may be done
   * twice only; a test of what is said between two leaders uses `ask`.
   */
  async askLeader(method: string, path: string, options: AskOptions = {}): Promise<Answer> {
    for (const deadline = performance.now() + BETWEEN_LEADERS_MS; ; ) {
      const answer = await this.ask(method, path, options);
      if (answer.status !== 500 || performance.now() > deadline) return answer;
      await sleep(ASK_AGAIN_MS);
    }
  }

  /** Asks for JSON and fails on any status but 200; reads are asked again between two leaders. */
  async json(method: string, path: string, options: AskOptions = {}): Promise<unknown> {
    const answer = await (method === "GET" ? this.askLeader(method, path, options) : this.ask(method, path, options));
    assert.equal(answer.status, 200, `${method} ${path}: ${answer.body.toString()}`);
    return JSON.parse(answer.body.toString());
  }

  /** Writes a key; asked again between two leaders unless it is conditional (`cas`, `acquire`, `release`), where that may change the answer. */
  async put(key: string, value: string | Uint8Array, query = ""): Promise<boolean> {
    const asked = ["PUT", `/v1/kv/${key}${query}`, { body: value }] as const;
    const answer = await (/[?&](cas|acquire|release)=/.test(query) ? this.ask(...asked) : this.askLeader(...asked));
    assert.equal(answer.status, 200, answer.body.toString());
    return answer.body.toString().trim() === "true";
  }

  /** The value as text; `undefined` when there is no such key. */
  async get(key: string, query = "consistent"): Promise<string | undefined> {
    const answer = await this.askLeader("GET", `/v1/kv/${key}?raw&${query}`);
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
