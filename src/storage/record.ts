import { crc32 } from "node:zlib";
import { assert, unreachable } from "../base/assert.ts";
import { asIndex, asNodeId, asTerm, type Index, type NodeId } from "../base/ids.ts";
import type { Configuration, Entry, HardState, ServerEntry } from "../raft/index.ts";

/*
 * A segment: its entries one after the other, each with its length u32 before it
 * An entry:  crc u32 | previous crc u32 | kind u8 | term u48 | index u48 | payload
 * The head:  crc u32 | sequence u48 | term u48 | last index u48 | last crc u32 | compacted to u48 | vote (UTF-8, the rest)
 *
 * The crc covers all that follows it. Each entry names the crc of the entry before it, and the head that of the last one:
 * an entry that was lost, or that came back from before a truncation, does not fit its neighbours.
 */

const KIND = { noop: 0, command: 1, config: 2 } as const;
const LENGTH_BYTES = 4;
const ENTRY_HEADER_BYTES = 21;
const HEAD_HEADER_BYTES = 32;
const NO_BYTES = Buffer.alloc(0);

/** A stored entry as it was read, checked against its own checksum only. */
export interface EntryRecord {
  readonly entry: Entry;
  readonly crc: number;
  readonly previousCrc: number;
}

/** The one record that every batch writes anew: what the log is as of that batch. */
export interface Head {
  /** Grows by one with every batch. */
  readonly sequence: number;
  readonly hardState: HardState;
  readonly lastIndex: Index;
  /** The checksum of the entry at `lastIndex`; 0 before the first entry. */
  readonly lastCrc: number;
  /** Entries up to here may be missing. */
  readonly compactedTo: Index;
}

/** Entries that follow each other, as one value. Encodes into one new buffer; each payload is copied once. */
export function encodeSegment(entries: readonly Entry[], previousCrc: number): { readonly bytes: Buffer; readonly crcs: readonly number[] } {
  const payloads = entries.map(payloadOf);
  const sizeBytes = payloads.reduce((sum, payload) => sum + LENGTH_BYTES + ENTRY_HEADER_BYTES + payload.length, 0);
  const bytes = Buffer.allocUnsafe(sizeBytes);
  const crcs: number[] = [];
  let at = 0;
  let previous = previousCrc;
  entries.forEach((entry, number) => {
    const payload = payloads[number] ?? NO_BYTES;
    const length = ENTRY_HEADER_BYTES + payload.length;
    bytes.writeUInt32BE(length, at);
    const record = bytes.subarray(at + LENGTH_BYTES, at + LENGTH_BYTES + length);
    previous = encodeEntry(record, entry, { payload, previousCrc: previous });
    crcs.push(previous);
    at += LENGTH_BYTES + length;
  });
  return { bytes, crcs };
}

/** The entries of a segment in order, up to the first whose checksum or length is wrong: there comes `undefined`, and no more. */
export function* decodeSegment(bytes: Buffer): Generator<EntryRecord | undefined> {
  for (let at = 0; at < bytes.length; ) {
    const length = at + LENGTH_BYTES <= bytes.length ? bytes.readUInt32BE(at) : Number.POSITIVE_INFINITY;
    at += LENGTH_BYTES + length;
    const record = at <= bytes.length ? decodeEntry(bytes.subarray(at - length, at)) : undefined;
    yield record;
    if (record === undefined) return;
  }
}

/** Fills `record`, whose length is right, and gives its checksum. */
function encodeEntry(record: Buffer, entry: Entry, from: { readonly payload: Uint8Array; readonly previousCrc: number }): number {
  record.writeUInt32BE(from.previousCrc, 4);
  record[8] = KIND[entry.kind];
  record.writeUIntBE(entry.term, 9, 6);
  record.writeUIntBE(entry.index, 15, 6);
  record.set(from.payload, ENTRY_HEADER_BYTES);
  return seal(record);
}

