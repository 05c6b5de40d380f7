import { CLASS_IN, TYPE } from "./codes.ts";
import { POINTER_MAX_OFFSET, TCP_MAX_BYTES } from "./limits.ts";
import { NamePlaces } from "./name-places.ts";
import type { Head } from "./question.ts";
import type { DnsRecord } from "./records.ts";
import { OPT_BYTES, type Reply } from "./reply.ts";
import { isPlainName, wireName } from "./wire-names.ts";

const HEADER_BYTES = 12;
/** Room for the longest message, and for the record with which it becomes too long. */
const scratch = Buffer.alloc(2 * (TCP_MAX_BYTES + 1));

/** The message; `undefined` when it would be longer than any may be. Records with names that cannot be written are left out. */
export function encodeReply(reply: Reply, compress: boolean): Buffer | undefined {
  const length = write(reply, compress);
  return length > TCP_MAX_BYTES ? undefined : Buffer.from(scratch.subarray(0, length));
}

/** How many bytes the message takes, without EDNS; more than 65,535 when it cannot be sent at all. */
export function replySize(reply: Reply, compress: boolean): number {
  return write({ ...reply, edns: undefined }, compress);
}

/** At most so many bytes; quickly, since names are not looked for. */
export function replySizeBound({ head, answers, authorities, additionals }: Reply): number {
  const asked = head.questionBytes.length;
  let bytes = HEADER_BYTES + asked;
  for (const records of [answers, authorities, additionals]) {
    for (const { name, data } of records) {
      bytes += (asked > 0 && name === head.name ? asked : nameBytes(name)) + 10;
      if (data.kind === "bytes") bytes += data.bytes.length;
      else if (data.kind === "name") bytes += nameBytes(data.target);
      else bytes += data.kind === "srv" ? 6 + nameBytes(data.target) : 20 + nameBytes(data.server) + nameBytes(data.mailbox);
    }
  }
  return bytes;
}

function nameBytes(name: string): number {
  return isPlainName(name) ? name.length + 2 : (wireName(name)?.bytes.length ?? 0) + 1;
}

function write(reply: Reply, compress: boolean): number {
  const writer = new Writer(compress, reply.head);
  const answers = writer.records(reply.answers);
  const authorities = writer.records(reply.authorities);
  const additionals = writer.records(reply.additionals);
  if (reply.edns !== undefined) writer.opt(reply.edns.size, reply.edns.option);
  writeHeader(reply, answers, authorities, additionals + (reply.edns === undefined ? 0 : 1));
  return writer.at;
}

function writeHeader(reply: Reply, ...counts: readonly [answers: number, authorities: number, additionals: number]): void {
  const { head } = reply;
  const flags =
    0x8000 |
    (head.opcode << 11) |
    (reply.authoritative ? 0x0400 : 0) |
    (reply.truncated ? 0x0200 : 0) |
    head.echoed |
    (reply.recursionAvailable ? 0x0080 : 0) |
    reply.code;
  scratch.writeUInt16BE(head.id, 0);
  scratch.writeUInt16BE(flags, 2);
  scratch.writeUInt16BE(head.questionBytes.length > 0 ? 1 : 0, 4);
  scratch.writeUInt16BE(counts[0], 6);
  scratch.writeUInt16BE(counts[1], 8);
  scratch.writeUInt16BE(counts[2], 10);
}

/** Writes records behind one another; a name that was written before is pointed at. RFC 1035 §4.1.4. */
class Writer {
  at: number;
  readonly #compress: boolean;
  readonly #question: Uint8Array;
  /** The question's name, where one is in the message; empty: none, or the root, which takes no more room than a pointer. */
  readonly #asked: string;
  /** `undefined` as long as no name but the question's was wanted. */
  #places: NamePlaces | undefined;

  constructor(compress: boolean, head: Head) {
    this.#compress = compress;
    this.#question = head.questionBytes;
    this.#asked = compress && head.questionBytes.length > 0 ? head.name : "";
    scratch.set(head.questionBytes, HEADER_BYTES);
    this.at = HEADER_BYTES + head.questionBytes.length;
  }

