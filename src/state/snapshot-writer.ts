import { encodeMsgpack } from "../base/msgpack.ts";
import type { KvEntry } from "../model/index.ts";
import { snapshotChunkBytes } from "./limits.ts";
import { HEAD_BYTES, KV_HEAD_BYTES, RECORD_KINDS, type RecordKind } from "./snapshot-format.ts";

/** Writes records one behind the other into a piece of memory that is handed on when it is full. Keys go in without any object in between. */
export class ChunkWriter {
  #buffer = Buffer.allocUnsafe(0);
  #size = 0;
  #records = 0;

  /** Bytes not yet taken. */
  get size(): number {
    return this.#size;
  }

  /** Records so far. */
  get records(): number {
    return this.#records;
  }

  add(kind: RecordKind, value: unknown): void {
    const body = encodeMsgpack(value);
    const at = this.#begin(kind, body.length);
    this.#buffer.set(body, at);
  }

  addKv(entry: KvEntry): void {
    const { key, value, session } = entry;
    const head = this.#begin("kv", KV_HEAD_BYTES + key.length + value.length + session.length);
    const to = this.#buffer;
    to.writeUInt32BE(key.length, head);
    to.writeUInt32BE(value.length, head + 4);
    to.writeUInt32BE(session.length, head + 8);
    if (entry.flags === 0n) to.fill(0, head + 12, head + 20);
    else to.writeBigUInt64BE(entry.flags, head + 12);
    to.writeDoubleBE(entry.lockIndex, head + 20);
    to.writeDoubleBE(entry.createIndex, head + 28);
    to.writeDoubleBE(entry.modifyIndex, head + 36);
    const texts = head + KV_HEAD_BYTES;
    to.write(key, texts, "latin1");
    to.write(value, texts + key.length, "latin1");
    if (session !== "") to.write(session, texts + key.length + value.length, "latin1");
  }

  /** What has been written since the last call; nobody writes to it any more. */
  take(): Buffer {
    const chunk = this.#buffer.subarray(0, this.#size);
    this.#buffer = Buffer.allocUnsafe(0);
    this.#size = 0;
    return chunk;
  }

  /** Writes a record's head and gives the place of its body. */
  #begin(kind: RecordKind, length: number): number {
    const at = this.#size;
    const end = at + HEAD_BYTES + length;
    if (end > this.#buffer.length) this.#grow(end);
    this.#buffer[at] = RECORD_KINDS[kind];
    this.#buffer.writeUInt32BE(length, at + 1);
    this.#size = end;
    this.#records += 1;
    return at + HEAD_BYTES;
  }

  #grow(needed: number): void {
    const larger = Buffer.allocUnsafe(Math.max(needed, snapshotChunkBytes + snapshotChunkBytes / 8, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#size);
    this.#buffer = larger;
  }
}

/** One record alone. */
export function encodeRecord(kind: Exclude<RecordKind, "kv">, value: unknown): Buffer {
  const writer = new ChunkWriter();
  writer.add(kind, value);
  return writer.take();
}
