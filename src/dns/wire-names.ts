import { LABEL_MAX_BYTES, NAME_MAX_BYTES, WIRE_NAMES_MAX } from "./limits.ts";

/** A name as messages have it, with what is needed to point into it. */
export interface WireName {
  /** Its labels, without the root at the end. */
  readonly bytes: Uint8Array;
  /** The name and every end of it, as text. */
  readonly ends: readonly string[];
  /** Where each of them begins in `bytes`. */
  readonly offsets: readonly number[];
}

/**
 * Whether a name stands in a message as in its text, each dot the length of what follows it: ASCII without escapes, labels of 1 to 63 bytes, 255 in all.
 * RFC 1035 §3.1.
 */
export function isPlainName(name: string): boolean {
  if (name.length > NAME_MAX_BYTES - 2) return false;
  let length = 0;
  for (let at = 0; at < name.length; at++) {
    const code = name.charCodeAt(at);
    if (code === DOT) {
      if (length === 0) return false;
      length = 0;
    } else {
      if (code > 127 || code === BACKSLASH || length === LABEL_MAX_BYTES) return false;
      length += 1;
    }
  }
  return length > 0;
}

const DOT = 0x2e;
const BACKSLASH = 0x5c;

/** As text a byte takes four characters at most (`\255`): what is longer can be no name, and is not remembered. */
const TEXT_MAX_LENGTH = 4 * NAME_MAX_BYTES;

const known = new Map<string, WireName | undefined>();

/**
 * A name in wire form; `undefined` when it cannot stand in a message (labels have 1 to 63 bytes, a name 255): the catalog takes names that DNS does not.
 * Names come again and again, so the last some thousand are remembered.
 */
export function wireName(name: string): WireName | undefined {
  if (name.length > TEXT_MAX_LENGTH) return undefined;
  const remembered = known.get(name);
  if (remembered !== undefined || known.has(name)) return remembered;
  if (known.size >= WIRE_NAMES_MAX) known.clear();
  const made = makeWireName(name);
  known.set(name, made);
  return made;
}

function makeWireName(name: string): WireName | undefined {
  const parts: Uint8Array[] = [];
  const ends: string[] = [];
  const offsets: number[] = [];
  let total = 0;
  for (let rest = name; rest !== ""; ) {
    const end = labelEnd(rest);
    const label = labelBytes(rest.slice(0, end));
    if (label.length === 0 || label.length > LABEL_MAX_BYTES || end === rest.length - 1) return undefined;
    ends.push(rest);
    offsets.push(total);
    parts.push(Buffer.of(label.length), label);
    total += label.length + 1;
    rest = rest.slice(end + 1);
  }
  return total + 1 > NAME_MAX_BYTES ? undefined : { bytes: Buffer.concat(parts), ends, offsets };
}

/** Where the first label ends: at a dot that is not escaped. */
function labelEnd(name: string): number {
  for (let at = 0; at < name.length; at++) {
    if (name[at] === ".") return at;
    if (name[at] === "\\") at += 1;
  }
  return name.length;
}

function labelBytes(label: string): Uint8Array {
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
