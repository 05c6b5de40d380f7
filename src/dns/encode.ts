import { CLASS_IN, TYPE } from "./codes.ts";
import { POINTER_MAX_OFFSET, TCP_MAX_BYTES } from "./limits.ts";
import { type Head, labelText } from "./question.ts";
import type { DnsRecord } from "./records.ts";
import { OPT_BYTES, type Reply } from "./reply.ts";
import { wireName } from "./wire-names.ts";

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
  return (wireName(name)?.bytes.length ?? 0) + 1;
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
  /** Where names, and ends of names, stand; `undefined` as long as none but the question's was wanted, which stands first. */
  #known: Map<string, number> | undefined;

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
    if (mayPoint && name !== "" && name === this.#asked) {
      scratch.writeUInt16BE(0xc000 | HEADER_BYTES, this.at);
      this.at += 2;
      return;
    }
    const wire = wireName(name);
    if (wire === undefined) return; // never: `isWritable` has looked
    const { bytes, ends, offsets } = wire;
    this.#known ??= this.#compress ? learned(this.#question) : NOWHERE;
    const known = this.#known;
    for (let part = 0; this.#compress && part < ends.length; part++) {
      const end = ends[part] ?? "";
      const offset = offsets[part] ?? 0;
      const there = known.get(end);
      if (there !== undefined && mayPoint) {
        scratch.set(offset === 0 ? NOTHING : bytes.subarray(0, offset), this.at);
        scratch.writeUInt16BE(0xc000 | there, this.at + offset);
        this.at += offset + 2;
        return;
      }
      if (there === undefined && this.at + offset <= POINTER_MAX_OFFSET) known.set(end, this.at + offset);
    }
    scratch.set(bytes, this.at);
    this.at += bytes.length;
    scratch[this.at++] = 0;
  }

  /** Whether every name of a record, and what it holds, can stand in a message. The question's name came in one. */
  #isWritable({ name, data }: DnsRecord): boolean {
    if ((name === "" || name !== this.#asked) && wireName(name) === undefined) return false;
    if (data.kind === "bytes") return data.bytes.length <= TCP_MAX_BYTES; // metadata in a TXT record may be longer
    return data.kind === "soa" ? wireName(data.server) !== undefined && wireName(data.mailbox) !== undefined : wireName(data.target) !== undefined;
  }
}

/**
 * Where a question's name and the ends of it stand, under the words that they have as text. An end in which letters are large is passed over: the answer is
 * given again to who writes them otherwise.
 */
function learned(question: Uint8Array): Map<string, number> {
  const known = new Map<string, number>();
  const labels: { readonly at: number; readonly text: string }[] = [];
  const bytes = Buffer.from(question.buffer, question.byteOffset, question.length);
  for (let at = 0, length = bytes[0] ?? 0; length > 0; length = bytes[at] ?? 0) {
    labels.push({ at: HEADER_BYTES + at, text: labelText(bytes, at + 1, at + 1 + length) });
    at += length + 1;
  }
  let rest = "";
  for (const { at, text } of labels.reverse()) {
    rest = rest === "" ? text : `${text}.${rest}`;
    if (at === HEADER_BYTES || !LARGE.test(rest)) known.set(rest, at);
  }
  return known;
}

const NOTHING = new Uint8Array(0);
/** Without compression nothing is learned. */
const NOWHERE = new Map<string, number>();
const LARGE = /[A-Z]/;
