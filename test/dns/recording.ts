import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { freeLoopback } from "../support/addresses.ts";
import { Api } from "../support/api.ts";
import { RunningProgram, removeFolder, scratchFolder } from "../support/processes.ts";
import { until } from "../support/until.ts";
import { ask, type Heard } from "./asking.ts";
import { QUERIES, REGISTRATIONS } from "./fixture.ts";
import type { Group } from "./tables.ts";

/** Those that came back; `null`: none did. Under the question's own words. */
export type Answers = Readonly<Record<string, Heard | null>>;

/** How long a question stays without an answer before that is taken for the answer: one that is known to be passed over, and any other. */
const SILENCE_MS = 500;
const PATIENCE_MS = 15_000;
/** Few enough for what a socket holds. */
const AT_A_TIME = 16;
const PORT = 8600;

/** An agent of its own with this group's configuration and the fixture in its catalog. */
export class DnsAgent implements AsyncDisposable {
  readonly address: string;
  readonly api: Api;
  readonly #folder: string;
  readonly #program: RunningProgram;

  private constructor(address: string, folder: string, program: RunningProgram) {
    this.address = address;
    this.#folder = folder;
    this.#program = program;
    this.api = new Api(address);
  }

  /** Started and ready to be asked. */
  static async start(program: string, config: Readonly<Record<string, unknown>>): Promise<DnsAgent> {
    const folder = scratchFolder("dns");
    const address = `${await freeLoopback()}.1`;
    const file = writeConfig(folder, config);
    const args = ["agent", "-dev", `-bind=${address}`, `-client=${address}`, `-config-file=${file}`];
    const agent = new DnsAgent(address, folder, new RunningProgram({ command: program, args, logFile: join(folder, "log") }));
    await until(
      "the agent and its leader are in the catalog",
      async () => JSON.stringify(await agent.api.json("GET", "/v1/health/service/consul?passing")) !== "[]",
    );
    return agent;
  }

  async fill(): Promise<void> {
    for (const registration of REGISTRATIONS) await this.api.json("PUT", "/v1/catalog/register", { body: JSON.stringify(registration) });
    for (const query of QUERIES) await this.api.json("POST", "/v1/query", { body: JSON.stringify(query) });
  }

  /** Runs on with this configuration in place of the one that it was started with. */
  async reconfigure(config: Readonly<Record<string, unknown>>): Promise<void> {
    writeConfig(this.#folder, config);
    const { status } = await this.api.ask("PUT", "/v1/agent/reload");
    assert.equal(status, 200);
  }

  async answer(text: string, patienceMs = PATIENCE_MS): Promise<Heard | null> {
    const heard = await ask({ server: this.address, port: PORT, text }, patienceMs);
    if (heard === undefined) return null;
    const own = (records: readonly string[]): readonly string[] => records.map((record) => record.replaceAll(this.address, "<self>"));
    return { ...heard, answer: own(heard.answer), authority: own(heard.authority), additional: own(heard.additional) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.api.close();
    await this.#program.kill();
    removeFolder(this.#folder);
  }
}

function writeConfig(folder: string, config: Readonly<Record<string, unknown>>): string {
  const file = join(folder, "config.json");
  writeFileSync(file, JSON.stringify({ node_name: "self", disable_update_check: true, log_level: "warn", ...config }));
  return file;
}

/** Asks all questions of a group of this program, several at a time. `silent`: what is known to be passed over. */
export async function recordGroup(program: string, { config, questions }: Group, silent: (question: string) => boolean): Promise<Answers> {
  await using agent = await DnsAgent.start(program, config);
  await agent.fill();
  const unique = [...new Set(questions)];
  const answers = new Map<string, Heard | null>();
  const left = [...unique];
  const asker = async (): Promise<void> => {
    for (let question = left.shift(); question !== undefined; question = left.shift())
      answers.set(question, await agent.answer(question, silent(question) ? SILENCE_MS : PATIENCE_MS));
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, asker));
  return Object.fromEntries(unique.map((question) => [question, answers.get(question) ?? null]));
}
