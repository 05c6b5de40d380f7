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
  const out = new Map<string, Setting>(Object.entries(before));
  for (const [key, value] of Object.entries(after)) out.set(key, WHOLE.has(key) ? value : mergeSetting(out.get(key), value));
  return Object.fromEntries(out);
}

function mergeSetting(before: Setting | undefined, after: Setting): Setting {
  if (isList(before) && isList(after)) return [...before, ...after];
  return before !== undefined && isTree(before) && isTree(after) ? mergeTwo(before, after) : after;
}
