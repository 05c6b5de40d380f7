import { KvorumError } from "../../base/errors.ts";
import { isJsonArray, type JsonValue } from "../../base/json.ts";

/** A watch that cannot be meant; the texts are Consul's. */
export class WatchFault extends KvorumError {
  override readonly name = "WatchFault";
  constructor(message: string) {
    super("config", message);
  }
}

/** The parameters of a watch, taken out one by one: what is left at the end is nobody's. */
export class Parameters {
  readonly #left: Map<string, JsonValue>;

  constructor(given: Readonly<Record<string, JsonValue | undefined>>) {
    this.#left = new Map(Object.entries(given).flatMap(([name, value]) => (value === undefined || value === null ? [] : [[name, value] as const])));
  }

  has(name: string): boolean {
    return this.#left.has(name);
  }

  peek(name: string): JsonValue | undefined {
    return this.#left.get(name);
  }

  take(name: string): JsonValue | undefined {
    const value = this.#left.get(name);
    this.#left.delete(name);
    return value;
  }

  text(name: string): string {
    const value = this.#left.get(name);
    if (value === undefined) return "";
    if (typeof value !== "string") throw new WatchFault(`Expecting ${name} to be a string`);
    this.#left.delete(name);
    return value;
  }

  flag(name: string): boolean {
    const value = this.#left.get(name);
    if (value === undefined) return false;
    if (typeof value !== "boolean") throw new WatchFault(`Expecting ${name} to be a boolean`);
    this.#left.delete(name);
    return value;
  }

  /** A text alone counts as a list of one. */
  texts(name: string): readonly string[] {
    const value = this.#left.get(name);
    if (value === undefined) return [];
    const list = isJsonArray(value) ? value : [value];
    if (!list.every((each) => typeof each === "string")) throw new WatchFault(`Expecting ${name} to be a string or []string`);
    this.#left.delete(name);
    return list;
  }

  /** The names of what nobody took, sorted. */
  get left(): readonly string[] {
    return [...this.#left.keys()].sort();
  }

  /** What nobody took, as Go prints it in errors. */
  toString(): string {
    return goSyntax(Object.fromEntries(this.#left));
  }
}

/** Go's `%#v` of JSON. */
function goSyntax(value: JsonValue): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (value === null) return "interface {}(nil)";
  if (typeof value !== "object") return String(value);
  // Consul unwraps lists of one before it looks
  if (isJsonArray(value)) return value.length === 1 ? goSyntax(value[0] ?? null) : `[]interface {}{${value.map(goSyntax).join(", ")}}`;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[string]interface {}{${members.map(([key, each]) => `${JSON.stringify(key)}:${goSyntax(each ?? null)}`).join(", ")}}`;
}
