import { spawn } from "node:child_process";
import { access, constants, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KvorumError, messageOf } from "../base/errors.ts";
import { codeOf } from "./go-faults.ts";
import { PROCESS_GRACE_MS, PROCESS_LINGER_MS } from "./limits.ts";
import type { Processes, ProcessRequest, ProcessResult } from "./outside-ports.ts";
import { TailBuffer } from "./tail-buffer.ts";

/** Programs of this machine. Each gets a process group of its own, so that what it started ends with it. */
export class RealProcesses implements Processes {
  shell(line: string): readonly string[] {
    return [process.env["SHELL"] || "/bin/sh", "-c", line];
  }

  async scriptFile(script: Uint8Array): Promise<{ readonly path: string } & AsyncDisposable> {
    const folder = await mkdtemp(join(tmpdir(), "kvorum-script-"));
    const path = join(folder, "script");
    await writeFile(path, script, { mode: 0o700 });
    return { path, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
  }

  async run({ command, env, stdin, timeoutMs, keepBytes, signal, onOutput }: ProcessRequest): Promise<ProcessResult> {
    const [program = "", ...args] = command;
    await refuseMissing(program);
    return new Promise((resolve, reject) => {
      const child = spawn(program, args, { detached: true, stdio: ["pipe", "pipe", "pipe"], env: { ...process.env, ...env } });
      const output = new TailBuffer(keepBytes);
      const take = (chunk: Buffer): void => {
        output.add(chunk);
        const busy = onOutput?.(chunk);
        if (busy === undefined) return;
        for (const stream of [child.stdout, child.stderr]) stream.pause();
        void busy.finally(() => [child.stdout, child.stderr].map((stream) => stream.resume()));
      };
      let timedOut = false;
      const letGo = (): void => {
        child.stdout.destroy();
        child.stderr.destroy();
      };
      const kill = (): void => {
        if (child.pid !== undefined) endGroup(child.pid, "SIGKILL");
        letGo();
      };
      const late = (): void => {
        timedOut = true;
        kill();
      };
      const timer = timeoutMs === undefined ? undefined : setTimeout(late, timeoutMs);
      const watched = endedBy(signal, () => child.pid, kill);
      child.stdout.on("data", take);
      child.stderr.on("data", take);
      child.stdin.on("error", () => undefined); // a program that does not read its input is within its rights
      child.stdin.end(stdin);
      child.on("error", (error) => {
        clearTimeout(timer);
        watched[Symbol.dispose]();
        reject(new KvorumError("unavailable", `fork/exec ${program}: ${wordsOf(error)}`, { cause: error }));
      });
      // What it left running in the background may hold the streams open; that is let live, and not waited for unless all output is wanted.
      if (onOutput === undefined) child.on("exit", () => setTimeout(letGo, PROCESS_LINGER_MS).unref());
      child.on("close", (code) => {
        clearTimeout(timer);
        watched[Symbol.dispose]();
        resolve({ exitCode: code ?? undefined, output: output.take(), timedOut });
      });
    });
  }
}

/** Ends a group of processes when the signal is given: asks at first, and kills when it is there after a while. */
function endedBy(signal: AbortSignal | undefined, pid: () => number | undefined, kill: () => void): Disposable {
  let late: NodeJS.Timeout | undefined;
  const end = (): void => {
    const group = pid();
    if (group !== undefined) endGroup(group, "SIGTERM");
    late = setTimeout(kill, PROCESS_GRACE_MS);
  };
  if (signal?.aborted === true) end();
  else signal?.addEventListener("abort", end, { once: true });
  return {
    [Symbol.dispose]() {
      clearTimeout(late);
      signal?.removeEventListener("abort", end);
    },
  };
}

/** Go's words, which name the program as it was given. */
async function refuseMissing(program: string): Promise<void> {
  if (program.includes("/")) return;
  for (const folder of (process.env["PATH"] ?? "").split(":")) {
    if (await isRunnable(`${folder}/${program}`)) return;
  }
  throw new KvorumError("unavailable", `exec: ${JSON.stringify(program)}: executable file not found in $PATH`);
}

async function isRunnable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false; // not there, or not for us: the next folder
  }
}

function wordsOf(error: unknown): string {
  const code = codeOf(error);
  if (code === "ENOENT") return "no such file or directory";
  return code === "EACCES" ? "permission denied" : messageOf(error);
}

function endGroup(pid: number, signal: "SIGTERM" | "SIGKILL"): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // nobody of the group is left
  }
}
