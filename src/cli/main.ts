import { KvorumError } from "../base/errors.ts";
import { runCommand, type Terminal } from "./command.ts";
import { COMMANDS, type Group, type Leaf, type Missing } from "./commands.ts";
import { processTerminal } from "./process-terminal.ts";
import { commandList } from "./usage.ts";

const UNKNOWN_COMMAND = 127;

/** Runs one command line (without the program's own name). Sets `process.exitCode`; never ends the process itself. */
export async function main(argv: readonly string[]): Promise<void> {
  // to an agent it means "read the configuration anew", and must not end one that is still being loaded
  if (argv[0] === "agent") process.on("SIGHUP", () => undefined);
  process.exitCode = await run(argv, processTerminal());
}

/** As `main`, on any terminal; gives the exit code. Rejects only for faults of Kvorum itself. */
export async function run(argv: readonly string[], terminal: Terminal): Promise<number> {
  const [name = "", ...args] = argv;
  if (/^--?(v|version)$/.test(name)) return run(["version"], terminal);
  if (asksForHelp(name)) {
    terminal.write(overview());
    return 0;
  }
  const found = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (found !== undefined) return descend(name, found, args, terminal);
  terminal.error(overview());
  return UNKNOWN_COMMAND;
}

async function descend(name: string, found: Leaf | Group | Missing, args: readonly string[], terminal: Terminal): Promise<number> {
  if (found.kind === "missing") {
    if (args.some(asksForHelp)) {
      terminal.write(`Usage: kvorum ${name} [options] [args]\n\n  ${found.synopsis}\n\n  This command of Consul is not there yet: every call of it fails.\n`);
      return 0;
    }
    terminal.error(`${name}: this command of Consul is not there yet`);
    return 1;
  }
  if (found.kind === "command") return runLeaf(found, args, terminal);
  const [next = "", ...rest] = args;
  const inner = Object.hasOwn(found.commands, next) ? found.commands[next] : undefined;
  if (inner !== undefined) return descend(next, inner, rest, terminal);
  const help = groupHelp(found);
  if (asksForHelp(next)) {
    terminal.write(`${help}\n`);
    return 0;
  }
  terminal.error(help);
  return 1;
}

/** An operating error that the command did not put in words of its own is one line and exit code 1. */
async function runLeaf({ load }: Leaf, args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await runCommand(await load(), args, terminal);
  } catch (error) {
    if (!(error instanceof KvorumError)) throw error;
    terminal.error(error.message);
    return 1;
  }
}

function asksForHelp(word: string): boolean {
  return /^--?(h|help)$/.test(word);
}

function groupHelp({ usage, help, commands }: Group): string {
  const list = Object.entries(commands).map(([name, { synopsis }]) => [name, synopsis] as const);
  return `Usage: kvorum ${usage}\n\n${help.replace(/^(?=.)/gm, "  ")}\n\nSubcommands:\n${commandList(list)}`;
}

function overview(): string {
  const list = Object.entries(COMMANDS).map(([name, { kind, synopsis }]) => [name, kind === "missing" ? `${synopsis} (not there yet)` : synopsis] as const);
  return `Usage: kvorum [--version] [--help] <command> [<args>]\n\nAvailable commands are:\n${commandList(list)}\n`;
}
