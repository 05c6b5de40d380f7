import { refused } from "./asking.ts";
import { type Command, helpOf, type Terminal } from "./command.ts";

/** What Consul does with a command line that cannot be meant: the fault, then the help, and exit code 1. */
export function refusedWithHelp(terminal: Terminal, command: Command, fault: string): number {
  return refused(terminal, `${fault === "" ? "" : `${fault}\n\n`}${helpOf(command).trimEnd()}`);
}
