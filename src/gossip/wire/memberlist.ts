import { unreachable } from "../../base/assert.ts";
import type { DatagramMessage, PushPull, PushPullNode, StreamMessage, WireState } from "../core/index.ts";
import { TruncatedError, WireError } from "./error.ts";
import { MAX_PUSH_PULL_NODES } from "./limits.ts";
import { Packer } from "./pack.ts";
import { bool, bytes, type Codec, count, struct, text, u16, u32 } from "./schema.ts";
import { Unpacker } from "./unpack.ts";

/** Message types of memberlist 0.2.2, the first byte of every message. Append only. */
export const TYPE = {
  ping: 0,
  indirectPing: 1,
  ack: 2,
  suspect: 3,
  alive: 4,
  dead: 5,
  pushPull: 6,
  compound: 7,
  user: 8,
  compress: 9,
  encrypt: 10,
  nack: 11,
  hasCrc: 12,
  error: 13,
} as const;

type Body<T> = Omit<T, "kind">;
type Of<K extends DatagramMessage["kind"]> = Body<Extract<DatagramMessage, { kind: K }>>;

const source = {
  sourceAddr: { wire: "SourceAddr", codec: bytes, optional: true },
  sourcePort: { wire: "SourcePort", codec: u16, optional: true },
  sourceNode: { wire: "SourceNode", codec: text, optional: true },
} as const;
const accusation = { incarnation: { wire: "Incarnation", codec: u32 }, node: { wire: "Node", codec: text }, from: { wire: "From", codec: text } } as const;

const ping: Codec<Of<"ping">> = struct({ seqNo: { wire: "SeqNo", codec: u32 }, node: { wire: "Node", codec: text }, ...source });
const indirectPing: Codec<Of<"indirect-ping">> = struct({
  seqNo: { wire: "SeqNo", codec: u32 },
  target: { wire: "Target", codec: bytes },
  port: { wire: "Port", codec: u16 },
  node: { wire: "Node", codec: text },
  nack: { wire: "Nack", codec: bool },
  ...source,
});
const ack: Codec<Of<"ack">> = struct({ seqNo: { wire: "SeqNo", codec: u32 }, payload: { wire: "Payload", codec: bytes } });
const nack: Codec<Of<"nack">> = struct({ seqNo: { wire: "SeqNo", codec: u32 } });
const suspect: Codec<Of<"suspect">> = struct(accusation);
const dead: Codec<Of<"dead">> = struct(accusation);
const alive: Codec<Of<"alive">> = struct({
  incarnation: { wire: "Incarnation", codec: u32 },
  node: { wire: "Node", codec: text },
  addr: { wire: "Addr", codec: bytes },
  port: { wire: "Port", codec: u16 },
  meta: { wire: "Meta", codec: bytes },
  versions: { wire: "Vsn", codec: bytes },
});
const error: Codec<{ error: string }> = struct({ error: { wire: "Error", codec: text } });
const userHeader: Codec<{ length: number }> = struct({ length: { wire: "UserMsgLen", codec: count } });
const pushPullHeader: Codec<{ nodes: number; userStateLength: number; join: boolean }> = struct({
  nodes: { wire: "Nodes", codec: count },
  userStateLength: { wire: "UserStateLen", codec: count },
  join: { wire: "Join", codec: bool },
});
const STATES: readonly WireState[] = ["alive", "suspect", "dead", "left"];
const state: Codec<WireState> = {
  zero: "alive",
  write: (out, value) => out.int(STATES.indexOf(value)),
  read(from) {
    const number = count.read(from);
    const value = STATES[number];
    if (value === undefined) throw new WireError(`Cannot read push/pull: state ${number} is unknown`);
    return value;
  },
};
const pushPullNode: Codec<PushPullNode> = struct({
  name: { wire: "Name", codec: text },
  addr: { wire: "Addr", codec: bytes },
  port: { wire: "Port", codec: u16 },
  meta: { wire: "Meta", codec: bytes },
  incarnation: { wire: "Incarnation", codec: u32 },
  state: { wire: "State", codec: state },
  versions: { wire: "Vsn", codec: bytes },
});

