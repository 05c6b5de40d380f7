import type { Consistency } from "../../../src/model/index.ts";
import type { History, Operation } from "../checkers/history.ts";

/** What clients of whole servers ask for, in the words of the checkers. */
export type StoreInput =
  | { readonly kind: "set"; readonly key: string; readonly value: string }
  | { readonly kind: "delete"; readonly key: string }
  /** `expected` is what the key held at `index`. */
  | { readonly kind: "cas"; readonly key: string; readonly index: number; readonly expected: string | undefined; readonly value: string }
  | { readonly kind: "get"; readonly key: string; readonly mode: Consistency }
  /** Two keys in one transaction get the same value. */
  | { readonly kind: "set-pair"; readonly value: string }
  | { readonly kind: "get-pair"; readonly mode: Consistency }
  | { readonly kind: "watch"; readonly key: string; readonly minIndex: number; readonly waitMs: number }
  | { readonly kind: "list"; readonly prefix: string }
  | { readonly kind: "session-create"; readonly ttlMs: number; readonly delayMs: number }
  | { readonly kind: "session-renew"; readonly session: string }
  | { readonly kind: "session-destroy"; readonly session: string }
  | { readonly kind: "acquire"; readonly key: string; readonly session: string; readonly value: string }
  | { readonly kind: "release"; readonly key: string; readonly session: string };

/** A key as it was seen. */
export interface Seen {
  readonly key: string;
  readonly value: string;
  readonly session: string;
  readonly modifyIndex: number;
}

export type StoreOutput =
  /** A write: whether it was done. */
  | { readonly kind: "done"; readonly done: boolean }
  | { readonly kind: "entry"; readonly entry: Seen | undefined; readonly index: number }
  | { readonly kind: "entries"; readonly entries: readonly Seen[]; readonly index: number }
  /** `undefined`: there is no such session. */
  | { readonly kind: "session"; readonly id: string | undefined };

export type StoreHistory = History<StoreInput, StoreOutput>;
export type StoreOperation = Operation<StoreInput, StoreOutput>;

export function isDone(operation: StoreOperation): boolean {
  return operation.output?.kind === "done" && operation.output.done;
}
