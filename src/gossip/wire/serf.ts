import { unreachable } from "../../base/assert.ts";
import type { Coordinate, EventSlot, MemberRecord, Query, QueryFilter, QueryResponse, SerfMessage, SerfState, UserEvent } from "../core/index.ts";
import { WireError } from "./error.ts";
import { Packer } from "./pack.ts";
import { bool, bytes, type Codec, count, float, i64, listOf, mapOf, orNil, struct, text, u8, u16, u32, u64 } from "./schema.ts";
import { Unpacker } from "./unpack.ts";

type Body<T> = Omit<T, "kind">;

/** Message types of Serf 0.9.4, the first byte inside a user message. Append only. */
const TYPE = { leave: 0, join: 1, state: 2, event: 3, query: 4, response: 5, conflict: 6, keyRequest: 7, keyResponse: 8, relay: 9 } as const;
const META_MAGIC = 0xff;
const COORDINATE_VERSION = 1;
const FILTER = { nodes: 0, tag: 1 } as const;

const ltime = { wire: "LTime", codec: u64 } as const;
const node = { wire: "Node", codec: text } as const;
const payload = { wire: "Payload", codec: bytes } as const;
const name = { wire: "Name", codec: text } as const;

const leave: Codec<{ ltime: bigint; node: string; prune: boolean }> = struct({ ltime, node, prune: { wire: "Prune", codec: bool } });
const join: Codec<{ ltime: bigint; node: string }> = struct({ ltime, node });
const slotEvent: Codec<{ name: string; payload: Uint8Array | undefined }> = struct({ name, payload });
const slot: Codec<EventSlot> = struct({ ltime, events: { wire: "Events", codec: listOf(slotEvent) } });
const serfState: Codec<Body<SerfState>> = struct({
  ltime,
  statusLTimes: { wire: "StatusLTimes", codec: mapOf(u64) },
  leftMembers: { wire: "LeftMembers", codec: listOf(text) },
  eventLTime: { wire: "EventLTime", codec: u64 },
  events: { wire: "Events", codec: listOf(orNil(slot)) },
  queryLTime: { wire: "QueryLTime", codec: u64 },
});
const userEvent: Codec<Body<UserEvent>> = struct({ ltime, name, payload, coalesce: { wire: "CC", codec: bool } });
const query: Codec<Body<Query>> = struct({
  ltime,
  id: { wire: "ID", codec: u32 },
  addr: { wire: "Addr", codec: bytes },
  port: { wire: "Port", codec: u16 },
  sourceNode: { wire: "SourceNode", codec: text },
  filters: { wire: "Filters", codec: listOf(bytes) },
  flags: { wire: "Flags", codec: u32 },
  relayFactor: { wire: "RelayFactor", codec: u8 },
  timeoutNs: { wire: "Timeout", codec: i64 },
  name,
  payload,
});
const response: Codec<Body<QueryResponse>> = struct({
  ltime,
  id: { wire: "ID", codec: u32 },
  from: { wire: "From", codec: text },
  flags: { wire: "Flags", codec: u32 },
  payload,
});
const member: Codec<MemberRecord> = struct({
  name,
  addr: { wire: "Addr", codec: bytes },
  port: { wire: "Port", codec: u16 },
  tags: { wire: "Tags", codec: mapOf(text) },
  status: { wire: "Status", codec: count },
  protocolMin: { wire: "ProtocolMin", codec: u8 },
  protocolMax: { wire: "ProtocolMax", codec: u8 },
  protocolCur: { wire: "ProtocolCur", codec: u8 },
  delegateMin: { wire: "DelegateMin", codec: u8 },
  delegateMax: { wire: "DelegateMax", codec: u8 },
  delegateCur: { wire: "DelegateCur", codec: u8 },
});
const conflictMember = orNil(member);
const keyRequest: Codec<{ key: Uint8Array | undefined }> = struct({ key: { wire: "Key", codec: bytes } });
const keyResponse: Codec<{ result: boolean; message: string; keys: readonly string[] | undefined; primaryKey: string }> = struct({
  result: { wire: "Result", codec: bool },
  message: { wire: "Message", codec: text },
  keys: { wire: "Keys", codec: listOf(text) },
  primaryKey: { wire: "PrimaryKey", codec: text },
});
const udpAddress: Codec<{ ip: Uint8Array | undefined; port: number; zone: string }> = struct({
  ip: { wire: "IP", codec: bytes },
  port: { wire: "Port", codec: count },
  zone: { wire: "Zone", codec: text },
});
const relayHeader: Codec<{ address: { ip: Uint8Array | undefined; port: number; zone: string }; name: string }> = struct({
  address: { wire: "DestAddr", codec: udpAddress },
  name: { wire: "DestName", codec: text },
});
const coordinate: Codec<{ vec: readonly number[] | undefined; error: number; adjustment: number; height: number }> = struct({
  vec: { wire: "Vec", codec: listOf(float) },
  error: { wire: "Error", codec: float },
  adjustment: { wire: "Adjustment", codec: float },
  height: { wire: "Height", codec: float },
});
const tagFilter: Codec<{ tag: string; expression: string }> = struct({ tag: { wire: "Tag", codec: text }, expression: { wire: "Expr", codec: text } });
const names = listOf(text);
const tagMap = mapOf(text);