/** One message of a datagram, type byte first, without layers. */
export function encodeMessage(message: DatagramMessage): Buffer {
  switch (message.kind) {
    case "ping":
      return packed(TYPE.ping, ping, message);
    case "indirect-ping":
      return packed(TYPE.indirectPing, indirectPing, message);
    case "ack":
      return packed(TYPE.ack, ack, message);
    case "nack":
      return packed(TYPE.nack, nack, message);
    case "suspect":
      return packed(TYPE.suspect, suspect, message);
    case "dead":
      return packed(TYPE.dead, dead, message);
    case "alive":
      return packed(TYPE.alive, alive, message);
    case "user":
      return Buffer.concat([Uint8Array.of(TYPE.user), message.payload]);
    default:
      return unreachable(message);
  }
}

/** Throws `WireError` for what is not one whole message of a known type. */
export function decodeMessage(bytesIn: Uint8Array): DatagramMessage {
  const from = new Unpacker(bytesIn, 1);
  switch (bytesIn[0]) {
    case TYPE.ping:
      return { kind: "ping", ...ping.read(from) };
    case TYPE.indirectPing:
      return { kind: "indirect-ping", ...indirectPing.read(from) };
    case TYPE.ack:
      return { kind: "ack", ...ack.read(from) };
    case TYPE.nack:
      return { kind: "nack", ...nack.read(from) };
    case TYPE.suspect:
      return { kind: "suspect", ...suspect.read(from) };
    case TYPE.dead:
      return { kind: "dead", ...dead.read(from) };
    case TYPE.alive:
      return { kind: "alive", ...alive.read(from) };
    case TYPE.user:
      return { kind: "user", payload: Uint8Array.from(bytesIn.subarray(1)) };
    default:
      throw new WireError(`Cannot read datagram: message type ${bytesIn[0] ?? "nothing"} is unknown`);
  }
}

/** One message of a stream, plain. */
export function encodeStreamMessage(message: StreamMessage): Buffer {
  switch (message.kind) {
    case "ping":
    case "ack":
      return encodeMessage(message);
    case "error":
      return packed(TYPE.error, error, message);
    case "user": {
      const out = new Packer(message.payload.length + 32);
      out.byte(TYPE.user);
      userHeader.write(out, { length: message.payload.length });
      out.append(message.payload);
      return out.bytes();
    }
    case "push-pull":
      return encodePushPull(message);
    default:
      return unreachable(message);
  }
}

/** One whole plain message of a stream. Throws `TruncatedError` while bytes are missing, `WireError` when it can never become one. */
export function decodeStreamMessage(bytesIn: Uint8Array): StreamMessage {
  const from = new Unpacker(bytesIn, 1);
  switch (bytesIn[0]) {
    case TYPE.ping:
      return { kind: "ping", ...ping.read(from) };
    case TYPE.ack:
      return { kind: "ack", ...ack.read(from) };
    case TYPE.error:
      return { kind: "error", ...error.read(from) };
    case TYPE.user: {
      const { length } = userHeader.read(from);
      return { kind: "user", payload: tail(bytesIn, from.position, length) };
    }
    case TYPE.pushPull: {
      const header = pushPullHeader.read(from);
      if (header.nodes > MAX_PUSH_PULL_NODES) throw new WireError(`Cannot read push/pull: ${header.nodes} nodes are more than ${MAX_PUSH_PULL_NODES}`);
      const nodes: PushPullNode[] = [];
      for (let left = header.nodes; left > 0; left--) nodes.push(pushPullNode.read(from));
      return { kind: "push-pull", join: header.join, nodes, userState: tail(bytesIn, from.position, header.userStateLength) };
    }
    case undefined:
      throw new TruncatedError(1);
    default:
      throw new WireError(`Cannot read stream: message type ${bytesIn[0]} is unknown`);
  }
}

function encodePushPull(message: PushPull): Buffer {
  const out = new Packer(message.nodes.length * 256 + message.userState.length + 64);
  out.byte(TYPE.pushPull);
  pushPullHeader.write(out, { nodes: message.nodes.length, userStateLength: message.userState.length, join: message.join });
  for (const node of message.nodes) pushPullNode.write(out, node);
  out.append(message.userState);
  return out.bytes();
}

function tail(bytesIn: Uint8Array, at: number, length: number): Uint8Array {
  if (at + length > bytesIn.length) throw new TruncatedError(at + length);
  return Uint8Array.from(bytesIn.subarray(at, at + length));
}

function packed<T>(type: number, codec: Codec<T>, value: T): Buffer {
  const out = new Packer();
  out.byte(type);
  codec.write(out, value);
  return out.bytes();
}
