import type { Removal } from "../../model/index.ts";
import { REMOVALS_KEPT, REMOVALS_SPARED } from "../limits.ts";
import type { WriteTx } from "../tx.ts";
import { compound, fold, type Tables } from "./tables.ts";

/** While there is one, the catalog has no such service or check: whoever writes it again takes the removal away (`forgetRemoval`). */
export function findRemoval(tables: Tables, what: Pick<Removal, "node" | "serviceId" | "checkId">): Removal | undefined {
  return tables.removals.size === 0 ? undefined : tables.removals.get(removalKey(what));
}

/** Keeps in mind that this was removed. Of too many the oldest go, a quarter at a time, so that looking for them is rare. */
export function bury(tx: WriteTx, removal: Omit<Removal, "index">): void {
  const { removals } = tx.tables;
  insertRemoval(tx.tables, { ...removal, index: tx.index });
  if (removals.size <= REMOVALS_KEPT) return;
  const oldestFirst = [...removals.entries()].sort(([aKey, a], [bKey, b]) => a.index - b.index || (aKey < bKey ? -1 : 1));
  for (const [key] of oldestFirst.slice(0, removals.size - REMOVALS_SPARED)) removals.delete(key);
}

/** It is there again, by somebody's will. */
export function forgetRemoval(tx: WriteTx, what: Pick<Removal, "node" | "serviceId" | "checkId">): void {
  if (tx.tables.removals.size > 0) tx.tables.removals.delete(removalKey(what));
}

/** Forgets removals that are older than this. */
export function applyReapRemovals(tx: WriteTx, { before }: { readonly before: number }): void {
  for (const [key, { at }] of [...tx.tables.removals.entries()]) if (at < before) tx.tables.removals.delete(key);
}

/** When the oldest was removed, in milliseconds since 1970; `undefined`: there is none. Looks at all of them. */
export function oldestRemoval(tables: Tables): number | undefined {
  let oldest: number | undefined;
  for (const [, { at }] of tables.removals.entries()) oldest = Math.min(oldest ?? at, at);
  return oldest;
}

/** Puts a row. */
export function insertRemoval(tables: Tables, removal: Removal): void {
  tables.removals.set(removalKey(removal), removal);
}

function removalKey({ node, serviceId, checkId }: Pick<Removal, "node" | "serviceId" | "checkId">): string {
  return serviceId === "" ? compound(fold(node), "check", fold(checkId)) : compound(fold(node), "service", fold(serviceId));
}
