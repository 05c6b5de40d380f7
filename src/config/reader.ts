import { DurationError, durationToMs, parseDuration } from "../base/duration.ts";
import { type Definition, isList, isTree, type Setting, settingAt } from "./settings.ts";

/** Reads typed values out of checked settings by their dotted keys, and gathers what is wrong with them. */
export class Reader {
  readonly settings: Definition;
  /** What is wrong, in Consul's words, key first. */
  readonly errors: string[] = [];

  constructor(settings: Definition) {
    this.settings = settings;
  }

  has(key: string): boolean {
    return settingAt(this.settings, key) !== undefined;
  }

  string(key: string, otherwise = ""): string {
    const value = settingAt(this.settings, key);
    return typeof value === "string" ? value : otherwise;
  }

  bool(key: string, otherwise = false): boolean {
    const value = settingAt(this.settings, key);
    return typeof value === "boolean" ? value : otherwise;
  }

  number(key: string, otherwise: number): number {
    const value = settingAt(this.settings, key);
    return typeof value === "number" ? value : otherwise;
  }

  /** A Go duration in milliseconds; a text that is none counts as 0 and is an error. */
  duration(key: string, otherwiseMs: number): number {
    const text = settingAt(this.settings, key);
    if (typeof text !== "string") return otherwiseMs;
    return this.durationText(key, text);
  }

  /** The same of a text that stands at a place without a dotted key. */
  durationText(key: string, text: string): number {
    try {
      return durationToMs(parseDuration(text));
    } catch (error) {
      if (!(error instanceof DurationError)) throw error;
      this.errors.push(`${key}: invalid duration: ${JSON.stringify(text)}: ${error.message}`);
      return 0;
    }
  }

  strings(key: string): readonly string[] {
    const value = settingAt(this.settings, key);
    return isList(value) ? value.filter((item) => typeof item === "string") : [];
  }

  stringMap(key: string): Readonly<Record<string, string>> {
    const value = settingAt(this.settings, key);
    if (!isTree(value)) return {};
    return Object.fromEntries(Object.entries(value).filter((pair): pair is [string, string] => typeof pair[1] === "string"));
  }

  trees(key: string): readonly Definition[] {
    const value: Setting | undefined = settingAt(this.settings, key);
    if (isTree(value)) return [value];
    return isList(value) ? value.filter(isTree) : [];
  }
}
