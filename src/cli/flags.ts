import { DurationError, parseDuration } from "../base/duration.ts";

/**
 * How the value of a flag is read.
 *
 * - `bool`: alone it is true; `-b=false` and the other words that Go takes
 * - `boolValue`: needs a value, such as `-cleanup-dead-servers=true`
 * - `strings`: may be given several times
 */
export type FlagKind = "bool" | "boolValue" | "string" | "int" | "uint" | "duration" | "strings";

export interface FlagSpec {
  readonly name: string;
  readonly kind: FlagKind;
  readonly help: string;
  /** What stands for the value in the help. */
  readonly value?: string;
  /** Collected under this name, in the order given, with the values of other flags that say the same. */
  readonly into?: string;
  /** Faults are told in full, as for the flags that Consul reads itself; else in the two words that Go has for its own. */
  readonly full?: boolean;
}

export type FlagValue = string | number | bigint | boolean | readonly string[];

export interface ParsedFlags {
  readonly values: ReadonlyMap<string, FlagValue>;
  readonly rest: readonly string[];
}

/** A command line that cannot be read. The text is that of Go's `flag` package. */
export class FlagError extends Error {
  override readonly name = "FlagError";
}

/** `-h`, `-help` or `--help` was given. */
export class HelpRequest extends Error {
  override readonly name = "HelpRequest";
}

const TRUE = new Set(["1", "t", "T", "TRUE", "true", "True"]);
const FALSE = new Set(["0", "f", "F", "FALSE", "false", "False"]);
const INT64_MAX = (1n << 63n) - 1n;
const UINT64_MAX = (1n << 64n) - 1n;

/**
 * Reads flags up to the first word that is none, or `--`; one dash or two, `-flag=value` or `-flag value`.
 * Go's flag package. Throws `FlagError`, and `HelpRequest` where help was asked for and no flag has that name.
 */
export function parseFlags(specs: readonly FlagSpec[], args: readonly string[]): ParsedFlags {
  const byName = new Map(specs.map((spec) => [spec.name, spec]));
  const values = new Map<string, FlagValue>();
  let at = 0;
  while (at < args.length) {
    const word = args[at] ?? "";
    const match = /^--?([^=]*)(?:=(.*))?$/s.exec(word);
    if (word === "-" || match === null) break;
    at += 1;
    if (word === "--") break;
    const name = match[1] ?? "";
    if (name === "" || name.startsWith("-")) throw new FlagError(`bad flag syntax: ${word}`);
    const spec = byName.get(name);
    if (spec === undefined) throw name === "h" || name === "help" ? new HelpRequest() : new FlagError(`flag provided but not defined: -${name}`);
    let text = match[2];
    if (text === undefined && spec.kind === "bool") text = "true";
    else if (text === undefined) {
      text = args[at];
      at += 1;
      if (text === undefined) throw new FlagError(`flag needs an argument: -${name}`);
    }
    store(values, spec, text);
  }
  return { values, rest: args.slice(at) };
}

/** What a word says, as Go reads truth: `1`, `t`, `true` … `undefined`: neither. */
export function flagTruth(text: string): boolean | undefined {
  return TRUE.has(text) ? true : FALSE.has(text) ? false : undefined;
}

function store(values: Map<string, FlagValue>, spec: FlagSpec, text: string): void {
  const name = spec.into ?? spec.name;
  if (spec.kind !== "strings") {
    values.set(name, read(spec, text));
    return;
  }
  const before = values.get(name);
  values.set(name, [...(typeof before === "object" ? before : []), text]);
}

function read(spec: FlagSpec, text: string): FlagValue {
  const { kind } = spec;
  switch (kind) {
    case "bool":
    case "boolValue":
      return truth(spec, text);
    case "int": {
      const value = integer(text);
      if (value === undefined) throw invalid(spec, text, numberFault(spec, "Atoi", text, "invalid syntax"));
      if (value > INT64_MAX || value < -INT64_MAX - 1n) throw invalid(spec, text, numberFault(spec, "Atoi", text, "value out of range"));
      return Number(value);
    }
    case "uint": {
      const value = integer(text);
      if (value === undefined || /^[+-]/.test(text)) throw invalid(spec, text, numberFault(spec, "ParseUint", text, "invalid syntax"));
      if (value > UINT64_MAX) throw invalid(spec, text, numberFault(spec, "ParseUint", text, "value out of range"));
      return value;
    }
    case "duration":
      try {
        return parseDuration(text);
      } catch (error) {
        if (error instanceof DurationError) throw invalid(spec, text, spec.full === true ? error.message : "parse error");
        throw error;
      }
    default:
      return text;
  }
}

function truth(spec: FlagSpec, text: string): boolean {
  const value = flagTruth(text);
  if (value !== undefined) return value;
  throw new FlagError(`invalid boolean value ${JSON.stringify(text)} for -${spec.name}: ${numberFault(spec, "ParseBool", text, "invalid syntax")}`);
}

function numberFault({ full }: FlagSpec, parser: string, text: string, why: string): string {
  if (full === true) return `strconv.${parser}: parsing ${JSON.stringify(text)}: ${why}`;
  return why === "invalid syntax" ? "parse error" : why;
}

function integer(text: string): bigint | undefined {
  return /^[+-]?\d+$/.test(text) ? BigInt(text.replace(/^\+/, "")) : undefined;
}

function invalid({ name }: FlagSpec, text: string, why: string): FlagError {
  return new FlagError(`invalid value ${JSON.stringify(text)} for flag -${name}: ${why}`);
}

/** Typed looks at parsed flags. */
export class Flags {
  readonly rest: readonly string[];
  readonly values: ReadonlyMap<string, FlagValue>;

  constructor({ values, rest }: ParsedFlags) {
    this.values = values;
    this.rest = rest;
  }

  string(name: string, otherwise = ""): string {
    const value = this.values.get(name);
    return typeof value === "string" ? value : otherwise;
  }

  /** Of a flag that may be given several times, in the order given. */
  strings(name: string): readonly string[] {
    const value = this.values.get(name);
    return typeof value === "object" ? value : [];
  }

  bool(name: string, otherwise = false): boolean {
    const value = this.values.get(name);
    return typeof value === "boolean" ? value : otherwise;
  }

  int(name: string, otherwise: number): number {
    const value = this.values.get(name);
    return typeof value === "number" ? value : otherwise;
  }

  /** Of `uint` and `duration` (nanoseconds) flags; `undefined` when not given. */
  big(name: string): bigint | undefined {
    const value = this.values.get(name);
    return typeof value === "bigint" ? value : undefined;
  }

  has(name: string): boolean {
    return this.values.has(name);
  }
}
