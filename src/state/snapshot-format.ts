import type { ByteString } from "../base/byte-string.ts";
import { KvorumError } from "../base/errors.ts";
import { decodeMsgpack } from "../base/msgpack.ts";
import type { KvEntry } from "../model/index.ts";
import { maxSnapshotRecordBytes } from "./limits.ts";
import { whole } from "./shape.ts";

/** The layout of a snapshot of the state. A reader refuses newer ones. */
export const SNAPSHOT_FORMAT = 1;

/** What the records are, each with its number, for ever: append only. They stand in this order, all of a kind together. */
export const RECORD_KINDS = {
  header: 1,
  indexes: 2,
  nodes: 3,
  services: 4,
  checks: 5,
  sessions: 6,
  queries: 7,
  coordinates: 8,
  autopilot: 9,
  tombstones: 10,
  kv: 11,
  /** A piece of a restore that has begun and not ended. */
  staged: 12,
  /** Stand before the keys. Snapshots of versions that knew none have none. */
  removals: 13,
  /** Last of all: how many records there were, so that a snapshot that was cut short is seen. */
  end: 255,
} as const;
export type RecordKind = keyof typeof RECORD_KINDS;
const KIND_OF: ReadonlyMap<number, RecordKind> = new Map((Object.entries(RECORD_KINDS) as [RecordKind, number][]).map(([kind, number]) => [number, kind]));

/** Kind (one byte), length (four, big-endian), then the value: MessagePack, but of a key the layout of `decodeKv`. */
export const HEAD_BYTES = 5;
/** Of a key before its texts: lengths of key, value and session (four each), flags, lockIndex, createIndex, modifyIndex (eight each, the indexes as doubles). */
export const KV_HEAD_BYTES = 44;

/** A key from its record; its texts stand behind the fixed part in the order of their lengths. Throws `KvorumError` with code `corrupt`. */
export function decodeKv(body: Uint8Array): KvEntry {
  const row = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (row.length < KV_HEAD_BYTES) throw new KvorumError("corrupt", "Cannot read snapshot: a key is cut short");
  const keyEnd = KV_HEAD_BYTES + row.readUInt32BE(0);
  const valueEnd = keyEnd + row.readUInt32BE(4);
  const sessionEnd = valueEnd + row.readUInt32BE(8);
  if (sessionEnd !== row.length) throw new KvorumError("corrupt", "Cannot read snapshot: the parts of a key do not add up");
  const flags = row.readBigUInt64BE(12);
  return {
    key: row.toString("latin1", KV_HEAD_BYTES, keyEnd) as ByteString,
    value: row.toString("latin1", keyEnd, valueEnd) as ByteString,
    // All zeros of the store are one.
    flags: flags === 0n ? 0n : flags,
    lockIndex: readWhole(row, 20),
    session: valueEnd === sessionEnd ? "" : row.toString("latin1", valueEnd, sessionEnd),
    createIndex: readWhole(row, 28),
    modifyIndex: readWhole(row, 36),
  };
}

/** Small numbers as V8's small integers: one double in this place would cost every row of the store a boxed number for each of its indexes. */
function readWhole(row: Buffer, at: number): number {
  const number = whole(row.readDoubleBE(at), "kv index");
  const small = number | 0;
  return small === number ? small : number;
}

export interface SnapshotRecord {
  readonly kind: RecordKind;
  /** Decoded, but of a key its bytes. */
  readonly value: unknown;
  /** Its bytes in the snapshot, head included. */
  readonly sizeBytes: number;
}

/** Cuts a stream of bytes, however it comes in, into records. Throws `KvorumError` with code `corrupt`. */
export class RecordReader {
  #pending: Buffer = Buffer.alloc(0);

  /** Takes more bytes; gives the records that are whole now. */
  *push(chunk: Uint8Array): Generator<SnapshotRecord> {
    const more = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let bytes = this.#pending.length === 0 ? more : Buffer.concat([this.#pending, more]);
    while (bytes.length >= HEAD_BYTES) {
      const length = bytes.readUInt32BE(1);
      if (length > maxSnapshotRecordBytes) throw new KvorumError("corrupt", `Cannot read snapshot: a record of ${length} bytes`);
      const size = HEAD_BYTES + length;
      if (bytes.length < size) break;
      const kind = KIND_OF.get(bytes[0] ?? 0);
      if (kind === undefined) throw new KvorumError("corrupt", `Cannot read snapshot: unknown record ${bytes[0]}`);
      yield { kind, value: kind === "kv" ? bytes.subarray(HEAD_BYTES, size) : decodeMsgpack(bytes.subarray(HEAD_BYTES, size)), sizeBytes: size };
      bytes = bytes.subarray(size);
    }
    this.#pending = bytes;
  }

  /** Bytes that belong to no whole record yet. */
  get pendingBytes(): number {
    return this.#pending.length;
  }
}
