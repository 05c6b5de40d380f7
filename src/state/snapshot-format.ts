import { KvorumError } from "../base/errors.ts";
import { decodeMsgpack, encodeMsgpack } from "../base/msgpack.ts";
import { maxSnapshotRecordBytes } from "./limits.ts";

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
  /** Last of all: how many records there were, so that a snapshot that was cut short is seen. */
  end: 255,
} as const;
export type RecordKind = keyof typeof RECORD_KINDS;
const KIND_OF: ReadonlyMap<number, RecordKind> = new Map((Object.entries(RECORD_KINDS) as [RecordKind, number][]).map(([kind, number]) => [number, kind]));

/** Kind (one byte), length (four, big-endian), then the value as MessagePack. */
const HEAD_BYTES = 5;

export function encodeRecord(kind: RecordKind, value: unknown): Buffer {
  const body = encodeMsgpack(value);
  const record = Buffer.allocUnsafe(HEAD_BYTES + body.length);
  record[0] = RECORD_KINDS[kind];
  record.writeUInt32BE(body.length, 1);
  record.set(body, HEAD_BYTES);
  return record;
}

export interface SnapshotRecord {
  readonly kind: RecordKind;
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
      yield { kind, value: decodeMsgpack(bytes.subarray(HEAD_BYTES, size)), sizeBytes: size };
      bytes = bytes.subarray(size);
    }
    this.#pending = bytes;
  }

  /** Bytes that belong to no whole record yet. */
  get pendingBytes(): number {
    return this.#pending.length;
  }
}
