import { KvorumError } from "../base/errors.ts";
import type { Client } from "../client/index.ts";
import { clientOf } from "./api-flags.ts";
import type { Terminal } from "./command.ts";
import type { Flags } from "./flags.ts";
import { FileError } from "./input.ts";

/** Runs a task with a client and closes it. What goes wrong is one line, led by `fault`, and exit code 1. */
export async function asking(
  { flags, terminal, fault }: { readonly flags: Flags; readonly terminal: Terminal; readonly fault: string },
  task: (client: Client) => Promise<number>,
): Promise<number> {
  let client: Client;
  try {
    client = await clientOf(flags, terminal);
  } catch (error) {
    return told(error, "Error connecting to Consul agent", terminal);
  }
  try {
    return await task(client);
  } catch (error) {
    return told(error, fault, terminal);
  } finally {
    client[Symbol.dispose]();
  }
}

/** One line of what went wrong with the outside, and exit code 1; a fault of Kvorum's own goes on up. */
export function told(error: unknown, fault: string, terminal: Terminal): number {
  if (!(error instanceof KvorumError || error instanceof FileError)) throw error;
  terminal.error(`${fault}: ${error.message}`);
  return 1;
}

/** What Consul says when there are more words than a command takes. */
export function tooMany(flags: Flags, expected: string): string {
  return `Too many arguments (expected ${expected}, got ${flags.rest.length})`;
}

/** Prints a line to standard error; exit code 1. */
export function refused(terminal: Terminal, line: string): number {
  terminal.error(line);
  return 1;
}
