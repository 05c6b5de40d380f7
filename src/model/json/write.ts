import { quoteJson } from "../../base/json.ts";

/** `null` for a list that is not there, as Go prints a nil slice. */
export function writeTexts(texts: readonly string[] | undefined): string {
  return texts === undefined ? "null" : `[${texts.map(quoteJson).join(",")}]`;
}

/** A map of texts with its names in Go's order; `null` when it is not there. */
export function writeTextMap(map: Readonly<Record<string, string>> | undefined): string {
  return writeMap(map, quoteJson);
}

export function writeMap<T>(map: Readonly<Record<string, T>> | undefined, write: (value: T) => string): string {
  if (map === undefined) return "null";
  const members = Object.entries(map).sort(byName);
  return `{${members.map(([name, value]) => `${quoteJson(name)}:${write(value)}`).join(",")}}`;
}

export function writeList<T>(items: readonly T[], write: (item: T) => string): string {
  let out = "[";
  for (let at = 0; at < items.length; at++) {
    const item = items[at];
    if (item !== undefined) out += at === 0 ? write(item) : `,${write(item)}`;
  }
  return `${out}]`;
}

function byName(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
}
