import { KvorumError } from "../base/errors.ts";
import { asNodeId, type NodeId } from "../base/ids.ts";
import { decodeMsgpack, encodeMsgpack } from "../base/msgpack.ts";

/** First of all bytes of a handshake, so that somebody else's protocol is known at once. */
const magic = "kvorum-rpc";
/** Raised when an older server could not understand a newer one. */
export const protocolVersion = 1;

/**
 * What a connection is for: `cluster` between two servers of one cluster, raft's messages among the rest; `client` from an agent that is none;
 * `datacenter` from a server of another datacenter. The last two carry calls alone.
 */
export type Purpose = "cluster" | "client" | "datacenter";

/** Who speaks: said by both ends before anything else. */
export interface Hello {
  readonly purpose: Purpose;
  readonly id: NodeId;
  readonly name: string;
  readonly datacenter: string;
  /** `ip:port` where it can be called now: how servers whose addresses changed are found again. Empty for a client. */
  readonly address: string;
}

/** Consul's agents begin a connection with one byte that says what it is for: 1 raft, 2 and 4 calls, 3 and 7 TLS, 5 snapshots, 6 and 8 other things. */
const consulKinds = { least: 1, most: 8 } as const;

/** Throws `corrupt` when a connection begins as those of Consul's own agents do; ours begin with the length of a hello, whose first byte is 0. */
export function refuseConsul(first: Uint8Array): void {
  const kind = first[0] ?? 0;
  if (kind < consulKinds.least || kind > consulKinds.most) return;
  throw new KvorumError("corrupt", `Cannot serve agent of Consul: it may be in the pool, but its own RPC (type ${kind}) is not spoken here`);
}

export function encodeHello(hello: Hello): Buffer {
  return encodeMsgpack({ magic, version: protocolVersion, ...hello });
}

/** Throws `corrupt` on anything but a hello, `unavailable` on one of another version. */
export function decodeHello(bytes: Uint8Array): Hello {
  const value = decodeMsgpack(bytes);
  if (typeof value !== "object" || value === null) throw notHello();
  const { magic: said, version, purpose, id, name, datacenter, address } = value as Readonly<Record<string, unknown>>;
  if (said !== magic || !isPurpose(purpose)) throw notHello();
  if (version !== protocolVersion)
    throw new KvorumError("unavailable", `Cannot speak with server: its protocol version is ${String(version)}, not ${protocolVersion}`);
  if (typeof id !== "string" || id === "" || typeof name !== "string" || typeof datacenter !== "string" || typeof address !== "string") throw notHello();
  return { purpose, id: asNodeId(id), name, datacenter, address };
}

function isPurpose(value: unknown): value is Purpose {
  return value === "cluster" || value === "client" || value === "datacenter";
}

function notHello(): KvorumError {
  return new KvorumError("corrupt", "Cannot read handshake: not a Kvorum server");
}
