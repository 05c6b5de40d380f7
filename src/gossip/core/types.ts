import type { Alive, DatagramMessage, Ping, PushPullNode } from "./messages.ts";
import type { Timing } from "./timing.ts";

export interface Address {
  /** 4 or 16 bytes. */
  readonly ip: Uint8Array;
  readonly port: number;
}

export type MemberState = "alive" | "suspect" | "dead" | "left";

/** A member as this node knows it. */
export interface Member extends Address {
  readonly name: string;
  readonly meta: Uint8Array | undefined;
  readonly versions: Uint8Array | undefined;
  readonly incarnation: number;
  readonly state: MemberState;
  /** When the state began, by this node's clock. */
  readonly sinceMs: number;
  /** Who accuses a suspect, in order; empty otherwise. */
  readonly accusers: readonly string[];
}

export interface GossipOptions {
  readonly name: string;
  readonly address: Address;
  /** At most 512 bytes. */
  readonly meta: Uint8Array;
  /** Six bytes: lowest, highest and current version of memberlist, then of Serf. */
  readonly versions: Uint8Array;
  readonly timing: Timing;
  /** A whole number from 0 to `below` - 1. */
  readonly random: (below: number) => number;
  readonly encode: (message: DatagramMessage) => Uint8Array;
  /** What a direct ack carries: this node's coordinate. */
  readonly ackPayload: () => Uint8Array | undefined;
  /** Told after the broadcasts of membership, in the room that is left: encoded messages. */
  readonly moreBroadcasts: (roomBytes: number) => readonly Uint8Array[];
  /** Why a member may not be let in; `undefined`: it may. Asked for every alive message and for every entry of a join. */
  readonly refuse?: (member: Alive | PushPullNode) => string | undefined;
  /** Why a whole list may not come in with a join, once each entry may. */
  readonly refuseList?: (members: readonly PushPullNode[]) => string | undefined;
  /** Members known and believed alive from the start, without a word about them: a simulation's way into a pool that stands already. */
  readonly known?: readonly PushPullNode[];
  /** Bytes of a datagram set aside for sealing; 0 when encryption is off. */
  readonly reservedBytes: () => number;
}

export type GossipEvent =
  /** Time has passed; does what is due. */
  | { readonly kind: "tick" }
  /** Messages of one datagram, in order. */
  | { readonly kind: "datagram"; readonly from: Address; readonly messages: readonly DatagramMessage[] }
  /** The other side's list, from a push/pull. */
  | { readonly kind: "merge"; readonly join: boolean; readonly nodes: readonly PushPullNode[] }
  /** A stream ping of ours was answered. */
  | { readonly kind: "stream-ack"; readonly seqNo: number }
  /** A datagram of ours could not even be handed to the system: the fault is here, so nobody is accused. */
  | { readonly kind: "send-failed"; readonly to: Address }
  /** This process stood still for so long: neither its own probes nor its suspicions may count that time. */
  | { readonly kind: "stalled"; readonly ms: number }
  | { readonly kind: "update-meta"; readonly meta: Uint8Array }
  /** From now on what waits is told as fast as it can be: we are about to go. */
  | { readonly kind: "hurry" }
  /** Tell everybody that we go; `left` follows as an effect. */
  | { readonly kind: "leave" }
  /** Forget a member that is dead or left. */
  | { readonly kind: "forget"; readonly name: string };

export type GossipEffect =
  | { readonly kind: "send"; readonly to: Address; readonly messages: readonly Uint8Array[]; readonly crc: boolean }
  /** Open a stream, send the ping, report `stream-ack` if its ack comes before the deadline. */
  | { readonly kind: "stream-ping"; readonly to: Address; readonly ping: Ping; readonly deadlineMs: number }
  | { readonly kind: "push-pull"; readonly to: Address; readonly name: string }
  | { readonly kind: "member"; readonly change: "join" | "leave" | "update"; readonly member: Member }
  /** Somebody else claims a name that is taken. */
  | { readonly kind: "conflict"; readonly existing: Member; readonly other: Alive }
  | { readonly kind: "refused"; readonly name: string; readonly reason: string }
  /** Nothing of a push/pull was taken over. */
  | { readonly kind: "merge-refused"; readonly name: string; readonly reason: string }
  | { readonly kind: "user"; readonly payload: Uint8Array }
  /** A direct ack: how long it took and what it carried. */
  | { readonly kind: "round-trip"; readonly name: string; readonly rttMs: number; readonly payload: Uint8Array | undefined }
  | { readonly kind: "left" }
  /** For logs and metrics. */
  | {
      readonly kind: "note";
      readonly note: "suspected" | "refuted" | "confirmed" | "probe-failed" | "only-stream-works" | "degraded" | "held-back";
      readonly name: string;
    };
