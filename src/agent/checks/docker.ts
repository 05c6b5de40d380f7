import { KvorumError, messageOf } from "../../base/errors.ts";
import { isJsonObject, type JsonObject, writeJson } from "../../base/json.ts";
import { parseJson } from "../../base/json-parse.ts";
import type { KeptOutput, WebClient } from "../../platform/index.ts";
import { DOCKER_STREAM_MAX_BYTES, PROGRAM_CHECK_TIMEOUT_MS } from "../limits.ts";
import { programOutput } from "./output.ts";
import { repeat } from "./schedule.ts";
import { statusOf } from "./script.ts";
import type { CheckJob, CheckRunner, CheckWorld, Finding } from "./types.ts";

const DEFAULT_DOCKER_HOST = "unix:///var/run/docker.sock";

/** Runs a program within a container, by the Docker Engine API. Consul docs, checks: Docker. */
export function dockerCheck(job: CheckJob, world: CheckWorld): CheckRunner {
  return repeat(job, world, { slots: world.programSlots, run: () => run(job, world) });
}

async function run({ definition, outputMaxBytes }: CheckJob, { web, dockerHost }: CheckWorld): Promise<Finding> {
  if (web === undefined) throw new KvorumError("unavailable", "This agent cannot ask the Docker Engine");
  const container = definition.dockerContainerId;
  const shell = definition.shell === "" ? [] : [definition.shell, "-c"];
  const engine = new Engine(web, engineOf(dockerHost), definition.timeoutMs > 0 ? definition.timeoutMs : PROGRAM_CHECK_TIMEOUT_MS);
  const command = shell.length === 0 ? definition.args : [...shell, definition.args.join(" ")];
  const create = { AttachStdin: false, AttachStdout: true, AttachStderr: true, Cmd: command, Tty: false };
  const made = await engine.json(`create exec failed for container ${container}`, "POST", `/containers/${encodeURIComponent(container)}/exec`, create);
  const id = made["Id"];
  if (typeof id !== "string") throw new KvorumError("unavailable", `create exec failed for container ${container}: no id came back`);
  const what = `exec failed for container ${container}`;
  const stream = await engine.ask(`start ${what}`, "POST", `/exec/${id}/start`, { Detach: false, Tty: false });
  const { ExitCode: exitCode } = await engine.json(`inspect ${what}`, "GET", `/exec/${id}/json`);
  const output = programOutput(tail(unframed(stream.kept), outputMaxBytes));
  return { status: statusOf(typeof exitCode === "number" ? exitCode : undefined), output };
}

/** Where a Docker Engine listens: at a socket of this machine, or at a port. */
export interface EngineAddress {
  readonly url: string;
  readonly socketPath: string | undefined;
}

/** What `DOCKER_HOST` says: `unix://` and a path, or `tcp://` and an address; empty: the usual socket. Throws `unavailable` for anything else. */
export function engineOf(dockerHost: string): EngineAddress {
  const [, scheme, rest = ""] = /^(unix|tcp|http):\/\/(.+)$/.exec(dockerHost === "" ? DEFAULT_DOCKER_HOST : dockerHost) ?? [];
  if (scheme === undefined) throw new KvorumError("unavailable", `Invalid Docker host "${dockerHost}": it begins with neither unix:// nor tcp://`);
  return scheme === "unix" ? { url: "http://docker", socketPath: rest } : { url: `http://${rest.replace(/\/+$/, "")}`, socketPath: undefined };
}

/** The few calls that a check needs. Docker Engine API, exec. */
class Engine {
  readonly #web: WebClient;
  readonly #at: EngineAddress;
  readonly #timeoutMs: number;

  constructor(web: WebClient, at: EngineAddress, timeoutMs: number) {
    this.#web = web;
    this.#at = at;
    this.#timeoutMs = timeoutMs;
  }

  async ask(what: string, method: string, path: string, body?: JsonObject): Promise<KeptOutput> {
    try {
      const sent = body === undefined ? undefined : Buffer.from(writeJson(body));
      const answer = await this.#web.ask({
        method,
        url: `${this.#at.url}${path}`,
        headers:
          sent === undefined
            ? []
            : [
                ["Content-Type", "application/json"],
                ["Content-Length", String(sent.length)],
              ],
        ...(sent === undefined ? {} : { body: sent }),
        ...(this.#at.socketPath === undefined ? {} : { socketPath: this.#at.socketPath }),
        timeoutMs: this.#timeoutMs,
        keepBytes: DOCKER_STREAM_MAX_BYTES,
      });
      if (answer.status >= 200 && answer.status < 300) return answer.body;
      throw new KvorumError("unavailable", `status code ${answer.status} ${answer.body.kept.toString("utf8").trim()}`);
    } catch (error) {
      throw new KvorumError("unavailable", `${what}: ${messageOf(error)}`, { cause: error });
    }
  }

  async json(what: string, method: string, path: string, body?: JsonObject): Promise<JsonObject> {
    const { kept } = await this.ask(what, method, path, body);
    const value = parseJson(kept.toString("utf8"));
    return isJsonObject(value) ? value : {};
  }
}

/** Docker's stream without a terminal: frames of a byte that names the stream, three of nothing, four of length. */
export function unframed(stream: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at + 8 <= stream.length; ) {
    const length = stream.readUInt32BE(at + 4);
    parts.push(stream.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return Buffer.concat(parts);
}

function tail(bytes: Buffer, limit: number): KeptOutput {
  return { kept: bytes.subarray(Math.max(0, bytes.length - limit)), totalBytes: bytes.length };
}
