import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Api } from "./api.ts";
import { heed, keepLastWords } from "./last-words.ts";
import { RunningProgram } from "./processes.ts";
import { until } from "./until.ts";

export interface ServerOptions {
  readonly program: string;
  readonly name: string;
  readonly address: string;
  /** Holds its configuration, its log and its data. */
  readonly folder: string;
  /** Merged over what every server of a test has. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly flags?: readonly string[];
  readonly namespace?: string | undefined;
  /** Over the environment of the tests. */
  readonly env?: Readonly<Record<string, string>>;
}

/** One server, as a real process that can be ended and started again with the same data. */
export class ServerProcess {
  readonly name: string;
  readonly folder: string;
  #address: string;
  #api: Api;
  #program: RunningProgram | undefined;
  readonly #options: ServerOptions;

  constructor(options: ServerOptions) {
    this.#options = options;
    this.name = options.name;
    this.folder = options.folder;
    this.#address = options.address;
    this.#api = new Api(options.address);
    mkdirSync(this.dataFolder, { recursive: true });
  }

  get address(): string {
    return this.#address;
  }

  /** `ip:port` of the port on which servers talk to each other. */
  get serverAddress(): string {
    return `${this.#address}:8300`;
  }

  get api(): Api {
    return this.#api;
  }

  get dataFolder(): string {
    return join(this.#options.folder, "data");
  }

  get process(): RunningProgram {
    if (this.#program === undefined) throw new Error(`${this.name} was never started`);
    return this.#program;
  }

  get running(): boolean {
    return this.#program?.running ?? false;
  }

  /** Where it is to be found from its next start on. */
  moveTo(address: string): void {
    this.#api.close();
    this.#address = address;
    this.#api = new Api(address);
  }

  /** Starts it with what it has on disk; `flags` are for this one start. */
  start(flags: readonly string[] = []): void {
    mkdirSync(this.dataFolder, { recursive: true });
    const config = {
      node_name: this.name,
      server: true,
      data_dir: this.dataFolder,
      bind_addr: this.#address,
      client_addr: this.#address,
      disable_update_check: true,
      log_level: "info",
      ...this.#options.config,
    };
    const file = join(this.#options.folder, "config.json");
    writeFileSync(file, JSON.stringify(config, undefined, 2));
    heed(this.folder, this.name, () => this.logTail());
    this.#program = new RunningProgram({
      command: this.#options.program,
      args: ["agent", `-config-file=${file}`, ...(this.#options.flags ?? []), ...flags],
      logFile: join(this.#options.folder, "log"),
      namespace: this.#options.namespace,
      ...(this.#options.env === undefined ? {} : { env: this.#options.env }),
    });
  }

  /** Resolves when it answers over HTTP, leader or not. */
  async answers(timeoutMs = 60_000): Promise<void> {
    await until(
      `${this.name} answers`,
      async () => {
        if (!this.running) throw new Error(`${this.name} ended by itself:\n${this.logTail()}`);
        return (await this.api.ask("GET", "/v1/status/leader", { timeoutMs: 2_000 })).status > 0;
      },
      timeoutMs,
      20,
    );
  }

  async kill(): Promise<void> {
    await this.#program?.kill();
    keepLastWords(this.folder);
    this.#api.close();
  }

  async stop(): Promise<number | null> {
    const code = this.running ? await this.process.terminate() : null;
    this.#api.close();
    return code;
  }

  /** Holds the process still, as a machine does that swaps or a virtual one that is moved. */
  freeze(): void {
    this.process.signal("SIGSTOP");
  }

  thaw(): void {
    this.process.signal("SIGCONT");
  }

  logTail(lines = 25): string {
    const file = join(this.#options.folder, "log");
    return existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(-lines).join("\n") : "(no log)";
  }
}
