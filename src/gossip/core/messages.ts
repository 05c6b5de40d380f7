/** Lamport times of Serf: uint64. Serf protocol, message types. */
export type LamportTime = bigint;

/** Where acks go besides the datagram's source; real senders fill all three. */
export interface ProbeSource {
  /** 4 or 16 bytes of an IP address. */
  readonly sourceAddr: Uint8Array | undefined;
  readonly sourcePort: number;
  readonly sourceNode: string;
}

export interface Ping extends ProbeSource {
  readonly kind: "ping";
  readonly seqNo: number;
  /** Who is meant; a receiver of another name stays silent, the empty name is everybody's. */
  readonly node: string;
}
export interface IndirectPing extends ProbeSource {
  readonly kind: "indirect-ping";
  readonly seqNo: number;
  readonly target: Uint8Array | undefined;
  readonly port: number;
  readonly node: string;
  /** Whether the sender wants a nack when the target does not answer in time. Lifeguard §IV. */
  readonly nack: boolean;
}
export interface Ack {
  readonly kind: "ack";
  readonly seqNo: number;
  /** On a direct ack: byte 1 and a coordinate. */
  readonly payload: Uint8Array | undefined;
}
export interface Nack {
  readonly kind: "nack";
  readonly seqNo: number;
}
export interface Suspect {
  readonly kind: "suspect";
  readonly incarnation: number;
  readonly node: string;
  readonly from: string;
}
/** Of itself (`from` is `node`): it has left. */
export interface Dead {
  readonly kind: "dead";
  readonly incarnation: number;
  readonly node: string;
  readonly from: string;
}
export interface Alive {
  readonly kind: "alive";
  readonly incarnation: number;
  readonly node: string;
  readonly addr: Uint8Array | undefined;
  readonly port: number;
  readonly meta: Uint8Array | undefined;
  /** Six bytes: memberlist's lowest, highest and current version, then Serf's. */
  readonly versions: Uint8Array | undefined;
}
/** Bytes for the layer above: a Serf message. */
export interface User {
  readonly kind: "user";
  readonly payload: Uint8Array;
}
export type DatagramMessage = Ping | IndirectPing | Ack | Nack | Suspect | Dead | Alive | User;

/** States as they stand in a push/pull. */
export type WireState = "alive" | "suspect" | "dead" | "left";

export interface PushPullNode {
  readonly name: string;
  readonly addr: Uint8Array | undefined;
  readonly port: number;
  readonly meta: Uint8Array | undefined;
  readonly incarnation: number;
  readonly state: WireState;
  readonly versions: Uint8Array | undefined;
}
export interface PushPull {
  readonly kind: "push-pull";
  readonly join: boolean;
  readonly nodes: readonly PushPullNode[];
  /** Serf's own part. */
  readonly userState: Uint8Array;
}
export interface StreamError {
  readonly kind: "error";
  readonly error: string;
}
export type StreamMessage = PushPull | Ping | Ack | User | StreamError;

/** Statuses of members as Serf counts them on the wire: 0 to 4. */
export type SerfStatus = "none" | "alive" | "leaving" | "left" | "failed";

export interface MemberRecord {
  readonly name: string;
  readonly addr: Uint8Array | undefined;
  readonly port: number;
  readonly tags: ReadonlyMap<string, string> | undefined;
  readonly status: number;
  readonly protocolMin: number;
  readonly protocolMax: number;
  readonly protocolCur: number;
  readonly delegateMin: number;
  readonly delegateMax: number;
  readonly delegateCur: number;
}

export interface LeaveIntent {
  readonly kind: "leave";
  readonly ltime: LamportTime;
  readonly node: string;
  readonly prune: boolean;
}
export interface JoinIntent {
  readonly kind: "join";
  readonly ltime: LamportTime;
  readonly node: string;
}
export interface EventSlot {
  readonly ltime: LamportTime;
  readonly events: readonly { readonly name: string; readonly payload: Uint8Array | undefined }[] | undefined;
}
export interface SerfState {
  readonly kind: "state";
  readonly ltime: LamportTime;
  readonly statusLTimes: ReadonlyMap<string, LamportTime> | undefined;
  readonly leftMembers: readonly string[] | undefined;
  readonly eventLTime: LamportTime;
  /** One slot a place of the sender's buffer, `undefined` where it is empty. */
  readonly events: readonly (EventSlot | undefined)[] | undefined;
  readonly queryLTime: LamportTime;
}
export interface UserEvent {
  readonly kind: "event";
  readonly ltime: LamportTime;
  readonly name: string;
  readonly payload: Uint8Array | undefined;
  readonly coalesce: boolean;
}
export interface Query {
  readonly kind: "query";
  readonly ltime: LamportTime;
  readonly id: number;
  readonly addr: Uint8Array | undefined;
  readonly port: number;
  readonly sourceNode: string;
  readonly filters: readonly (Uint8Array | undefined)[] | undefined;
  /** Bit 0: acks wanted; bit 1: do not pass it on. */
  readonly flags: number;
  readonly relayFactor: number;
  readonly timeoutNs: bigint;
  readonly name: string;
  readonly payload: Uint8Array | undefined;
}
export interface QueryResponse {
  readonly kind: "response";
  readonly ltime: LamportTime;
  readonly id: number;
  readonly from: string;
  /** Bit 0: an ack. */
  readonly flags: number;
  readonly payload: Uint8Array | undefined;
}
/** Answer to `_serf_conflict`: what this node knows of the name. */
export interface ConflictResponse {
  readonly kind: "conflict";
  readonly member: MemberRecord | undefined;
}
export interface KeyRequest {
  readonly kind: "key-request";
  readonly key: Uint8Array | undefined;
}
export interface KeyResponse {
  readonly kind: "key-response";
  readonly result: boolean;
  readonly message: string;
  readonly keys: readonly string[] | undefined;
  readonly primaryKey: string;
}
/** To be handed on to `port` at `ip` as a user message. */
export interface Relay {
  readonly kind: "relay";
  readonly ip: Uint8Array | undefined;
  readonly port: number;
  readonly zone: string;
  readonly name: string;
  readonly inner: Uint8Array;
}
export type SerfMessage = LeaveIntent | JoinIntent | SerfState | UserEvent | Query | QueryResponse | ConflictResponse | KeyRequest | KeyResponse | Relay;

/** A network coordinate in seconds. Vivaldi with height and adjustment, as Serf has it. */
export interface Coordinate {
  readonly adjustment: number;
  readonly error: number;
  readonly height: number;
  readonly vec: readonly number[];
}

/** A filter of a query. */
export type QueryFilter =
  | { readonly kind: "nodes"; readonly names: readonly string[] }
  | { readonly kind: "tag"; readonly tag: string; readonly expression: string };
