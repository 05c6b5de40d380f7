import { after } from "node:test";
import { type AgentPort, type HttpConfig, type HttpServer, startHttp } from "../../src/http/index.ts";
import { type Script, ScriptedBackend, TestLog, testOptions } from "./scripted-backend.ts";
import { talk } from "./wire-client.ts";

const open: HttpServer[] = [];
after(async () => {
  for (const server of open) await server[Symbol.asyncDispose]();
});

export interface Started {
  readonly port: number;
  readonly backend: ScriptedBackend;
  readonly log: TestLog;
}

/** A server on a free port, closed when the tests of the file are over. */
export async function start(script: Script = {}, config: Partial<HttpConfig> = {}, agent: Partial<AgentPort> = {}): Promise<Started> {
  const backend = new ScriptedBackend(script);
  const options = testOptions(backend, config, new TestLog(), agent);
  const server = await startHttp({ ...options, listenAddresses: ["127.0.0.1:0"] });
  open.push(server);
  return { port: Number(server.addresses[0]?.split(":").at(-1)), backend, log: options.log };
}

/** The whole answer, as it came. */
export async function get(port: number, target: string, headers = ""): Promise<string> {
  return (await talk(port, `GET ${target} HTTP/1.1\r\nHost: x\r\n${headers}\r\n`)).text;
}

export async function put(port: number, target: string, body = ""): Promise<string> {
  return (await talk(port, `PUT ${target} HTTP/1.1\r\nHost: x\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)).text;
}
