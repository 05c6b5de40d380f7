import { unreachable } from "../base/assert.ts";
import { KvorumError } from "../base/errors.ts";
import type { JsonValue } from "../base/json.ts";
import type { Keys, Kind } from "./schema/kinds.ts";
import { ROOT } from "./schema/root.ts";
import type { Definition, Setting } from "./settings.ts";

/** A configuration source is at fault. The texts are Consul's where it has one. */
export class ConfigError extends KvorumError {
  override readonly name = "ConfigError";
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super("config", message, options);
  }
}

interface Found {
  readonly unknown: string[];
  readonly wrong: string[];
  /** How whole numbers are called in errors: HCL has them, JSON does not. */
  readonly numberName: string;
}

/**
 * Checks a parsed file against the known keys and gives it back with keys in their one spelling.
 * Keys match without case. A list of one where one thing is expected counts as that thing, since that is how HCL blocks
 * arrive. `null` is as if the key were not there. Throws `ConfigError` that names every wrong type, else every unknown key.
 */
export function decodeConfig(raw: JsonValue, format: "json" | "hcl"): Definition {
  if (!isObject(raw)) throw new ConfigError(`json: cannot unmarshal ${jsonName(raw)} into Go value of type map[string]interface {}`);
  const found: Found = { unknown: [], wrong: [], numberName: format === "hcl" ? "int" : "float64" };
  const decoded = decodeObject(raw, ROOT, "", found);
  if (found.wrong.length > 0)
    throw new ConfigError(
      `${found.wrong.length} error(s) decoding:\n\n${found.wrong
        .sort()
        .map((text) => `* ${text}`)
        .join("\n")}`,
    );
  if (found.unknown.length > 0) throw new ConfigError(listErrors(found.unknown.map((key) => `invalid config key ${key}`)));
  return decoded;
}

/** Several errors as one text, in the layout that Consul prints. */
export function listErrors(messages: readonly string[]): string {
  const head = messages.length === 1 ? "1 error occurred:" : `${messages.length} errors occurred:`;
  return `${head}\n${messages.map((message) => `\t* ${message}`).join("\n")}\n\n`;
}

function decodeObject(raw: { readonly [key: string]: JsonValue | undefined }, keys: Keys, path: string, found: Found): Definition {
  const out: Record<string, Setting> = {};
  for (const [written, value] of Object.entries(raw)) {
    const named = spelling(written, keys);
    // Of two spellings of one key the exact one counts, and the other is none.
    const key = named !== undefined && named !== written && Object.hasOwn(raw, named) ? undefined : named;
    const kind = key === undefined ? undefined : keys.kinds.get(key);
    if (key === undefined || kind === undefined) {
      found.unknown.push(join(path, written));
      continue;
    }
    if (value === null || value === undefined) continue;
    const decoded = decodeValue(value, kind, join(path, key), found);
    if (decoded !== undefined) out[key] = decoded;
  }
  return out;
}

function spelling(written: string, keys: Keys): string | undefined {
  if (keys.kinds.has(written)) return written;
  const lower = written.toLowerCase();
  return keys.kinds.has(lower) ? lower : keys.aliases.get(lower);
}

function decodeValue(raw: JsonValue, kind: Kind, path: string, found: Found): Setting | undefined {
  const value = kind.kind === "list" || kind.kind === "opaque" ? raw : unwrapped(raw);
  if (value === undefined || value === null) return undefined;
  switch (kind.kind) {
    case "string":
      return typeof value === "string" ? value : wrong(`'${path}' expected type 'string', got unconvertible type '${goType(value, found)}'`, found);
    case "bool":
      return typeof value === "boolean" ? value : wrong(`'${path}' expected type 'bool', got unconvertible type '${goType(value, found)}'`, found);
    case "int":
    case "uint":
    case "uint32":
    case "uint64":
    case "float":
      return decodeNumber(value, kind.kind, path, found);
    case "list":
      return decodeList(value, kind.of, path, found);
    case "map":
      return decodeMap(value, kind.of, path, found);
    case "object":
      if (!isObject(value)) return wrong(`'${path}' expected a map, got '${shortType(value, found)}'`, found);
      return decodeObject(value, kind.keys(), path, found);
    case "opaque":
      return opaque(value);
    default:
      return unreachable(kind);
  }
}

function decodeNumber(value: JsonValue, kind: "int" | "uint" | "uint32" | "uint64" | "float", path: string, found: Found): Setting | undefined {
  if (typeof value !== "number" && typeof value !== "bigint") {
    const name = kind === "float" ? "float64" : kind;
    return wrong(`'${path}' expected type '${name}', got unconvertible type '${goType(value, found)}'`, found);
  }
  const number = Number(value);
  if (kind === "float") return number;
  const whole = Math.trunc(number);
  if (kind !== "int" && whole < 0)
    return wrong(`cannot parse '${path}', ${found.numberName === "int" && Number.isInteger(number) ? whole : number.toFixed(6)} overflows uint`, found);
  if (!Number.isSafeInteger(whole)) return wrong(`cannot parse '${path}', ${value} is too large`, found);
  return whole;
}

function decodeList(value: JsonValue, of: Kind, path: string, found: Found): Setting | undefined {
  if (!Array.isArray(value)) return wrong(`'${path}': source data must be an array or slice, got ${shortType(value, found)}`, found);
  const out: Setting[] = [];
  for (const [at, item] of (value as readonly JsonValue[]).entries()) {
    const decoded = decodeValue(item, of, `${path}[${at}]`, found);
    if (decoded !== undefined) out.push(decoded);
  }
  return out;
}

function decodeMap(value: JsonValue, of: Kind, path: string, found: Found): Setting | undefined {
  if (!isObject(value)) return wrong(`'${path}' expected a map, got '${shortType(value, found)}'`, found);
  const out: [string, Setting][] = [];
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined || item === null) continue;
    const decoded = decodeValue(item, of, `${path}[${key}]`, found);
    if (decoded !== undefined) out.push([key, decoded]);
  }
  return Object.fromEntries(out); // keys here are the users': one may be "__proto__"
}

function opaque(value: JsonValue): Setting | undefined {
  if (value === null) return undefined;
  if (typeof value === "bigint") return Number(value);
  if (typeof value !== "object") return value;
  if (isList(value)) return value.map(opaque).filter((item) => item !== undefined);
  const out: [string, Setting][] = [];
  for (const [key, item] of Object.entries(value)) {
    const kept = item === undefined ? undefined : opaque(item);
    if (kept !== undefined) out.push([key, kept]);
  }
  return Object.fromEntries(out);
}

function unwrapped(value: JsonValue): JsonValue | undefined {
  let inner: JsonValue | undefined = value;
  while (inner !== undefined && isList(inner) && inner.length === 1) inner = inner[0];
  return inner;
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function isObject(value: JsonValue): value is { readonly [key: string]: JsonValue | undefined } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function wrong(text: string, found: Found): undefined {
  found.wrong.push(text);
  return undefined;
}

function join(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}

function goType(value: JsonValue, found: Found): string {
  if (typeof value === "object") return isList(value) ? "[]interface {}" : "map[string]interface {}";
  return shortType(value, found);
}

function shortType(value: JsonValue, found: Found): string {
  if (typeof value === "number" || typeof value === "bigint") return Number.isInteger(Number(value)) ? found.numberName : "float64";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "string") return "string";
  return isList(value) ? "slice" : "map";
}

function jsonName(value: JsonValue): string {
  if (value === null) return "null";
  if (isList(value)) return "array";
  return typeof value === "boolean" ? "bool" : typeof value === "string" ? "string" : "number";
}
