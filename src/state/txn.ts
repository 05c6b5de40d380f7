import { BugError, unreachable } from "../base/assert.ts";
import type { ByteString } from "../base/byte-string.ts";
import { goQuote, goQuoteBytes } from "../base/go-quote.ts";
import type { CatalogVerb, KvEntry, KvRead, KvWrite, TxnAnswer, TxnError, TxnOp, TxnResult } from "../model/index.ts";
import { Refusal } from "./outcome.ts";
import { applyKvWrite } from "./tables/kv.ts";
import type { WriteTx } from "./tx.ts";
import { checkTarget, nodeTarget, serviceTarget, type Target } from "./txn-catalog.ts";

/**
 * Does the operations in order, each seeing those before it, and all of them also after one has failed, so that every failure is told.
 * With `errors` in the answer the caller rolls back. Consul api-docs, transactions; error texts are Consul's.
 * With `removedAt`, in milliseconds since 1970, services and checks are deleted for good.
 */
export function runTxn(tx: WriteTx, ops: readonly TxnOp[], removedAt?: number): TxnAnswer {
  const results: TxnResult[] = [];
  const errors: TxnError[] = [];
  ops.forEach((op, opIndex) => {
    try {
      results.push(...runOp(tx, op, removedAt));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      errors.push({ opIndex, what: error.message });
    }
  });
  return errors.length > 0 ? { results: [], errors } : { results, errors };
}

/** Whether an operation changes nothing, so that a transaction of such can be read anywhere. */
export function isRead(op: TxnOp): boolean {
  switch (op.kind) {
    case "kv":
      return ["get", "get-tree", "check-index", "check-session", "check-not-exists"].includes(op.op.verb);
    case "node":
    case "service":
    case "check":
      return op.verb === "get";
    case "refused":
      return true;
    default:
      return unreachable(op);
  }
}

function runOp(tx: WriteTx, op: TxnOp, removedAt: number | undefined): readonly TxnResult[] {
  switch (op.kind) {
    case "kv":
      return runKv(tx, op.op);
    case "node":
      return runCatalog(op.verb, op.index, nodeTarget(tx, op.node));
    case "service":
      return runCatalog(op.verb, op.index, serviceTarget(tx, op.service, removedAt));
    case "check":
      return runCatalog(op.verb, op.index, checkTarget(tx, op.check, removedAt));
    case "refused":
      throw new Refusal(op.what);
    default:
      return unreachable(op);
  }
}

function runKv(tx: WriteTx, op: KvWrite | KvRead): readonly TxnResult[] {
  switch (op.verb) {
    case "get":
      return [{ kind: "kv", entry: existing(tx, op.key, (key) => `key ${key} doesn't exist`), withValue: true }];
    case "get-tree":
      return tx.tables.kv.valuesUnder(op.prefix).map((entry) => ({ kind: "kv", entry, withValue: true }));
    case "check-index":
      return withoutValue(checkIndex(tx, op.key, op.index));
    case "check-session":
      return withoutValue(checkSession(tx, op.key, op.session));
    case "check-not-exists":
      if (tx.tables.kv.get(op.key) !== undefined) throw new Refusal(`key ${goQuoteBytes(op.key)} exists`);
      return [];
    case "delete":
    case "delete-cas":
    case "delete-tree":
      if (!applyKvWrite(tx, op)) throw new Refusal(lost(op));
      return [];
    case "set":
    case "cas":
    case "lock":
    case "unlock":
      if (!applyKvWrite(tx, op)) throw new Refusal(lost(op));
      return withoutValue(existing(tx, op.key, () => "no such key"));
    default:
      return unreachable(op);
  }
}

function checkIndex(tx: WriteTx, key: ByteString, index: number): KvEntry {
  const entry = existing(tx, key, (quoted) => `failed to check index, key ${quoted} doesn't exist`);
  if (entry.modifyIndex !== index) {
    throw new Refusal(`failed index check for key ${goQuoteBytes(key)}, current modify index ${entry.modifyIndex} != ${index}`);
  }
  return entry;
}

function checkSession(tx: WriteTx, key: ByteString, session: string): KvEntry {
  const entry = existing(tx, key, (quoted) => `failed to check session, key ${quoted} doesn't exist`);
  if (entry.session !== session) {
    throw new Refusal(`failed session check for key ${goQuoteBytes(key)}, current session ${goQuote(entry.session)} != ${goQuote(session)}`);
  }
  return entry;
}

/** What is said when the condition of a write did not hold. */
function lost(write: KvWrite): string {
  switch (write.verb) {
    case "cas":
      return `failed to set key ${goQuoteBytes(write.key)}, index is stale`;
    case "lock":
      return `failed to lock key ${goQuoteBytes(write.key)}, lock is already held`;
    case "unlock":
      return `failed to unlock key ${goQuoteBytes(write.key)}, lock isn't held, or is held by another session`;
    case "delete-cas":
      return `failed to delete key ${goQuoteBytes(write.key)}, index is stale`;
    case "set":
    case "delete":
    case "delete-tree":
      throw new BugError("a write without condition cannot be lost");
    default:
      return unreachable(write);
  }
}

function existing(tx: WriteTx, key: ByteString, missing: (quoted: string) => string): KvEntry {
  const entry = tx.tables.kv.get(key);
  if (entry === undefined) throw new Refusal(missing(goQuoteBytes(key)));
  return entry;
}

function withoutValue(entry: KvEntry): readonly TxnResult[] {
  return [{ kind: "kv", entry, withValue: false }];
}

/** The verbs are the same for nodes, services and checks. Index 0 in a `cas`: only if it is not there. */
function runCatalog(verb: CatalogVerb, index: number, target: Target): readonly TxnResult[] {
  switch (verb) {
    case "get": {
      const found = target.find();
      if (found === undefined) throw new Refusal(`${target.what} doesn't exist`);
      return [found.result];
    }
    case "cas":
      if ((target.stored()?.modifyIndex ?? 0) !== index) throw new Refusal(`failed to set ${target.what}, index is stale`);
      return target.hidesFaults ? written(target) : write(target);
    case "set":
      return write(target);
    case "delete-cas":
      if (target.stored()?.modifyIndex !== index) throw new Refusal(`failed to delete ${target.what}, index is stale`);
      target.remove();
      return [];
    case "delete":
      target.remove();
      return [];
    default:
      return unreachable(verb);
  }
}

/** What Consul 1.8.7 answers to a `cas` that is refused once its index has been found right: nothing, and no error. */
function written(target: Target): readonly TxnResult[] {
  try {
    return write(target);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const found = target.find();
    return found === undefined ? [] : [found.result];
  }
}

function write(target: Target): readonly TxnResult[] {
  target.put();
  const found = target.find();
  return found === undefined ? [] : [found.result];
}