/** `undefined` when the record fails its checksum. The entry's data are a view of `bytes`. */
function decodeEntry(bytes: Buffer): EntryRecord | undefined {
  if (!isSealed(bytes, ENTRY_HEADER_BYTES)) return undefined;
  const term = asTerm(bytes.readUIntBE(9, 6));
  const index = asIndex(bytes.readUIntBE(15, 6));
  const payload = bytes.subarray(ENTRY_HEADER_BYTES);
  const base = { crc: bytes.readUInt32BE(0), previousCrc: bytes.readUInt32BE(4) };
  switch (bytes[8]) {
    case KIND.noop:
      return { ...base, entry: { kind: "noop", term, index } };
    case KIND.command:
      return { ...base, entry: { kind: "command", term, index, data: payload } };
    case KIND.config:
      return { ...base, entry: { kind: "config", term, index, configuration: decodeConfiguration(JSON.parse(payload.toString("utf8"))) } };
    default:
      return undefined;
  }
}

export function encodeHead(head: Head): Buffer {
  const vote = Buffer.from(head.hardState.votedFor ?? "", "utf8");
  const bytes = Buffer.allocUnsafe(HEAD_HEADER_BYTES + vote.length);
  bytes.writeUIntBE(head.sequence, 4, 6);
  bytes.writeUIntBE(head.hardState.term, 10, 6);
  bytes.writeUIntBE(head.lastIndex, 16, 6);
  bytes.writeUInt32BE(head.lastCrc, 22);
  bytes.writeUIntBE(head.compactedTo, 26, 6);
  bytes.set(vote, HEAD_HEADER_BYTES);
  seal(bytes);
  return bytes;
}

/** `undefined` when the record fails its checksum. */
export function decodeHead(bytes: Buffer): Head | undefined {
  if (!isSealed(bytes, HEAD_HEADER_BYTES)) return undefined;
  const vote = bytes.toString("utf8", HEAD_HEADER_BYTES);
  return {
    sequence: bytes.readUIntBE(4, 6),
    hardState: { term: asTerm(bytes.readUIntBE(10, 6)), votedFor: vote === "" ? undefined : asNodeId(vote) },
    lastIndex: asIndex(bytes.readUIntBE(16, 6)),
    lastCrc: bytes.readUInt32BE(22),
    compactedTo: asIndex(bytes.readUIntBE(26, 6)),
  };
}

/** Reads a configuration from parsed JSON. Throws a plain `Error` that says what is wrong with it. */
export function decodeConfiguration(json: unknown): Configuration {
  const servers = field(json, "servers");
  if (!Array.isArray(servers)) throw new Error("servers is not a list");
  return { servers: servers.map(decodeServer) };
}

function decodeServer(json: unknown): ServerEntry {
  const suffrage = field(json, "suffrage");
  if (suffrage !== "voter" && suffrage !== "learner") throw new Error("suffrage is neither voter nor learner");
  return { id: nodeId(textField(json, "id")), address: textField(json, "address"), suffrage, name: textField(json, "name") };
}

function nodeId(text: string): NodeId {
  if (text === "") throw new Error("id is empty");
  return asNodeId(text);
}

function textField(json: unknown, name: string): string {
  const value = field(json, name);
  if (typeof value !== "string") throw new Error(`${name} is not text`);
  return value;
}

function field(json: unknown, name: string): unknown {
  if (typeof json !== "object" || json === null) throw new Error("not an object");
  return (json as Readonly<Record<string, unknown>>)[name];
}

function payloadOf(entry: Entry): Uint8Array {
  switch (entry.kind) {
    case "noop":
      return NO_BYTES;
    case "command":
      return entry.data;
    case "config":
      return Buffer.from(JSON.stringify(entry.configuration), "utf8");
    default:
      return unreachable(entry);
  }
}

function seal(bytes: Buffer): number {
  const crc = crc32(bytes.subarray(4));
  bytes.writeUInt32BE(crc, 0);
  return crc;
}

function isSealed(bytes: Buffer, least: number): boolean {
  assert(least >= 4, "a record has room for its checksum");
  return bytes.length >= least && crc32(bytes.subarray(4)) === bytes.readUInt32BE(0);
}
