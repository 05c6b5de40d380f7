import { KvorumError } from "../../base/errors.ts";
import type { JsonObject } from "../../base/json.ts";
import {
  type Check,
  instanceFault,
  listed,
  nodeFault,
  type Registration,
  type ServiceInstance,
  serviceFaults,
  type TxnError,
  type TxnOp,
} from "../../model/index.ts";

type Unindexed<T> = Omit<T, "createIndex" | "modifyIndex">;

/** What a registration must have, and what it leaves out filled in. Throws `internal` with Consul's texts. */
export function settleRegistration(given: Registration): Registration {
  const { node, skipNodeUpdate } = given;
  if (node.node === "") throw new KvorumError("internal", "Must provide node");
  if (node.address === "" && !skipNodeUpdate) throw new KvorumError("internal", "Must provide address if SkipNodeUpdate is not set");
  refuse(nodeFault(node));
  const { service } = given;
  return {
    node,
    skipNodeUpdate,
    service: service === undefined ? undefined : settleService(service),
    checks: given.checks.map((check) => settleCheck({ ...check, node: check.node === "" ? node.node : check.node })),
  };
}

/** The operations of a transaction with what they leave out filled in, or what is wrong with them before anything is tried. */
export function settleTxn(ops: readonly TxnOp[]): { readonly ops: readonly TxnOp[]; readonly errors: readonly TxnError[] } {
  const errors: TxnError[] = [];
  const settled = ops.map((op, opIndex): TxnOp => {
    try {
      return settleOp(op);
    } catch (error) {
      if (!(error instanceof KvorumError)) throw error;
      errors.push({ opIndex, what: error.message });
      return op;
    }
  });
  return { ops: settled, errors };
}

function settleOp(op: TxnOp): TxnOp {
  switch (op.kind) {
    case "kv": {
      const name = "key" in op.op ? op.op.key : op.op.prefix;
      if (name === "" && op.op.verb !== "delete-tree") throw new KvorumError("internal", "Must provide key");
      return op;
    }
    case "node":
      if (op.verb === "get") return op;
      refuse(nodeFault(op.node));
      return op;
    case "service":
      return op.verb === "get" ? op : { ...op, service: settleService(op.service) };
    case "check":
      return op.verb === "get" ? op : { ...op, check: settleCheck(op.check) };
    case "refused":
      return op;
  }
}

/** An id that is left out is the name. */
function settleService(service: Unindexed<ServiceInstance>): Unindexed<ServiceInstance> {
  refuse(meshFault(service) ?? instanceFault(service));
  return service.id === "" ? { ...service, id: service.service } : service;
}

function settleCheck(check: Unindexed<Check>): Unindexed<Check> {
  return check.checkId === "" ? { ...check, checkId: check.name } : check;
}

/** The rules for services in the mesh, asked of an instance. */
function meshFault({ kind, port, proxy, connect }: Unindexed<ServiceInstance>): string | undefined {
  const settings = proxy as JsonObject | undefined; // `model/json` made them
  const native = (connect as JsonObject | undefined)?.["Native"] === true;
  return listed(serviceFaults({ kind, port, proxy: settings, connect: { native, sidecar: undefined } }, ""));
}

function refuse(fault: string | undefined): void {
  if (fault !== undefined) throw new KvorumError("internal", fault);
}
