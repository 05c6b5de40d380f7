import { type Definition, isList, isTree, type Setting } from "./settings.ts";

/** Where settings come from: a name for errors, and the checked tree. */
export interface Source {
  readonly name: string;
  readonly settings: Definition;
}

/** Definitions that replace each other as a whole: merging half of one check into another would make a third. */
const WHOLE: ReadonlySet<string> = new Set(["check", "service", "ca_config", "soa"]);

/**
 * Later sources win over earlier ones: single values replace, objects merge key by key, lists grow in order. This is how
 * Consul merges its files.
 */
export function mergeSettings(sources: readonly Definition[]): Definition {
  return sources.reduce<Definition>((merged, next) => mergeTwo(merged, next), {});
}

function mergeTwo(before: Definition, after: Definition): Definition {
  const out: Record<string, Setting> = { ...before };
  for (const [key, value] of Object.entries(after)) {
    const old = out[key];
    if (old === undefined || WHOLE.has(key)) out[key] = value;
    else if (isList(old) && isList(value)) out[key] = [...old, ...value];
    else if (isTree(old) && isTree(value)) out[key] = mergeTwo(old, value);
    else out[key] = value;
  }
  return out;
}
