import type { FlagSpec } from "./flags.ts";

const WIDTH = 72;

/** The help of one command: how it is called, what it does, its options. The layout is that of Consul's help. */
export function commandHelp(usage: string, text: string, groups: readonly { readonly title: string; readonly flags: readonly FlagSpec[] }[]): string {
  const parts = [`Usage: kvorum ${usage}`, indent(text.trim())];
  for (const { title, flags } of groups) {
    if (flags.length > 0) parts.push(title, flags.map(flagHelp).join("\n\n"));
  }
  return `${parts.join("\n\n")}\n`;
}

/** The list of flags as Go prints it after a wrong one. */
export function flagList(specs: readonly FlagSpec[]): string {
  const lines = [...specs].sort(byName).map((spec) => {
    const value = placeholder(spec);
    return `  -${spec.name}${value === "" ? "" : ` ${value}`}\n    \t${spec.help}`;
  });
  return ["Usage:", ...lines].join("\n");
}

/** Lines of `name    synopsis` with the synopses in one column. */
export function commandList(commands: readonly (readonly [name: string, synopsis: string])[]): string {
  const width = Math.max(...commands.map(([name]) => name.length));
  return commands.map(([name, synopsis]) => `    ${name.padEnd(width)}    ${synopsis}`).join("\n");
}

/** Sorts flags by name, for help. */
export function byName(a: FlagSpec, b: FlagSpec): number {
  return a.name < b.name ? -1 : 1;
}

function flagHelp(spec: FlagSpec): string {
  const value = placeholder(spec);
  return `  -${spec.name}${value === "" ? "" : `=<${value}>`}\n${wrap(spec.help, WIDTH - 5)
    .map((line) => `     ${line}`)
    .join("\n")}`;
}

function placeholder({ kind, value }: FlagSpec): string {
  if (kind === "bool") return "";
  if (value !== undefined) return value;
  return kind === "boolValue" ? "true|false" : kind === "strings" ? "value" : kind;
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, "  ");
}
