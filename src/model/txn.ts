import type { CatalogNode, Check, ServiceInstance } from "./catalog.ts";
import type { KvEntry, KvRead, KvWrite } from "./kv.ts";

type Unindexed<T> = Omit<T, "createIndex" | "modifyIndex">;
/** What node, service and check operations of a transaction can do. */
export type CatalogVerb = "get" | "set" | "cas" | "delete" | "delete-cas";

/** One operation of a transaction. Consul api-docs, transactions. */
export type TxnOp =
  | { readonly kind: "kv"; readonly op: KvWrite | KvRead }
  | { readonly kind: "node"; readonly verb: CatalogVerb; readonly node: Unindexed<CatalogNode>; readonly index: number }
  | { readonly kind: "service"; readonly verb: CatalogVerb; readonly service: Unindexed<ServiceInstance>; readonly index: number }
  | { readonly kind: "check"; readonly verb: CatalogVerb; readonly check: Unindexed<Check>; readonly index: number }
  /** What cannot be done, such as a verb that does not exist: fails the transaction with `what`, in its place among the others. */
  | { readonly kind: "refused"; readonly what: string };

/** KV results of writes come without their value. */
export type TxnResult =
  | { readonly kind: "kv"; readonly entry: KvEntry; readonly withValue: boolean }
  | { readonly kind: "node"; readonly node: CatalogNode }
  | { readonly kind: "service"; readonly service: ServiceInstance }
  | { readonly kind: "check"; readonly check: Check };

export interface TxnError {
  readonly opIndex: number;
  readonly what: string;
}

/** `errors` not empty: nothing was done, and `results` is empty. */
export interface TxnAnswer {
  readonly results: readonly TxnResult[];
  readonly errors: readonly TxnError[];
}
