import { type ByteString, byteStringToUtf8 } from "../../base/byte-string.ts";
import { KvorumError } from "../../base/errors.ts";
import type { KvWrite, RequestOf, TxnAnswer, TxnError, TxnOp } from "../../model/index.ts";
import { done, propose, type ServerContext } from "../context.ts";
import { settleTxn } from "./registration.ts";

/** Consul api-docs, KV store. False: the condition did not hold, or the key is under lock-delay. */
export async function applyKv(context: ServerContext, { write }: RequestOf<"KV.Apply">): Promise<boolean> {
  if (write.verb !== "delete-tree" && write.key === "") throw new KvorumError("internal", "Must provide key");
  const delayed = lockDelayed(context, write);
  if (delayed !== undefined) {
    context.logger.warn("Lock refused: the key is under lock-delay", { key: byteStringToUtf8(delayed) });
    return false;
  }
  const { clock } = context.platform;
  const began = clock.now();
  const applied = done(await propose(context, "kv.write", write));
  context.meters.kvApply.observe(clock.now() - began);
  return applied;
}

/** Consul api-docs, transactions. The rules of the store are the store's; only the leader knows of lock-delays. */
export async function applyTxn(context: ServerContext, { ops }: RequestOf<"Txn.Apply">): Promise<TxnAnswer> {
  const settled = settleTxn(ops);
  const errors = [...settled.errors, ...ops.flatMap((op, opIndex) => lockDelayError(context, op, opIndex))].sort((a, b) => a.opIndex - b.opIndex);
  if (errors.length > 0) return { results: [], errors };
  const { clock } = context.platform;
  const began = clock.now();
  const removes = settled.ops.some((op) => (op.kind === "service" || op.kind === "check") && (op.verb === "delete" || op.verb === "delete-cas"));
  const answer = await (removes ? propose(context, "txn.remove", { ops: settled.ops, at: clock.wall() }) : propose(context, "txn", { ops: settled.ops }));
  context.meters.txnApply.observe(clock.now() - began);
  return answer;
}

function lockDelayError(context: ServerContext, op: TxnOp, opIndex: number): readonly TxnError[] {
  if (op.kind !== "kv" || op.op.verb !== "lock") return [];
  const delayed = lockDelayed(context, op.op);
  return delayed === undefined ? [] : [{ opIndex, what: `failed to lock key "${byteStringToUtf8(delayed)}" due to lock delay` }];
}

function lockDelayed(context: ServerContext, write: KvWrite): ByteString | undefined {
  return write.verb === "lock" && context.lockDelays.holds(write.key) ? write.key : undefined;
}
