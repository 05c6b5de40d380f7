import { LinearPattern } from "../base/linear-pattern.ts";
import type { Query } from "./core/index.ts";
import { WireError } from "./wire/error.ts";
import { decodeFilter } from "./wire/serf.ts";

/** Whether a query's filters, all of them, mean a node of this name and these tags. What cannot be read means nobody. */
export function filtersMatch(filters: Query["filters"], name: string, tags: ReadonlyMap<string, string>): boolean {
  return (filters ?? []).every((each) => matches(each, name, tags));
}

function matches(bytes: Uint8Array | undefined, name: string, tags: ReadonlyMap<string, string>): boolean {
  try {
    const filter = decodeFilter(bytes);
    if (filter === undefined) return false;
    if (filter.kind === "nodes") return filter.names.includes(name);
    return LinearPattern.parse(filter.expression)?.test(tags.get(filter.tag) ?? "") ?? false;
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return false;
  }
}
