import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { KvorumError, messageOf } from "../../base/errors.ts";
import { indentJson, writeJson } from "../../base/json.ts";
import type { Client } from "../../client/index.ts";
import { goTime, realClock } from "../../platform/index.ts";
import type { Terminal } from "../command.ts";
import { fileError } from "../input.ts";
import { pause } from "../pause.ts";

/** What can be captured, in Consul's order. */
export const TARGETS = ["metrics", "logs", "pprof", "host", "agent", "cluster"] as const;
export type Target = (typeof TARGETS)[number];

export function isTarget(text: string): text is Target {
  return TARGETS.some((target) => target === text);
}

/** Log of one interval that is kept; an agent that says more is cut short. */
const LOG_BYTES_MAX = 64 * 1024 * 1024;

/** What does not change: target, file and where it is asked for. */
const STILL: readonly (readonly [target: Target, file: string, path: string, query: Readonly<Record<string, string>>])[] = [
  ["host", "host.json", "/v1/agent/host", {}],
  ["agent", "agent.json", "/v1/agent/self", {}],
  ["cluster", "cluster.json", "/v1/agent/members", { wan: "1" }],
];

interface CaptureOptions {
  readonly client: Client;
  readonly terminal: Pick<Terminal, "print" | "error">;
  readonly folder: string;
  readonly targets: readonly Target[];
  readonly durationMs: number;
  readonly intervalMs: number;
  /** Ends the capture early; what is there stays. */
  readonly signal: AbortSignal;
}

/** Writes down what an agent tells of itself, in files named as Consul's: what does not change once, the rest in a folder for each interval. */
export class Capture {
  readonly #with: CaptureOptions;

  constructor(options: CaptureOptions) {
    this.#with = options;
  }

  async still(): Promise<void> {
    for (const [target, file, path, query] of STILL) {
      if (this.#wants(target)) await this.#told(file, async () => this.write(file, writeJson(await this.#with.client.json("GET", path, { query }))));
    }
  }

  /** Metrics, log and profiles, interval after interval until the time is over. */
  async moving(): Promise<void> {
    const { terminal, durationMs, intervalMs, signal } = this.#with;
    if (!(["metrics", "logs", "pprof"] as const).some((target) => this.#wants(target))) return;
    const began = realClock.now();
    terminal.print(`==> Beginning capture interval ${goTime(realClock.wall())} (0)`);
    for (let number = 1; !signal.aborted && realClock.now() - began < durationMs; number++) {
      const leftMs = Math.min(intervalMs, durationMs - (realClock.now() - began));
      const over = new AbortController();
      const end = pause(leftMs, AbortSignal.any([signal, over.signal]));
      const folder = String(Math.trunc(realClock.wall() / 1_000));
      await this.#interval(folder, { ms: leftMs, end });
      if (!signal.aborted) terminal.print(`==> Capture successful ${goTime(realClock.wall())} (${number})`);
      await end;
      over.abort();
    }
  }

  /** JSON is laid out. Rejects with `FileError`. */
  async write(file: string, json: string): Promise<void> {
    await this.#save(file, `${indentJson(json, "\t")}`);
  }

  async #interval(folder: string, { ms, end }: { readonly ms: number; readonly end: Promise<void> }): Promise<void> {
    const { client, folder: root } = this.#with;
    await mkdir(`${root}/${folder}`);
    const tasks: Promise<void>[] = [];
    if (this.#wants("metrics")) {
      tasks.push(this.#told("metrics", async () => this.write(`${folder}/metrics.json`, writeJson(await client.json("GET", "/v1/agent/metrics")))));
    }
    if (this.#wants("logs")) tasks.push(this.#told("logs", () => this.#log(`${folder}/consul.log`, end)));
    if (this.#wants("pprof")) {
      const seconds = String(Math.max(1, Math.trunc(ms / 1_000)));
      const profiles = {
        "heap.prof": "heap",
        "goroutine.prof": "goroutine",
        "profile.prof": `profile?seconds=${seconds}`,
        "trace.out": `trace?seconds=${seconds}`,
      };
      for (const [file, path] of Object.entries(profiles)) tasks.push(this.#told(file, () => this.#profile(`${folder}/${file}`, path)));
    }
    await Promise.all(tasks);
  }

  async #profile(file: string, path: string): Promise<void> {
    const { client, signal } = this.#with;
    const { body, headers } = await client.ask("GET", `/debug/pprof/${path}`, { signal });
    // an agent of Kvorum gives what V8 has, which other programs open than Go's profiles
    const json = headers["content-type"]?.startsWith("application/json") === true;
    await this.#save(json ? file.replace(/\.prof$/, file.endsWith("profile.prof") ? ".cpuprofile" : ".json") : file, body);
  }

  /** The log until the interval is over. */
  async #log(file: string, end: Promise<void>): Promise<void> {
    const { client, folder } = this.#with;
    const over = new AbortController();
    void end.then(() => over.abort());
    const out = createWriteStream(`${folder}/${file}`);
    let bytes = 0;
    try {
      const message = await client.open("GET", "/v1/agent/monitor", { query: { loglevel: "DEBUG" }, signal: over.signal });
      for await (const chunk of message as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        if (bytes > LOG_BYTES_MAX) break;
        out.write(chunk);
      }
    } catch (error) {
      if (!over.signal.aborted) throw error;
    } finally {
      out.end();
      await once(out, "close");
    }
  }

  async #save(file: string, content: string | Uint8Array): Promise<void> {
    const path = `${this.#with.folder}/${file}`;
    await writeFile(path, content).catch((error: unknown) => {
      throw fileError(error, "open", path);
    });
  }

  #wants(target: Target): boolean {
    return this.#with.targets.includes(target);
  }

  /** A part that cannot be had is told, and the others are captured all the same. */
  async #told(what: string, task: () => Promise<void>): Promise<void> {
    try {
      await task();
    } catch (error) {
      if (!(error instanceof KvorumError) || this.#with.signal.aborted) return;
      this.#with.terminal.error(`==> Cannot capture ${what}: ${messageOf(error)}`);
    }
  }
}