/** One Serf message, its type byte first: what stands inside a user message, a push/pull or a query's payload. */
export function encodeSerf(message: SerfMessage): Buffer {
  switch (message.kind) {
    case "leave":
      return packed(TYPE.leave, leave, message);
    case "join":
      return packed(TYPE.join, join, message);
    case "state":
      return packed(TYPE.state, serfState, message);
    case "event":
      return packed(TYPE.event, userEvent, message);
    case "query":
      return packed(TYPE.query, query, message);
    case "response":
      return packed(TYPE.response, response, message);
    case "conflict":
      return packed(TYPE.conflict, conflictMember, message.member);
    case "key-request":
      return packed(TYPE.keyRequest, keyRequest, message);
    case "key-response":
      return packed(TYPE.keyResponse, keyResponse, message);
    case "relay": {
      const header = packed(TYPE.relay, relayHeader, { address: { ip: message.ip, port: message.port, zone: message.zone }, name: message.name });
      return Buffer.concat([header, message.inner]);
    }
    default:
      return unreachable(message);
  }
}

/** Throws `WireError` for what is not a message of a known type. */
export function decodeSerf(bytesIn: Uint8Array): SerfMessage {
  const from = new Unpacker(bytesIn, 1);
  switch (bytesIn[0]) {
    case TYPE.leave:
      return { kind: "leave", ...leave.read(from) };
    case TYPE.join:
      return { kind: "join", ...join.read(from) };
    case TYPE.state:
      return { kind: "state", ...serfState.read(from) };
    case TYPE.event:
      return { kind: "event", ...userEvent.read(from) };
    case TYPE.query:
      return { kind: "query", ...query.read(from) };
    case TYPE.response:
      return { kind: "response", ...response.read(from) };
    case TYPE.conflict:
      return { kind: "conflict", member: conflictMember.read(from) };
    case TYPE.keyRequest:
      return { kind: "key-request", ...keyRequest.read(from) };
    case TYPE.keyResponse:
      return { kind: "key-response", ...keyResponse.read(from) };
    case TYPE.relay: {
      const { address, name: to } = relayHeader.read(from);
      return { kind: "relay", ...address, name: to, inner: Uint8Array.from(bytesIn.subarray(from.position)) };
    }
    default:
      throw new WireError(`Cannot read Serf message: type ${bytesIn[0] ?? "nothing"} is unknown`);
  }
}

/** A node's meta: its tags. Limit 512 bytes, checked by whoever sets tags. */
export function encodeTags(tags: ReadonlyMap<string, string>): Buffer {
  return packed(META_MAGIC, tagMap, tags);
}

/** Meta without the leading byte is the bare role of Serf protocol 2; a broken map gives what could be read. */
export function decodeTags(meta: Uint8Array | undefined): ReadonlyMap<string, string> {
  if (meta === undefined || meta[0] !== META_MAGIC) return new Map([["role", Buffer.from(meta ?? []).toString("utf8")]]);
  const tags = new Map<string, string>();
  try {
    const from = new Unpacker(meta, 1);
    for (let left = from.map(); left > 0; left--) tags.set(from.text(), from.text());
  } catch (problem) {
    if (!(problem instanceof WireError)) throw problem;
  }
  return tags;
}

/** The payload of a direct ack. */
export function encodeCoordinate(value: Coordinate): Buffer {
  return packed(COORDINATE_VERSION, coordinate, value);
}

/** `undefined` when the payload holds no coordinate of a version known here. Throws `WireError` when it is broken. */
export function decodeCoordinate(payloadIn: Uint8Array | undefined): Coordinate | undefined {
  if (payloadIn === undefined || payloadIn[0] !== COORDINATE_VERSION) return undefined;
  const read = coordinate.read(new Unpacker(payloadIn, 1));
  return { ...read, vec: read.vec ?? [] };
}

export function encodeFilter(filter: QueryFilter): Buffer {
  return filter.kind === "nodes" ? packed(FILTER.nodes, names, filter.names) : packed(FILTER.tag, tagFilter, filter);
}

/** `undefined` for a filter of an unknown type, which nobody passes. Throws `WireError` when it is broken. */
export function decodeFilter(bytesIn: Uint8Array | undefined): QueryFilter | undefined {
  if (bytesIn?.[0] === FILTER.nodes) return { kind: "nodes", names: names.read(new Unpacker(bytesIn, 1)) ?? [] };
  if (bytesIn?.[0] === FILTER.tag) return { kind: "tag", ...tagFilter.read(new Unpacker(bytesIn, 1)) };
  return undefined;
}

function packed<T>(type: number, codec: Codec<T>, value: T): Buffer {
  const out = new Packer();
  out.byte(type);
  codec.write(out, value);
  return out.bytes();
}
