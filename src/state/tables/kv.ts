import { unreachable } from "../../base/assert.ts";
import { type ByteString, bytesToByteString } from "../../base/byte-string.ts";
import { goQuote } from "../../base/go-quote.ts";
import type { KvEntry, KvWrite } from "../../model/index.ts";
import { Refusal } from "../outcome.ts";
import type { WriteTx } from "../tx.ts";
import { foldSessionId, sessionIdFault } from "./session-id.ts";
import { compound, under } from "./tables.ts";

type Put = Extract<KvWrite, { readonly value: Uint8Array }>;

/** One write. False: its condition did not hold. Consul api-docs, KV store. Throws `Refusal`, with nothing changed. */
export function applyKvWrite(tx: WriteTx, write: KvWrite): boolean {
  switch (write.verb) {
    case "set":
      return set(tx, write);
    case "cas":
      return cas(tx, write);
    case "lock":
      return lock(tx, write);
    case "unlock":
      return unlock(tx, write);
    case "delete":
      deleteKey(tx, write.key);
      return true;
    case "delete-cas":
      return deleteCas(tx, write);
    case "delete-tree":
      deleteTree(tx, write.prefix);
      return true;
    default:
      return unreachable(write);
  }
}

/** Forgets tombstones up to the index: a list under such a prefix falls back to the indexes of what is there. */
export function applyKvReap(tx: WriteTx, upTo: number): void {
  const old: string[] = [];
  tx.tables.tombstones.scan("", (key, index) => {
    if (index <= upTo) old.push(key);
    return true;
  });
  for (const key of old) tx.tables.tombstones.delete(key);
}

/** Frees a key whose session has ended. */
export function releaseKey(tx: WriteTx, key: ByteString): void {
  const entry = tx.tables.kv.get(key);
  if (entry !== undefined) put(tx, entry, { ...entry, session: "", modifyIndex: tx.index });
}

export function deleteKey(tx: WriteTx, key: ByteString): void {
  const entry = tx.tables.kv.delete(key);
  if (entry === undefined) return;
  if (entry.session !== "") tx.tables.locks.delete(compound(entry.session, key));
  bury(tx, key);
  tx.bump("kvs");
  tx.changedKey(key);
}

/** A plain set keeps the session and puts the lock index back to 0, as Consul 1.8.7 does. */
function set(tx: WriteTx, write: Put): true {
  const old = tx.tables.kv.get(write.key);
  put(tx, old, entryOf(tx, write, old, { lockIndex: 0, session: old?.session ?? "" }));
  return true;
}

function cas(tx: WriteTx, write: Put & { readonly index: number }): boolean {
  const old = tx.tables.kv.get(write.key);
  if ((old?.modifyIndex ?? 0) !== write.index) return false;
  return set(tx, write);
}

function lock(tx: WriteTx, write: Put & { readonly session: string }): boolean {
  requireSession(write.session);
  const fault = sessionIdFault(write.session);
  if (fault !== undefined) throw new Refusal(fault);
  const session = tx.tables.sessions.get(foldSessionId(write.session))?.id;
  if (session === undefined) throw new Refusal(`invalid session ${goQuote(write.session)}`);
  const old = tx.tables.kv.get(write.key);
  if (old !== undefined && old.session !== "" && old.session !== session) return false;
  const lockIndex = (old?.lockIndex ?? 0) + (old?.session === session ? 0 : 1);
  put(tx, old, entryOf(tx, write, old, { lockIndex, session }));
  return true;
}

function unlock(tx: WriteTx, write: Put & { readonly session: string }): boolean {
  requireSession(write.session);
  const old = tx.tables.kv.get(write.key);
  if (old === undefined || old.session !== write.session) return false;
  put(tx, old, entryOf(tx, write, old, { lockIndex: old.lockIndex, session: "" }));
  return true;
}

function requireSession(session: string): void {
  if (session === "") throw new Refusal("missing session");
}

/** True also when there was nothing to delete. */
function deleteCas(tx: WriteTx, { key, index }: { readonly key: ByteString; readonly index: number }): boolean {
  const old = tx.tables.kv.get(key);
  if (old === undefined) return true;
  if (old.modifyIndex !== index) return false;
  deleteKey(tx, key);
  return true;
}

/** One tombstone for all: whoever lists below the prefix finds nothing there, and then the index of the whole table counts. */
function deleteTree(tx: WriteTx, prefix: ByteString): void {
  const { kv, locks } = tx.tables;
  if (kv.deletePrefix(prefix) === 0) return;
  const freed: string[] = [];
  locks.scan("", (at, key) => {
    if (key.startsWith(prefix)) freed.push(at);
    return true;
  });
  for (const at of freed) locks.delete(at);
  if (prefix !== "") bury(tx, prefix);
  tx.bump("kvs");
  tx.changedUnder(prefix);
}

function bury(tx: WriteTx, key: ByteString): void {
  tx.tables.tombstones.set(key, tx.index);
  tx.bump("tombstones");
  const last = tx.events.at(-1);
  if (last?.kind !== "tombstone") tx.tell({ kind: "tombstone", index: tx.index });
}

function entryOf(tx: WriteTx, write: Put, old: KvEntry | undefined, held: { readonly lockIndex: number; readonly session: string }): KvEntry {
  const createIndex = old?.createIndex ?? tx.index;
  const value = bytesToByteString(write.value);
  // The old key's text is kept, so that a key that is written again and again does not hold one string in the row and another in the tree.
  return { key: old?.key ?? write.key, value, flags: write.flags, lockIndex: held.lockIndex, session: held.session, createIndex, modifyIndex: tx.index };
}

/** Puts a row unless it would change nothing: then no index moves and nobody wakes. */
function put(tx: WriteTx, old: KvEntry | undefined, entry: KvEntry): void {
  if (old !== undefined && same(old, entry)) return;
  const { kv, locks } = tx.tables;
  kv.set(entry.key, entry);
  if (old !== undefined && old.session !== "" && old.session !== entry.session) locks.delete(compound(old.session, entry.key));
  if (entry.session !== "" && old?.session !== entry.session) locks.set(compound(entry.session, entry.key), entry.key);
  tx.bump("kvs");
  tx.changedKey(entry.key);
}

function same(a: KvEntry, b: KvEntry): boolean {
  return a.value === b.value && a.flags === b.flags && a.session === b.session && a.lockIndex === b.lockIndex;
}

/** The keys that a session holds. */
export function keysHeldBy(tx: WriteTx, session: string): readonly ByteString[] {
  return tx.tables.locks.valuesUnder(under(session));
}
