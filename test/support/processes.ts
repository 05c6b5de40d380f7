import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const living = new Set<ChildProcess>();
const folders = new Set<string>();
const canDieWithUs = existsSync("/usr/bin/setpriv");

process.once("exit", () => {
  for (const child of living) child.kill("SIGKILL");
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(1));

/** A folder of its own for one test, below the system's temporary folder; gone with this process at the latest. */
export function scratchFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `kv-${name}-`));
  folders.add(folder);
  return folder;
}

export function removeFolder(folder: string): void {
  folders.delete(folder);
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** Whether there is a process of this id, other than one that has ended and was not waited for. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false; // nobody has this number any more
  }
}

export interface StartOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** Where both output streams go, appended. */
  readonly logFile: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Name of the network namespace to run in. */
  readonly namespace?: string | undefined;
}

/** A real process. It ends, by its id, when this process ends at the latest, however that ends. */
export class RunningProgram {
  readonly exited: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  readonly #child: ChildProcess;
  readonly #logFile: string;
  #ended = false;

  constructor(options: StartOptions) {
    const words = [
      ...(options.namespace === undefined ? [] : ["nsenter", `--net=/run/netns/${options.namespace}`, "--"]),
      ...(canDieWithUs ? ["/usr/bin/setpriv", "--pdeathsig", "KILL", "--"] : []),
      options.command,
      ...options.args,
    ];
    const log = openSync(options.logFile, "a");
    const child = spawn(words[0] ?? "", words.slice(1), { stdio: ["ignore", log, log], env: { ...process.env, NODE_OPTIONS: "", ...options.env } });
    closeSync(log);
    living.add(child);
    this.#child = child;
    this.#logFile = options.logFile;
    this.exited = new Promise((resolve) => {
      const end = (code: number | null, signal: string | null): void => {
        this.#ended = true;
        living.delete(child);
        resolve({ code, signal });
      };
      child.once("exit", end);
      child.once("error", () => end(-1, null));
    });
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  get running(): boolean {
    return !this.#ended;
  }

  signal(name: NodeJS.Signals): void {
    if (!this.#ended) this.#child.kill(name);
  }

  /** SIGKILL, and waits until it is gone. */
  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.exited;
  }

  /** SIGTERM; SIGKILL when that has not helped within `patienceMs`. Resolves with the exit code. */
  async terminate(patienceMs = 30_000): Promise<number | null> {
    this.signal("SIGTERM");
    const timer = setTimeout(() => this.signal("SIGKILL"), patienceMs);
    const { code } = await this.exited;
    clearTimeout(timer);
    return code;
  }

  log(): string {
    return readFileSync(this.#logFile, "utf8");
  }

  /** Resident memory now, in bytes. */
  memory(): number {
    const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${this.pid}/status`, "utf8"))?.[1];
    return Number(kilobytes ?? 0) * 1024;
  }

  /** Processor time used up to now, in milliseconds, both in user and in system mode. */
  processorMs(): number {
    const fields = readFileSync(`/proc/${this.pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    return (Number(fields[11]) + Number(fields[12])) * 10; // in ticks of a hundredth of a second
  }
}
