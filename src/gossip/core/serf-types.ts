import type { LamportTime, Query, SerfMessage, SerfState, SerfStatus, UserEvent } from "./messages.ts";
import type { Address, Member } from "./types.ts";

/** A member as Serf sees it: by its intents, not only by its silence. */
export interface SerfMember extends Address {
  readonly name: string;
  readonly tags: ReadonlyMap<string, string>;
  readonly status: SerfStatus;
  readonly statusLTime: LamportTime;
  /** Six bytes, or none. */
  readonly versions: Uint8Array | undefined;
  /** When it failed or left, by this node's clock; 0 while it is alive. */
  readonly goneMs: number;
}

export interface SerfOptions {
  readonly name: string;
  readonly address: Address;
  /** A failed member is forgotten after this. Serf 24 h, Consul 72 h. */
  readonly reconnectTimeoutMs: number;
  /** One that left is forgotten after this. 24 h. */
  readonly tombstoneTimeoutMs: number;
  /** How often failed members are tried again, 30 s; ten times as often for five minutes after one has failed. */
  readonly reconnectIntervalMs: number;
  readonly retransmitMult: number;
  readonly gossipIntervalMs: number;
  readonly random: (below: number) => number;
  /** A Serf message as a whole user message, ready for a datagram. */
  readonly wrap: (message: SerfMessage) => Uint8Array;
  readonly tagsOf: (meta: Uint8Array | undefined) => ReadonlyMap<string, string>;
  /** Known members, dead and left ones included. */
  readonly poolSize: () => number;
  /** Clocks as the last process left them. */
  readonly clocks?: { readonly member: LamportTime; readonly event: LamportTime; readonly query: LamportTime };
  /** Which members a query's filters mean: whether they mean this node. */
  readonly matches: (filters: Query["filters"]) => boolean;
}

export type SerfEvent =
  | { readonly kind: "tick" }
  /** What the membership core said. */
  | { readonly kind: "member"; readonly change: "join" | "leave" | "update"; readonly member: Member }
  | { readonly kind: "message"; readonly message: SerfMessage }
  /** Serf's part of a push/pull. `ignoreOld`: this is a join, and events before it are not wanted. */
  | { readonly kind: "merge"; readonly state: SerfState; readonly ignoreOld: boolean }
  /** We joined a pool: say so. */
  | { readonly kind: "joined" }
  /** We mean to leave: `leave-told` follows. */
  | { readonly kind: "leave" }
  /** Make a failed member a left one, in everybody's eyes; `prune`: and forget it. */
  | { readonly kind: "force-leave"; readonly node: string; readonly prune: boolean }
  | { readonly kind: "fire"; readonly name: string; readonly payload: Uint8Array; readonly coalesce: boolean }
  | { readonly kind: "ask"; readonly query: Asking }
  /** Our answer to somebody's query. */
  | { readonly kind: "answer"; readonly query: Query; readonly payload: Uint8Array };

export interface Asking {
  /** A number of our own choosing, 31 bits at random. */
  readonly id: number;
  readonly name: string;
  readonly payload: Uint8Array | undefined;
  readonly filters: readonly Uint8Array[] | undefined;
  readonly wantAcks: boolean;
  readonly relayFactor: number;
  readonly timeoutMs: number;
}

export type SerfEffect =
  | { readonly kind: "member"; readonly change: "join" | "leave" | "failed" | "update" | "reap"; readonly member: SerfMember }
  | { readonly kind: "event"; readonly event: UserEvent }
  /** A query that means us; answer before its time is up. */
  | { readonly kind: "asked"; readonly query: Query; readonly deadlineMs: number }
  /** A user message straight to one member. */
  | { readonly kind: "send"; readonly to: Address; readonly message: Uint8Array }
  /** The same by way of other members, in case the straight way is cut. */
  | { readonly kind: "relay"; readonly to: Address; readonly toName: string; readonly message: SerfMessage; readonly factor: number }
  | { readonly kind: "answered"; readonly id: number; readonly from: string; readonly ack: boolean; readonly payload: Uint8Array | undefined }
  | { readonly kind: "asking-done"; readonly id: number }
  /** Try to join this failed member again. */
  | { readonly kind: "reconnect"; readonly member: SerfMember }
  | { readonly kind: "forget"; readonly name: string }
  | { readonly kind: "leave-told" };
