import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { RunningProgram } from "../../support/processes.ts";
import { peer } from "../../support/programs.ts";
import { until } from "../../support/until.ts";

const run = promisify(execFile);

/** Path of the real Consul 1.8.7; `undefined` when it is not installed. */
export const CONSUL = peer("usr/bin/consul");

/** A real Consul agent on an address of its own. */
export class ConsulAgent implements AsyncDisposable {
  readonly name: string;
  readonly host: string;
  readonly #process: RunningProgram;

  private constructor(name: string, host: string, process: RunningProgram) {
    this.name = name;
    this.host = host;
    this.#process = process;
  }

  static async start(options: {
    readonly name: string;
    readonly host: string;
    readonly folder: string;
    readonly args: readonly string[];
  }): Promise<ConsulAgent> {
    const { name, host, folder, args } = options;
    const common = ["agent", `-node=${name}`, `-bind=${host}`, `-client=${host}`, `-data-dir=${join(folder, name)}`, "-log-level=debug"];
    const agent = new ConsulAgent(name, host, new RunningProgram({ command: CONSUL ?? "", args: [...common, ...args], logFile: join(folder, `${name}.log`) }));
    await until(`consul ${name} answers`, () => agent.get("/v1/agent/self"));
    return agent;
  }

  async get(path: string): Promise<unknown> {
    const answer = await fetch(`http://${this.host}:8500${path}`);
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  async put(path: string, body = ""): Promise<unknown> {
    const answer = await fetch(`http://${this.host}:8500${path}`, { method: "PUT", body });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    const text = await answer.text();
    return text === "" ? undefined : (JSON.parse(text) as unknown);
  }

  /** Status by name: 1 alive, 2 leaving, 3 left, 4 failed. */
  async statuses(pool: "lan" | "wan" = "lan"): Promise<ReadonlyMap<string, number>> {
    const members = (await this.get(`/v1/agent/members${pool === "wan" ? "?wan=1" : ""}`)) as { Name: string; Status: number }[];
    return new Map(members.map(({ Name, Status }) => [Name, Status]));
  }

  /** One `consul` command against this agent; what it printed. */
  async command(...args: readonly string[]): Promise<string> {
    const [name = "", ...rest] = args;
    return (await run(CONSUL ?? "", [name, `-http-addr=http://${this.host}:8500`, ...rest])).stdout;
  }

  log(): string {
    return this.#process.log();
  }

  signal(name: NodeJS.Signals): void {
    this.#process.signal(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  async kill(): Promise<void> {
    await this.#process.kill();
  }
}
