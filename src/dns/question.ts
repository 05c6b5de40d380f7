import { CLASS_IN, OPCODE, OPTION_SUBNET, RCODE, type ReplyCode, TYPE } from "./codes.ts";
import { LABEL_MAX_BYTES, NAME_MAX_BYTES } from "./limits.ts";

/** For whom a resolver asks. RFC 7871 §6. */
export interface ClientSubnet {
  /** 1: IPv4, 2: IPv6; 0 with no address at all. */
  readonly family: number;
  /** 4 or 16 bytes. */
  readonly address: Uint8Array;
  readonly prefix: number;
}

/** What a client says of itself by EDNS. RFC 6891. */
export interface Edns {
  /** Bytes of the longest UDP answer that it takes. */
  readonly size: number;
  readonly subnet: ClientSubnet | undefined;
}

/** The part of a message that an answer repeats. */
export interface Head {
  readonly id: number;
  readonly opcode: number;
  /** Bits of the header that come back. */
  readonly echoed: number;
  /** The question as it came, name, type and class; empty when there was none. */
  readonly questionBytes: Uint8Array;
  /** As it was written, without the dot at the end; bytes that are no plain text are escaped (`\.`, `\255`). Empty: the root, or no question. */
  readonly name: string;
}

export interface Question extends Head {
  readonly type: number;
  readonly class: number;
  readonly edns: Edns | undefined;
}

export type Decoded =
  | { readonly kind: "question"; readonly question: Question }
  /** To be answered with this code and nothing more. */
  | { readonly kind: "refuse"; readonly head: Head; readonly code: ReplyCode }
  /** To be passed over: too short, or itself an answer. */
  | { readonly kind: "ignore" };

const HEADER_BYTES = 12;
/** Recursion desired, checking disabled: what an answer to a query repeats. RFC 1035 §4.1.1, RFC 4035 §3.2.2. */
const RD = 0x0100;
const ECHOED = RD | 0x0010;
/** What the refusal of a broken message repeats, as Consul's library does: besides those truncation, recursion available and authentic data. */
const ECHOED_REFUSED = ECHOED | 0x0200 | 0x0080 | 0x0020;
const NOTHING = new Uint8Array(0);

/**
 * Reads a message of a client as Consul's library does: one question, at most one answer and authority, two additional records; whatever
 * counts more, or ends too early, is a format error, and messages other than queries and notifications are not implemented.
 */
export function decodeQuestion(bytes: Buffer): Decoded {
  if (bytes.length < HEADER_BYTES) return { kind: "ignore" };
  const flags = bytes.readUInt16BE(2);
  if ((flags & 0x8000) !== 0) return { kind: "ignore" };
  const opcode = (flags >> 11) & 15;
  const head: Head = {
    id: bytes.readUInt16BE(0),
    opcode,
    echoed: flags & ECHOED_REFUSED,
    questionBytes: NOTHING,
    name: "",
  };
  if (opcode !== OPCODE.query && opcode !== OPCODE.notify) return { kind: "refuse", head, code: RCODE.notImplemented };
  const questions = bytes.readUInt16BE(4);
  const answers = bytes.readUInt16BE(6);
  const authorities = bytes.readUInt16BE(8);
  const additionals = bytes.readUInt16BE(10);
  if (questions !== 1 || answers > 1 || authorities > 1 || additionals > 2) return { kind: "refuse", head, code: RCODE.formatError };
  if (bytes.length === HEADER_BYTES) return { kind: "refuse", head, code: RCODE.refused };
  const asked = readAsked(bytes);
  if (asked === undefined) return { kind: "refuse", head, code: RCODE.formatError };
  const { name, type, end } = asked;
  const rest = readRest(bytes, end, answers + authorities + additionals);
  if (rest === undefined) return { kind: "refuse", head: { ...head, questionBytes: asked.bytes, name }, code: RCODE.formatError };
  const echoed = opcode === OPCODE.query ? flags & ECHOED : 0;
  return { kind: "question", question: { id: head.id, opcode, echoed, questionBytes: asked.bytes, name, type, class: asked.class, edns: rest.edns } };
}

interface Asked {
  readonly name: string;
  readonly type: number;
  readonly class: number;
  readonly bytes: Uint8Array;
  readonly end: number;
}

/** A message may end after the name, or after the type: what is missing counts as 0, and so does half a class. */
function readAsked(bytes: Buffer): Asked | undefined {
  const named = readName(bytes);
  if (named === undefined) return undefined;
  const { name, end } = named;
  const left = bytes.length - end;
  if (left === 1) return undefined;
  const type = left >= 2 ? bytes.readUInt16BE(end) : 0;
  const kind = left >= 4 ? bytes.readUInt16BE(end + 2) : 0;
  if (left >= 4) return { name, type, class: kind, bytes: bytes.subarray(HEADER_BYTES, end + 4), end: end + 4 };
  const whole = Buffer.alloc(end - HEADER_BYTES + 4);
  bytes.copy(whole, 0, HEADER_BYTES, left >= 2 ? end + 2 : end);
  return { name, type, class: kind, bytes: whole, end: bytes.length };
}

