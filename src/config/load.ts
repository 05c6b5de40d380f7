import { isJsonObject, type JsonValue } from "../base/json.ts";
import { JsonSyntaxError, parseWholeJson } from "../base/json-parse.ts";
import { buildConfig, type Host } from "./build.ts";
import { ConfigError, decodeConfig } from "./decode.ts";
import { type FlagValues, settingsOfFlags } from "./flags.ts";
import { parseHcl } from "./hcl/parser.ts";
import { maxConfigFileBytes } from "./limits.ts";
import type { Source } from "./merge.ts";
import { Reader } from "./reader.ts";
import type { RuntimeConfig } from "./runtime.ts";
import type { Definition } from "./settings.ts";

/** Where configuration files are read from. */
export interface ConfigFiles {
  /** What stands at this path. Rejects with the system's error when it cannot be looked at. */
  kind(path: string): Promise<"file" | "folder" | "none">;
  /** Rejects with the system's error. */
  read(path: string): Promise<Buffer>;
  /** Names in a folder, any order. */
  list(path: string): Promise<readonly string[]>;
}

export interface LoadRequest {
  readonly flags: FlagValues;
  readonly files: ConfigFiles;
  readonly host: Host;
}

/**
 * Reads all sources and merges them: defaults, those of -dev, files and folders in the order given (a folder's files by
 * name), flags, -hcl pieces. Rejects with `ConfigError` that names file and key.
 */
export async function loadConfig({ flags, files, host }: LoadRequest): Promise<RuntimeConfig> {
  const format = formatOf(flags.get("config-format"));
  const read: Source[] = [];
  const skipped: string[] = [];
  for (const path of texts(flags.get("config-file"))) read.push(...(await readPath(path, { files, format, skipped })));
  const hcl = texts(flags.get("hcl")).map((text, at) => parseSource(`flags-${at}.hcl`, text, "hcl"));
  const fromFlags = settingsOfFlags(flags);
  const settings = listsFirst(fromFlags, [...read.map((source) => source.settings), fromFlags, ...hcl.map((source) => source.settings)]);
  const config = buildConfig({ settings, devMode: flags.get("dev") === true, host });
  if (config.dataDir !== "" && (await files.kind(config.dataDir)) === "file")
    throw new ConfigError(`data_dir ${JSON.stringify(config.dataDir)} is not a directory`);
  return skipped.length === 0 ? config : Object.freeze({ ...config, warnings: Object.freeze([...skipped, ...config.warnings]) });
}

/** What files and folders say of services and checks, and of nothing else. Rejects with `ConfigError` that names file and key. */
export async function loadDefinitions(paths: readonly string[], files: ConfigFiles): Promise<Pick<RuntimeConfig, "services" | "checks">> {
  const read: Source[] = [];
  for (const path of paths) read.push(...(await readPath(path, { files, format: undefined, skipped: [] })));
  const each = read.map(({ settings }) => new Reader(settings));
  return {
    services: each.flatMap((from) => [...from.trees("services"), ...from.trees("service")]),
    checks: each.flatMap((from) => [...from.trees("checks"), ...from.trees("check")]),
  };
}

/** Single values of flags win over files, but lists of flags stand before those of files: so Consul merges them. */
function listsFirst(flags: Definition, inOrder: readonly Definition[]): readonly Definition[] {
  const lists: Record<string, Definition[string]> = {};
  const rest: Record<string, Definition[string]> = {};
  for (const [key, value] of Object.entries(flags)) (Array.isArray(value) ? lists : rest)[key] = value;
  return [lists, ...inOrder.map((settings) => (settings === flags ? rest : settings))];
}

type Format = "json" | "hcl";

interface Reading {
  readonly files: ConfigFiles;
  readonly format: Format | undefined;
  readonly skipped: string[];
}

async function readPath(path: string, reading: Reading): Promise<readonly Source[]> {
  const { files } = reading;
  const kind = await files.kind(path);
  if (kind === "none") throw new ConfigError(`config: Open failed on ${path}. open ${path}: no such file or directory`);
  if (kind === "file") return readFile(path, reading);
  const found: Source[] = [];
  for (const name of [...(await files.list(path))].sort()) {
    const inner = `${path.replace(/\/+$/, "")}/${name}`.replace(/^(\.\/+)+/, "");
    if ((await files.kind(inner)) === "file") found.push(...(await readFile(inner, reading)));
  }
  return found;
}

async function readFile(path: string, { files, format, skipped }: Reading): Promise<readonly Source[]> {
  const chosen = format ?? endingOf(path);
  if (chosen === undefined) {
    skipped.push(`skipping file ${path}, extension must be .hcl or .json, or config format must be set`);
    return [];
  }
  const content = await files.read(path);
  if (content.length > maxConfigFileBytes) throw new ConfigError(`config: ${path} is larger than ${maxConfigFileBytes} bytes`);
  return [parseSource(path, content.toString("utf8"), chosen)];
}

/** One source of settings, checked. Throws `ConfigError` that names it. */
export function parseSource(name: string, text: string, format: Format): Source {
  try {
    return { name, settings: decodeConfig(format === "hcl" ? parseHcl(text) : parseJsonFile(text), format) };
  } catch (error) {
    if (error instanceof ConfigError) throw new ConfigError(`failed to parse ${name}: ${error.message}`, { cause: error });
    throw error;
  }
}

function parseJsonFile(text: string): JsonValue {
  if (text === "") return {};
  try {
    const value = parseWholeJson(text);
    if (value === null) return {};
    return isJsonObject(value) ? { ...value } : value;
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw new ConfigError(error.message.replace(/^(unexpected )?EOF$/, "unexpected end of JSON input"), { cause: error });
    throw error;
  }
}

function endingOf(path: string): Format | undefined {
  if (path.endsWith(".json")) return "json";
  return path.endsWith(".hcl") ? "hcl" : undefined;
}

function formatOf(value: ReturnType<FlagValues["get"]>): Format | undefined {
  if (value === undefined || value === "") return undefined;
  if (value === "json" || value === "hcl") return value;
  throw new ConfigError("config: -config-format must be either 'hcl' or 'json'");
}

function texts(value: ReturnType<FlagValues["get"]>): readonly string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" ? value : [];
}
