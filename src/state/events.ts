import type { ByteString } from "../base/byte-string.ts";
import type { Session } from "../model/index.ts";

/** What a server may want to know of a commit besides its result; the same on every server that applies it. */
export type StateEvent =
  /** A session ended that held this key: nobody may lock it for `delayNs` (told only when above 0; 60 s at most). The state itself knows no time. */
  | { readonly kind: "lock-freed"; readonly key: ByteString; readonly delayNs: number }
  | { readonly kind: "session-created"; readonly session: Session }
  | { readonly kind: "session-ended"; readonly id: string }
  /** Tombstones were left at this index; to be reaped some time later with `kv.reap`. */
  | { readonly kind: "tombstone"; readonly index: number }
  /** Another state stands in place of the one before: nothing that was told before holds any more. */
  | { readonly kind: "restored" };
