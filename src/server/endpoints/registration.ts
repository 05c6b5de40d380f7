import { KvorumError } from "../../base/errors.ts";
import type { CatalogNode, Check, Registration, ServiceInstance, TxnError, TxnOp } from "../../model/index.ts";

type Unindexed<T> = Omit<T, "createIndex" | "modifyIndex">;

/** What a registration must have, and what it leaves out filled in. Throws `internal` with Consul's texts. */
export function settleRegistration(given: Registration): Registration {
  const { node, skipNodeUpdate } = given;
  if (node.node === "") throw new KvorumError("internal", "Must provide node");
  if (node.address === "" && !skipNodeUpdate) throw new KvorumError("internal", "Must provide address if SkipNodeUpdate is not set");
  refuse(badNodeId(node));
  const { service } = given;
  if (service !== undefined) refuse(badProxy(service));
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
      if (op.node.node === "") throw new KvorumError("internal", "Must provide node");
      refuse(badNodeId(op.node));
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
  if (service.id !== "" && service.service === "") throw new KvorumError("internal", "Must provide service name with ID");
  return service.id === "" ? { ...service, id: service.service } : service;
}

function settleCheck(check: Unindexed<Check>): Unindexed<Check> {
  return check.checkId === "" ? { ...check, checkId: check.name } : check;
}

/** hashicorp/go-uuid's texts. */
function badNodeId({ id }: Pick<CatalogNode, "id">): string | undefined {
  if (id === "") return undefined;
  if (id.length !== 36) return "Bad node ID: uuid string is wrong length";
  if (!/^.{8}-.{4}-.{4}-.{4}-.{12}$/.test(id)) return "Bad node ID: uuid is improperly formatted";
  const odd = /[^0-9a-fA-F]/.exec(id.replaceAll("-", ""))?.[0];
  if (odd === undefined) return undefined;
  const code = (odd.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  return `Bad node ID: encoding/hex: invalid byte: U+${code} '${odd}'`;
}

/** What a Connect proxy must have. */
function badProxy({ kind, port, proxy, connect }: Unindexed<ServiceInstance>): string | undefined {
  if (kind !== "connect-proxy") return undefined;
  const faults: string[] = [];
  if (!isMember(proxy, "DestinationServiceName")) faults.push("Proxy.DestinationServiceName must be non-empty for Connect proxy services");
  if (port === 0) faults.push("Port must be set for a Connect proxy");
  if (isMember(connect, "Native")) faults.push("A Proxy cannot also be Connect Native, only typical services");
  if (faults.length === 0) return undefined;
  return `${faults.length} error${faults.length === 1 ? "" : "s"} occurred:\n${faults.map((fault) => `\t* ${fault}\n`).join("")}\n`;
}

function isMember(settings: unknown, name: string): boolean {
  return typeof settings === "object" && settings !== null && Boolean(Reflect.get(settings, name));
}

function refuse(fault: string | undefined): void {
  if (fault !== undefined) throw new KvorumError("internal", fault);
}
