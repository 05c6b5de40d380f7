import { type ByteString, byteStringToBase64 } from "../../base/byte-string.ts";
import { quoteJsonBytes } from "../../base/json.ts";
import type { KvEntry } from "../kv.ts";
import { onceInARow } from "./once.ts";
import { writeList } from "./write.ts";

/** A key as Consul 1.8.7 prints it. Assembled by hand: this is the hottest text of all. */
export function writeKvEntry(entry: KvEntry, withValue = true): string {
  const value = !withValue || entry.value.length === 0 ? "null" : `"${byteStringToBase64(entry.value)}"`;
  const session = entry.session === "" ? "" : `"Session":"${entry.session}",`;
  return `{"LockIndex":${entry.lockIndex},"Key":${quoteJsonBytes(entry.key)},"Flags":${entry.flags},"Value":${value},${session}"CreateIndex":${entry.createIndex},"ModifyIndex":${entry.modifyIndex}}`;
}

/** A list of this one key. */
export const writeOneKvEntry = onceInARow((entry: KvEntry) => `[${writeKvEntry(entry)}]`);

export function writeKvEntries(entries: readonly KvEntry[]): string {
  return writeList(entries, (entry) => writeKvEntry(entry));
}

export function writeKeys(keys: readonly ByteString[]): string {
  return writeList(keys, quoteJsonBytes);
}
