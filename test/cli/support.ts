import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Terminal } from "../../src/cli/command.ts";
import { run } from "../../src/cli/main.ts";

export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Buffer;
}

/** Runs a command line in this process and gives what it printed. */
export async function kvorum(argv: readonly string[], { env = {}, input = "" }: RunOptions = {}): Promise<Outcome> {
  const out: Buffer[] = [];
  const err: string[] = [];
  const terminal: Terminal = {
    env,
    write: (text) => void out.push(Buffer.from(text as string)),
    print: (line) => void out.push(Buffer.from(`${line}\n`)),
    error: (line) => void err.push(`${line}\n`),
    input: async () => Buffer.from(input as string),
    onInterrupt: () => ({ [Symbol.dispose]() {} }),
  };
  const code = await run(argv, terminal);
  return { code, out: Buffer.concat(out).toString("utf8"), err: err.join("") };
}

/** One request that is expected, and its answer. */
export interface Exchange {
  /** Method, path and query, as sent. */
  readonly request: string;
  readonly body?: string;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly answer?: string | Buffer;
}

/** An agent that answers what it was told to, in this order, and notes what it was asked. */
export class ScriptedAgent implements AsyncDisposable {
  readonly asked: { readonly request: string; readonly body: string; readonly headers: IncomingMessage["headers"] }[] = [];
  readonly #server = createServer((request, response) => void this.#answer(request, response));
  readonly #script: Exchange[];

  private constructor(script: readonly Exchange[]) {
    this.#script = [...script];
  }

  static async start(script: readonly Exchange[], path?: string): Promise<ScriptedAgent> {
    const agent = new ScriptedAgent(script);
    await new Promise<void>((resolve) => {
      if (path === undefined) agent.#server.listen(0, "127.0.0.1", resolve);
      else agent.#server.listen(path, resolve);
    });
    return agent;
  }

  get address(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `127.0.0.1:${port}`;
  }

  get env(): Readonly<Record<string, string>> {
    return { CONSUL_HTTP_ADDR: this.address };
  }

  /** What the script held and nobody asked for. */
  get left(): readonly string[] {
    return this.#script.map(({ request }) => request);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString("utf8");
    const line = `${request.method} ${request.url}`;
    this.asked.push({ request: line, body, headers: request.headers });
    const next = this.#script.shift();
    const expected = next !== undefined && next.request === line && (next.body === undefined || next.body === body);
    if (!expected) {
      response.writeHead(599).end(`the script has ${next === undefined ? "nothing" : `${next.request} ${next.body ?? ""}`}, asked was ${line} ${body}`);
      return;
    }
    response.writeHead(next.status ?? 200, { ...next.headers }).end(next.answer ?? "");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** An entry as the API lists it. */
export function entry(key: string, value: string | null, more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const encoded = value === null ? null : Buffer.from(value).toString("base64");
  return { LockIndex: 0, Key: key, Flags: 0, Value: encoded, CreateIndex: 7, ModifyIndex: 9, ...more };
}