  /** How many were written. */
  records(records: readonly DnsRecord[]): number {
    let count = 0;
    for (const record of records) {
      if (this.at > TCP_MAX_BYTES) return count;
      if (!this.#isWritable(record)) continue;
      this.#record(record);
      count += 1;
    }
    return count;
  }

  opt(size: number, option: Uint8Array): void {
    const end = this.at + OPT_BYTES + option.length;
    scratch.fill(0, this.at, end);
    scratch.writeUInt16BE(TYPE.OPT, this.at + 1);
    scratch.writeUInt16BE(size, this.at + 3);
    scratch.writeUInt16BE(option.length, this.at + 9);
    scratch.set(option, this.at + OPT_BYTES);
    this.at = end;
  }

  #record({ name, type, ttl, data }: DnsRecord): void {
    this.#name(name, true);
    scratch.writeUInt16BE(type, this.at);
    scratch.writeUInt16BE(CLASS_IN, this.at + 2);
    scratch.writeUInt32BE(ttl >>> 0, this.at + 4); // queries may say more than fits: of that the lower bits, as in Consul
    const start = this.at + 10;
    this.at = start;
    if (data.kind === "bytes") {
      scratch.set(data.bytes, this.at);
      this.at += data.bytes.length;
    } else if (data.kind === "name") this.#name(data.target, true);
    else if (data.kind === "srv") {
      scratch.writeUInt16BE(data.priority, this.at);
      scratch.writeUInt16BE(data.weight, this.at + 2);
      scratch.writeUInt16BE(data.port, this.at + 4);
      this.at += 6;
      // RFC 2782: the target is written out, but others may point at it
      this.#name(data.target, false);
    } else {
      this.#name(data.server, true);
      this.#name(data.mailbox, true);
      for (const part of data.numbers) {
        scratch.writeUInt32BE(part >>> 0, this.at);
        this.at += 4;
      }
    }
    scratch.writeUInt16BE(this.at - start, start - 2);
  }

  #name(name: string, mayPoint: boolean): void {
    if (mayPoint && name !== "" && name === this.#asked) this.#pointer(HEADER_BYTES);
    else if (isPlainName(name)) this.#plainName(name, mayPoint);
    else this.#oddName(name, mayPoint);
  }

  #plainName(name: string, mayPoint: boolean): void {
    for (let from = 0; ; ) {
      if (this.#pointed(from === 0 ? name : name.slice(from), this.at, mayPoint)) return;
      const dot = name.indexOf(".", from);
      const end = dot === -1 ? name.length : dot;
      scratch[this.at++] = end - from;
      for (let at = from; at < end; at++) scratch[this.at++] = name.charCodeAt(at);
      if (dot === -1) break;
      from = dot + 1;
    }
    scratch[this.at++] = 0;
  }

  #oddName(name: string, mayPoint: boolean): void {
    const wire = wireName(name);
    if (wire === undefined) return; // never: `isWritable` has looked
    const { bytes, ends, offsets } = wire;
    const start = this.at;
    for (const [part, end] of ends.entries()) {
      const from = offsets[part] ?? 0;
      if (this.#pointed(end, start + from, mayPoint)) return;
      const to = offsets[part + 1] ?? bytes.length;
      scratch.set(bytes.subarray(from, to), this.at);
      this.at += to - from;
    }
    scratch[this.at++] = 0;
  }

  /** Whether an end of a name was given by pointing at where it stands; if it stood nowhere, it does now, at `offset`. */
  #pointed(end: string, offset: number, mayPoint: boolean): boolean {
    if (!this.#compress) return false;
    this.#places ??= new NamePlaces(this.#asked, this.#question);
    const there = this.#places.find(end);
    if (there === undefined && offset <= POINTER_MAX_OFFSET) this.#places.add(end, offset);
    if (there === undefined || !mayPoint) return false;
    this.#pointer(there);
    return true;
  }

  #pointer(offset: number): void {
    scratch.writeUInt16BE(0xc000 | offset, this.at);
    this.at += 2;
  }

  /** Whether every name of a record, and what it holds, can stand in a message. The question's name came in one. */
  #isWritable({ name, data }: DnsRecord): boolean {
    if ((name === "" || name !== this.#asked) && !isName(name)) return false;
    if (data.kind === "bytes") return data.bytes.length <= TCP_MAX_BYTES; // metadata in a TXT record may be longer
    return data.kind === "soa" ? isName(data.server) && isName(data.mailbox) : isName(data.target);
  }
}

function isName(name: string): boolean {
  return isPlainName(name) || wireName(name) !== undefined;
}
