import { type ByteString, byteStringToBytes } from "./byte-string.ts";

const SHORT: Readonly<Record<string, string>> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
  '"': '\\"',
};
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/** Bytes between double quotes as Go's `%q` prints them: text that can be read as it is, all else escaped. Go `strconv.Quote`. */
export function goQuoteBytes(bytes: ByteString): string {
  const buffer = byteStringToBytes(bytes);
  let out = '"';
  for (let at = 0; at < buffer.length; ) {
    const length = sequenceLength(buffer, at);
    if (length === 0) {
      out += `\\x${hex(buffer[at] ?? 0, 2)}`;
      at += 1;
    } else {
      out += quoteChar(buffer.toString("utf8", at, at + length));
      at += length;
    }
  }
  return `${out}"`;
}

/** The same of a text. */
export function goQuote(text: string): string {
  return `"${[...text].map(quoteChar).join("")}"`;
}

function quoteChar(char: string): string {
  const short = SHORT[char];
  if (short !== undefined) return short;
  if (PRINTABLE.test(char)) return char;
  const point = char.codePointAt(0) ?? 0;
  if (point < 0x20 || point === 0x7f) return `\\x${hex(point, 2)}`;
  return point > 0xffff ? `\\U${hex(point, 8)}` : `\\u${hex(point, 4)}`;
}

/** How many bytes the UTF-8 character at this place has; 0 when it is none. */
function sequenceLength(buffer: Buffer, at: number): number {
  const first = buffer[at] ?? 0;
  const length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (length <= 1) return length;
  if (at + length > buffer.length) return 0;
  return buffer.toString("utf8", at, at + length).includes("\ufffd") && !isReplacement(buffer, at) ? 0 : length;
}

/** U+FFFD itself, written out. */
function isReplacement(buffer: Buffer, at: number): boolean {
  return buffer[at] === 0xef && buffer[at + 1] === 0xbf && buffer[at + 2] === 0xbd;
}

function hex(n: number, width: number): string {
  return n.toString(16).padStart(width, "0");
}
