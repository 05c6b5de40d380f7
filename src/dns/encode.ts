import { CLASS_IN, OPCODE, TYPE } from "./codes.ts";
import { LABEL_MAX_BYTES, NAME_MAX_BYTES, POINTER_MAX_OFFSET, TCP_MAX_BYTES } from "./limits.ts";
import type { DnsRecord } from "./records.ts";
import { OPT_BYTES, type Reply } from "./reply.ts";

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

function write(reply: Reply, compress: boolean): number {
  const writer = new Writer(compress, reply.head.questionBytes);
  const counts = [reply.answers, reply.authorities, reply.additionals].map((records) => writer.records(records));
  if (reply.edns !== undefined) writer.opt(reply.edns.size, reply.edns.option);
  writeHeader(reply, counts, reply.edns === undefined ? 0 : 1);
  return writer.at;
}

function writeHeader(reply: Reply, [answers = 0, authorities = 0, additionals = 0]: readonly number[], opts: number): void {
  const { head } = reply;
  const echoes = head.opcode === OPCODE.query || !reply.authoritative;
  const flags =
    0x8000 |
    (head.opcode << 11) |
    (reply.authoritative ? 0x0400 : 0) |
    (reply.truncated ? 0x0200 : 0) |
    (head.recursionDesired && echoes ? 0x0100 : 0) |
    (reply.recursionAvailable ? 0x0080 : 0) |
    (head.checkingDisabled && echoes ? 0x0010 : 0) |
    reply.code;
  scratch.writeUInt16BE(head.id, 0);
  scratch.writeUInt16BE(flags, 2);
  scratch.writeUInt16BE(head.questionBytes.length > 0 ? 1 : 0, 4);
  scratch.writeUInt16BE(answers, 6);
  scratch.writeUInt16BE(authorities, 8);
  scratch.writeUInt16BE(additionals + opts, 10);
}

/** Writes records behind one another; a name that was written before is pointed at. RFC 1035 §4.1.4. */
class Writer {
  at: number;
  readonly #compress: boolean;
  readonly #known = new Map<string, number>();

  constructor(compress: boolean, question: Uint8Array) {
    this.#compress = compress;
    scratch.set(question, HEADER_BYTES);
    this.at = HEADER_BYTES + question.length;
    if (compress) this.#learn(question);
  }

  /** How many were written. */
  records(records: readonly DnsRecord[]): number {
    let count = 0;
    for (const record of records) {
      if (this.at > TCP_MAX_BYTES) return count;
      if (!isWritable(record)) continue;
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
    scratch.writeUInt32BE(ttl, this.at + 4);
    const start = this.at + 10;
    this.at = start;
    if (data.kind === "bytes") this.#bytes(data.bytes);
    else if (data.kind === "name") this.#name(data.target, true);
    else if (data.kind === "srv") {
      for (const part of [data.priority, data.weight, data.port]) this.#uint16(part);
      // RFC 2782: the target is written out, but others may point at it
      this.#name(data.target, false);
    } else {
      this.#name(data.server, true);
      this.#name(data.mailbox, true);
      for (const part of data.numbers) this.#uint32(part);
    }
    scratch.writeUInt16BE(this.at - start, start - 2);
  }

  #bytes(bytes: Uint8Array): void {
    scratch.set(bytes, this.at);
    this.at += bytes.length;
  }

  #uint16(value: number): void {
    scratch.writeUInt16BE(value, this.at);
    this.at += 2;
  }

  #uint32(value: number): void {
    scratch.writeUInt32BE(value >>> 0, this.at);
    this.at += 4;
  }

  #name(name: string, mayPoint: boolean): void {
    let rest = name;
    while (rest !== "") {
      if (this.#compress) {
        const known = this.#known.get(rest);
        if (known !== undefined && mayPoint) {
          this.#uint16(0xc000 | known);
          return;
        }
        if (known === undefined && this.at <= POINTER_MAX_OFFSET) this.#known.set(rest, this.at);
      }
      const end = labelEnd(rest);
      this.#label(rest.slice(0, end));
      rest = rest.slice(end + 1);
    }
    scratch[this.at++] = 0;
  }

  #label(label: string): void {
    const bytes = labelBytes(label);
    scratch[this.at] = bytes.length;
    scratch.set(bytes, this.at + 1);
    this.at += bytes.length + 1;
  }

  /** The question's name and the ends of it, under the words that it has as text. */
  #learn(question: Uint8Array): void {
    const labels: { readonly at: number; readonly text: string }[] = [];
    for (let at = 0, length = question[0] ?? 0; length > 0; length = question[at] ?? 0) {
      labels.push({ at: HEADER_BYTES + at, text: escaped(question.subarray(at + 1, at + 1 + length)) });
      at += length + 1;
    }
    let rest = "";
    for (const { at, text } of labels.reverse()) {
      rest = rest === "" ? text : `${text}.${rest}`;
      this.#known.set(rest, at);
    }
  }
}

/** Where the first label ends: at a dot that is not escaped. */
function labelEnd(name: string): number {
  for (let at = 0; at < name.length; at++) {
    if (name[at] === ".") return at;
    if (name[at] === "\\") at += 1;
  }
  return name.length;
}

function labelBytes(label: string): Buffer {
  if (!label.includes("\\")) return Buffer.from(label);
  const bytes: number[] = [];
  for (let at = 0; at < label.length; at++) {
    const number = label[at] === "\\" ? /^\d{3}/.exec(label.slice(at + 1, at + 4))?.[0] : undefined;
    if (number !== undefined) bytes.push(Number(number) & 0xff);
    else bytes.push(...Buffer.from(label[at] === "\\" ? (label[at + 1] ?? "\\") : (label[at] ?? "")));
    if (label[at] === "\\") at += number === undefined ? 1 : 3;
  }
  return Buffer.from(bytes);
}

/** Text of a label as `question.ts` reads it. */
function escaped(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) {
    if (byte < 33 || byte > 126) text += `\\${String(byte).padStart(3, "0")}`;
    else text += '."\\();@'.includes(String.fromCharCode(byte)) ? `\\${String.fromCharCode(byte)}` : String.fromCharCode(byte);
  }
  return text;
}

/** Whether every name of a record can stand in a message: labels of 1 to 63 bytes, 255 in all. The catalog takes names that DNS does not. */
function isWritable({ name, data }: DnsRecord): boolean {
  if (!isName(name)) return false;
  if (data.kind === "bytes") return true;
  return data.kind === "soa" ? isName(data.server) && isName(data.mailbox) : isName(data.target);
}

function isName(name: string): boolean {
  if (/^[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*$/.test(name) && name.length < NAME_MAX_BYTES - 1) return true;
  if (name === "") return true;
  let total = 1;
  for (let rest = name; rest !== ""; ) {
    const end = labelEnd(rest);
    const { length } = labelBytes(rest.slice(0, end));
    total += length + 1;
    if (length === 0 || length > LABEL_MAX_BYTES || total > NAME_MAX_BYTES || end === rest.length - 1) return false;
    rest = rest.slice(end + 1);
  }
  return true;
}