/** The name of the question. A pointer could only lead into the header or to itself. */
function readName(bytes: Buffer): { readonly name: string; readonly end: number } | undefined {
  let at = HEADER_BYTES;
  let plain = true;
  for (;;) {
    const length = bytes[at];
    if (length === undefined || length > LABEL_MAX_BYTES) return undefined;
    at += 1;
    if (length === 0) break;
    const end = at + length;
    if (end > bytes.length || end + 1 - HEADER_BYTES > NAME_MAX_BYTES) return undefined;
    for (; at < end; at++) plain &&= isPlain(bytes[at] ?? 0);
  }
  return { name: plain ? plainName(bytes, at) : labelsOf(bytes).join("."), end: at };
}

const plainText = Buffer.alloc(NAME_MAX_BYTES);

/** A name that is plain text all through: its lengths become the dots. */
function plainName(bytes: Buffer, end: number): string {
  const length = bytes.copy(plainText, 0, HEADER_BYTES, end);
  for (let at = plainText[0] ?? 0; at < length - 1; ) {
    const next = at + 1 + (plainText[at + 1] ?? 0);
    plainText[at + 1] = 0x2e;
    at = next;
  }
  return plainText.toString("latin1", 1, length - 1);
}

function labelsOf(bytes: Buffer): readonly string[] {
  const labels: string[] = [];
  for (let at = HEADER_BYTES, length = bytes[at] ?? 0; length > 0; length = bytes[at] ?? 0) {
    labels.push(labelText(bytes, at + 1, at + 1 + length));
    at += length + 1;
  }
  return labels;
}

/** Plain bytes as they are, others escaped: two names that differ on the wire differ as text. */
export function labelText(bytes: Buffer, from: number, to: number): string {
  let plain = true;
  for (let at = from; at < to && plain; at++) plain = isPlain(bytes[at] ?? 0);
  if (plain) return bytes.toString("latin1", from, to);
  let text = "";
  for (const byte of bytes.subarray(from, to)) {
    if (byte < 33 || byte > 126) text += `\\${String(byte).padStart(3, "0")}`;
    else text += isPlain(byte) ? String.fromCharCode(byte) : `\\${String.fromCharCode(byte)}`;
  }
  return text;
}

function isPlain(byte: number): boolean {
  return byte > 32 && byte < 127 && byte !== 0x2e && byte !== 0x5c && byte !== 0x22 && byte !== 0x28 && byte !== 0x29 && byte !== 0x3b && byte !== 0x40;
}

/** Looks at what follows the question, for the one record that matters; `undefined` when it is broken. A message may end between records. */
function readRest(bytes: Buffer, from: number, count: number): { readonly edns: Edns | undefined } | undefined {
  let at = from;
  let edns: Edns | undefined;
  for (let left = count; left > 0 && at < bytes.length; left--) {
    const data = skipName(bytes, at);
    if (data === undefined || data + 10 > bytes.length) return undefined;
    const end = data + 10 + bytes.readUInt16BE(data + 8);
    if (end > bytes.length) return undefined;
    if (bytes.readUInt16BE(data) === TYPE.OPT) {
      const options = readOptions(bytes, data + 10, end);
      if (options === undefined) return undefined;
      edns = { size: bytes.readUInt16BE(data + 2), subnet: options.subnet };
    }
    at = end;
  }
  return { edns };
}

function skipName(bytes: Buffer, from: number): number | undefined {
  for (let at = from; ; ) {
    const length = bytes[at];
    if (length === undefined) return undefined;
    if (length === 0) return at + 1;
    if (length >= 0xc0) return at + 2 <= bytes.length ? at + 2 : undefined;
    if (length > LABEL_MAX_BYTES) return undefined;
    at += length + 1;
  }
}

function readOptions(bytes: Buffer, from: number, end: number): { readonly subnet: ClientSubnet | undefined } | undefined {
  let subnet: ClientSubnet | undefined;
  for (let at = from; at < end; ) {
    if (at + 4 > end) return undefined;
    const [code, length] = [bytes.readUInt16BE(at), bytes.readUInt16BE(at + 2)];
    if (at + 4 + length > end) return undefined;
    if (code === OPTION_SUBNET) {
      subnet = readSubnet(bytes.subarray(at + 4, at + 4 + length));
      if (subnet === undefined) return undefined;
    }
    at += 4 + length;
  }
  return { subnet };
}

function readSubnet(bytes: Buffer): ClientSubnet | undefined {
  if (bytes.length < 4) return undefined;
  const [family, prefix, scope] = [bytes.readUInt16BE(0), bytes[2] ?? 0, bytes[3] ?? 0];
  const size = family === 1 ? 4 : family === 2 ? 16 : 0;
  if (family > 2 || prefix > size * 8 || scope > size * 8) return undefined;
  const address = Buffer.alloc(size);
  bytes.copy(address, 0, 4, 4 + size);
  return { family, address, prefix };
}

/** A question that the agent asks of itself, to follow an alias. */
export function innerQuestion(name: string, type: number): Question {
  return { id: 0, opcode: OPCODE.query, echoed: RD, questionBytes: NOTHING, name, type, class: CLASS_IN, edns: undefined };
}
