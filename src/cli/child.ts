import { type ChildProcess, spawn } from "node:child_process";
import { fileError } from "./input.ts";

/** A command to run for the user. */
export interface ChildRequest {
  readonly words: readonly string[];
  /** Through a shell (`$SHELL`, else `/bin/sh`); otherwise the first word is the program. */
  readonly shell: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What it reads: nothing, what this process reads, or these bytes. */
  readonly input: "none" | "inherit" | Uint8Array;
}

/** How a child ended: code 0, or what went wrong in Go's words. */
export type ChildEnd = { readonly kind: "done" } | { readonly kind: "not-started"; readonly why: string } | { readonly kind: "failed"; readonly why: string };

export interface Child {
  readonly ended: Promise<ChildEnd>;
  /** Sends a signal to it and, through a shell, to what the shell started. */
  kill(signal: "SIGTERM" | "SIGKILL"): void;
}

/**
 * Starts a child whose output goes where ours goes. It has a process group of its own, so that all it starts can be ended with it;
 * not one that reads our terminal, since a terminal stops readers of other groups.
 */
export function startChild({ words, shell, env, input }: ChildRequest): Child {
  const program = shell ? env["SHELL"] || "/bin/sh" : (words[0] ?? "");
  const args = shell ? ["-c", words.join(" ")] : words.slice(1);
  const stdin = input === "inherit" ? "inherit" : input === "none" ? "ignore" : "pipe";
  const child = spawn(program, args, { env: { ...env }, stdio: [stdin, "inherit", "inherit"], detached: input !== "inherit" });
  if (child.stdin !== null && typeof input === "object") {
    child.stdin.on("error", () => {}); // a child that does not read its input is no fault of anybody's
    child.stdin.end(input);
  }
  return { ended: end(child, program), kill: (signal) => (input === "inherit" ? void child.kill(signal) : killGroup(child, signal)) };
}

function end(child: ChildProcess, program: string): Promise<ChildEnd> {
  return new Promise((resolve) => {
    child.on("error", (error) => {
      const missing = "code" in error && error.code === "ENOENT" && !program.includes("/");
      resolve({
        kind: "not-started",
        why: missing ? `exec: ${JSON.stringify(program)}: executable file not found in $PATH` : fileError(error, "fork/exec", program).message,
      });
    });
    child.on("exit", (code, signal) => {
      if (code === 0) resolve({ kind: "done" });
      else resolve({ kind: "failed", why: code === null ? `signal: ${signalName(signal)}` : `exit status ${code}` });
    });
  });
}

function killGroup(child: ChildProcess, signal: "SIGTERM" | "SIGKILL"): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    child.kill(signal); // its group is gone already
  }
}

function signalName(signal: NodeJS.Signals | null): string {
  const names: Partial<Record<NodeJS.Signals, string>> = {
    SIGKILL: "killed",
    SIGTERM: "terminated",
    SIGINT: "interrupt",
    SIGHUP: "hangup",
    SIGSEGV: "segmentation fault",
  };
  return signal === null ? "unknown" : (names[signal] ?? signal);
}
