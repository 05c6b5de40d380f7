import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { RunningProgram } from "../../support/processes.ts";
import { peer } from "../../support/programs.ts";
import { until } from "../../support/until.ts";

const run = promisify(execFile);

/** Path of the real `serf`; `undefined` when it is not installed. */
export const SERF = peer("usr/bin/serf") ?? (existsSync("/usr/bin/serf") ? "/usr/bin/serf" : undefined);

export interface SerfOptions {
  readonly name: string;
  readonly host: string;
  readonly folder: string;
  readonly args?: readonly string[];
  /** Name of the network namespace to run in. */
  readonly namespace?: string;
}

/** A real serf agent on an address of its own. */
export class SerfAgent implements AsyncDisposable {
  readonly name: string;
  readonly host: string;
  readonly #folder: string;
  readonly #args: readonly string[];
  readonly #namespace: string | undefined;
  #process: RunningProgram;

  private constructor(options: SerfOptions) {
    this.name = options.name;
    this.host = options.host;
    this.#folder = options.folder;
    this.#args = options.args ?? [];
    this.#namespace = options.namespace;
    this.#process = this.#spawn([]);
  }

  static async start(options: SerfOptions): Promise<SerfAgent> {
    const agent = new SerfAgent(options);
    await agent.ready();
    return agent;
  }

  /** `ip:port` of its gossip. */
  get address(): string {
    return `${this.host}:8301`;
  }

  async ready(): Promise<void> {
    await until(`serf ${this.name} answers`, () => this.command("info"));
  }

  /** One `serf` command against this agent; what it printed. */
  async command(...args: readonly string[]): Promise<string> {
    const [name = "", ...rest] = args;
    const { stdout } = await run(SERF ?? "", [name, `-rpc-addr=${this.host}:7373`, ...rest]);
    return stdout;
  }

  /** Status by name of everybody it knows. */
  async statuses(): Promise<ReadonlyMap<string, string>> {
    const { members } = JSON.parse(await this.command("members", "-format=json")) as { members: { name: string; status: string }[] };
    return new Map(members.map(({ name, status }) => [name, status]));
  }

  async tagsOf(member: string): Promise<Readonly<Record<string, string>>> {
    const { members } = JSON.parse(await this.command("members", "-format=json")) as { members: { name: string; tags: Record<string, string> }[] };
    return members.find(({ name }) => name === member)?.tags ?? {};
  }

  log(): string {
    return this.#process.log();
  }

  signal(name: NodeJS.Signals): void {
    this.#process.signal(name);
  }

  async kill(): Promise<void> {
    await this.#process.kill();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  async exited(): Promise<void> {
    await this.#process.exited;
  }

  /** A new process with the same arguments and some more. */
  async restart(...args: readonly string[]): Promise<void> {
    await this.kill();
    this.#process = this.#spawn(args);
    await this.ready();
  }

  #spawn(more: readonly string[]): RunningProgram {
    const args = ["agent", `-node=${this.name}`, `-bind=${this.address}`, `-rpc-addr=${this.host}:7373`, "-log-level=debug", ...this.#args, ...more];
    return new RunningProgram({ command: SERF ?? "", args, logFile: join(this.#folder, `${this.name}.log`), namespace: this.#namespace });
  }
}
