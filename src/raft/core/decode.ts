import { BadRequestError } from "../../base/errors.ts";

import { MAX_DECODED_CHUNK_BYTES, MAX_DECODED_ENTRIES, MAX_SERVERS } from "./limits.ts";
import type { RaftMessage } from "./messages.ts";
import type { Configuration, Entry, SnapshotMeta } from "./types.ts";

type Fields = Readonly<Record<string, unknown>>;

/**
 * Takes what came off the wire for a raft message, or throws `BadRequestError` naming the field at fault.
 * The result is the same object, checked to the last field; unknown fields are let be.
 */
export function decodeRaftMessage(raw: unknown): RaftMessage {
  const message = fields(raw, "message");
  whole(message, "term");
  switch (message["kind"]) {
    case "append":
      checkAppend(message);
      break;
    case "append-ok":
      whole(message, "match");
      break;
    case "append-reject":
      whole(message, "prevIndex");
      whole(message, "conflictIndex");
      whole(message, "conflictTerm");
      break;
    case "heartbeat":
      whole(message, "commit");
      whole(message, "sent");
      whole(message, "read");
      break;
    case "heartbeat-ok":
      whole(message, "sent");
      whole(message, "read");
      break;
    case "commit":
      whole(message, "commit");
      break;
    case "vote-request":
      flag(message, "pre");
      flag(message, "force");
      whole(message, "lastIndex");
      whole(message, "lastTerm");
      break;
    case "vote-response":
      flag(message, "pre");
      flag(message, "granted");
      break;
    case "snapshot":
      checkChunk(message);
      break;
    case "snapshot-ack":
      whole(message, "index");
      whole(message, "offset");
      flag(message, "failed");
      break;
    case "timeout-now":
      whole(message, "sent");
      break;
    default:
      throw new BadRequestError("Cannot take raft message: unknown kind");
  }
  return raw as RaftMessage;
}

/** Checks one stored or received entry. */
export function decodeEntry(raw: unknown): Entry {
  const entry = fields(raw, "entry");
  whole(entry, "term");
  whole(entry, "index");
  const kind = entry["kind"];
  if (kind === "command") {
    if (!(entry["data"] instanceof Uint8Array)) bad("data");
  } else if (kind === "config") decodeConfiguration(entry["configuration"]);
  else if (kind !== "noop") bad("entry kind");
  return raw as Entry;
}

/** Checks a configuration: ids once each, suffrage known, no more servers than `MAX_SERVERS`. */
export function decodeConfiguration(raw: unknown): Configuration {
  const servers = fields(raw, "configuration")["servers"];
  if (!Array.isArray(servers) || servers.length > MAX_SERVERS) return bad("servers");
  const seen = new Set<unknown>();
  for (const server of servers) {
    const entry = fields(server, "server");
    text(entry, "id");
    text(entry, "address");
    text(entry, "name");
    if (entry["id"] === "" || seen.has(entry["id"])) bad("id");
    seen.add(entry["id"]);
    if (entry["suffrage"] !== "voter" && entry["suffrage"] !== "learner") bad("suffrage");
  }
  return raw as Configuration;
}

/** Checks what a snapshot says of itself. */
export function decodeSnapshotMeta(raw: unknown): SnapshotMeta {
  const meta = fields(raw, "meta");
  whole(meta, "index");
  whole(meta, "term");
  whole(meta, "configurationIndex");
  decodeConfiguration(meta["configuration"]);
  return raw as SnapshotMeta;
}

function checkAppend(message: Fields): void {
  const prevIndex = whole(message, "prevIndex");
  let term = whole(message, "prevTerm");
  whole(message, "commit");
  const entries = message["entries"];
  if (!Array.isArray(entries) || entries.length > MAX_DECODED_ENTRIES) return bad("entries");
  const own = whole(message, "term");
  for (let at = 0; at < entries.length; at++) {
    const entry = decodeEntry(entries[at]);
    if (entry.index !== prevIndex + 1 + at) bad("index");
    if (entry.term < term || entry.term > own) bad("term");
    term = entry.term;
  }
}

function checkChunk(message: Fields): void {
  decodeSnapshotMeta(message["meta"]);
  const size = whole(message, "sizeBytes");
  const offset = whole(message, "offset");
  const data = message["data"];
  if (!(data instanceof Uint8Array) || data.length > MAX_DECODED_CHUNK_BYTES) return bad("data");
  if (offset + data.length > size) bad("offset");
}

function fields(raw: unknown, what: string): Fields {
  if (typeof raw !== "object" || raw === null) bad(what);
  return raw as Fields;
}

function whole(from: Fields, name: string): number {
  const value = from[name];
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) bad(name);
  return value as number;
}

function flag(from: Fields, name: string): void {
  if (typeof from[name] !== "boolean") bad(name);
}

function text(from: Fields, name: string): void {
  const value = from[name];
  if (typeof value !== "string" || value.length > 1024) bad(name);
}

function bad(name: string): never {
  throw new BadRequestError(`Cannot take raft message: bad ${name}`);
}
