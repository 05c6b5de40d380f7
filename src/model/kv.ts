import type { ByteString } from "../base/byte-string.ts";

/** A key of the store as every reader sees it. Consul api-docs, KV store. */
export interface KvEntry {
  readonly key: ByteString;
  readonly value: ByteString;
  /** Opaque to the store; a full uint64. */
  readonly flags: bigint;
  /** How often the key was acquired since it was last written without a lock; the fencing number of a lock. */
  readonly lockIndex: number;
  /** The session that holds it; empty when none does. */
  readonly session: string;
  readonly createIndex: number;
  readonly modifyIndex: number;
}

/** One write to one key. `cas` index 0: only if the key does not exist. */
export type KvWrite =
  | { readonly verb: "set"; readonly key: ByteString; readonly value: Uint8Array; readonly flags: bigint }
  | { readonly verb: "cas"; readonly key: ByteString; readonly value: Uint8Array; readonly flags: bigint; readonly index: number }
  | { readonly verb: "lock"; readonly key: ByteString; readonly value: Uint8Array; readonly flags: bigint; readonly session: string }
  | { readonly verb: "unlock"; readonly key: ByteString; readonly value: Uint8Array; readonly flags: bigint; readonly session: string }
  | { readonly verb: "delete"; readonly key: ByteString }
  | { readonly verb: "delete-cas"; readonly key: ByteString; readonly index: number }
  | { readonly verb: "delete-tree"; readonly prefix: ByteString };

/** Reads and conditions that only a transaction has. Consul api-docs, transactions. */
export type KvRead =
  | { readonly verb: "get"; readonly key: ByteString }
  | { readonly verb: "get-tree"; readonly prefix: ByteString }
  | { readonly verb: "check-index"; readonly key: ByteString; readonly index: number }
  | { readonly verb: "check-session"; readonly key: ByteString; readonly session: string }
  | { readonly verb: "check-not-exists"; readonly key: ByteString };
