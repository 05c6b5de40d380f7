import type { Environment } from "../client/index.ts";
import { FlagError, type FlagSpec, Flags, HelpRequest, parseFlags } from "./flags.ts";
import { byName, commandHelp, flagList } from "./usage.ts";

/** Where a command reads from and prints to: the process in the world, buffers in tests. */
export interface Terminal {
  readonly env: Environment;
  /** Text to standard output, as it is. */
  write(text: string | Uint8Array): void;
  /** A line to standard output. */
  print(line: string): void;
  /** A line to standard error. */
  error(line: string): void;
  /** Standard input to its end. */
  input(): Promise<Buffer>;
  /** Called when the user interrupts. Disposing stops listening. */
  onInterrupt(run: (signal: "SIGINT" | "SIGTERM") => void): Disposable;
}

/** A command after its flags were read. Gives the exit code. */
export type Run = (flags: Flags, terminal: Terminal) => Promise<number>;

export interface Command {
  /** As after `Usage: kvorum`. */
  readonly usage: string;
  readonly help: string;
  /** Flags that say which agent to ask; shown in a part of the help of their own. */
  readonly api?: readonly FlagSpec[];
  readonly flags?: readonly FlagSpec[];
  /** Said after the list of flags when one is wrong; the fault itself always stands before it. */
  readonly flagFault?: (message: string) => string;
  readonly run: Run;
}

/** Reads the flags and runs. Help goes to standard output and is 0; wrong flags are told with the list of the right ones, and are 1. */
export async function runCommand(command: Command, args: readonly string[], terminal: Terminal): Promise<number> {
  const api = command.api ?? [];
  const own = command.flags ?? [];
  const specs = [...api, ...own];
  let flags: Flags;
  try {
    flags = new Flags(parseFlags(specs, args));
  } catch (error) {
    if (error instanceof HelpRequest) {
      terminal.write(helpOf(command));
      return 0;
    }
    if (!(error instanceof FlagError)) throw error;
    terminal.error(error.message);
    terminal.error(flagList(specs));
    if (command.flagFault !== undefined) terminal.error(command.flagFault(error.message));
    return 1;
  }
  return command.run(flags, terminal);
}

/** The help text of a command. */
export function helpOf({ usage, help, api = [], flags = [] }: Command): string {
  return commandHelp(usage, help, [
    { title: "HTTP API Options", flags: [...api].sort(byName) },
    { title: "Command Options", flags: [...flags].sort(byName) },
  ]);
}
