import { createWriteStream, type WriteStream } from "node:fs";
import type { Terminal } from "./command.ts";

/**
 * Where the log goes: standard output, and a file when there is one. Lines are held back until `release`, so that the banner
 * comes first.
 */
export class LogOutput {
  readonly #terminal: Terminal;
  readonly #file: WriteStream | undefined;
  #held: string[] | undefined = [];

  constructor(terminal: Terminal, path: string) {
    this.#terminal = terminal;
    this.#file = path === "" ? undefined : createWriteStream(path.endsWith("/") ? `${path}kvorum.log` : path, { flags: "a" });
    this.#file?.on("error", (error) => terminal.error(`==> Cannot write the log file: ${error.message}`));
  }

  readonly write = (text: string): void => {
    this.#file?.write(text);
    if (this.#held === undefined) this.#terminal.write(indented(text));
    else this.#held.push(text);
  };

  /** Prints what was held back; from now on lines are printed as they come. */
  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const text of held) this.#terminal.write(indented(text));
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#file === undefined) resolve();
      else this.#file.end(() => resolve());
    });
  }
}

/** Consul sets its log in by four blanks; JSON lines stay as they are. */
function indented(text: string): string {
  return text.startsWith("{") ? text : `    ${text}`;
}
