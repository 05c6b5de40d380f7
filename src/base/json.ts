import { type ByteString, byteStringToUtf8 } from "./byte-string.ts";

/**
 * A JSON value as Kvorum reads and writes it. Whole numbers beyond 2^53 are `bigint`s, so that a uint64 survives.
 * A member that is `undefined` is left out when written; none is ever read.
 */
export type JsonValue = null | boolean | number | bigint | string | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: JsonValue | undefined;
}

const PLAIN = /^[\x20\x21\x23-\x25\x27-\x3b\x3d\x3f-\x5b\x5d-\x7f]*$/;
// control characters are what does not lie between the blank and the end
const SPECIAL = /["\\<>&\u2028\u2029\ud800-\udfff]|[^ -\uffff]/;
const LONE = /\p{Surrogate}/gu;

/** Compact JSON with Go's escapes: `<`, `>`, `&`, U+2028 and U+2029 are never written as they are (encoding/json, HTML-safe). */
export function writeJson(value: JsonValue): string {
  if (typeof value === "string") return quoteJson(value);
  // of numbers JavaScript and Go print the same form: shortest, exponents below 1e-6 and from 1e21 on
  if (value === null || typeof value !== "object") return String(value);
  if (isJsonArray(value)) {
    let text = "[";
    for (let at = 0; at < value.length; at++) text += (at === 0 ? "" : ",") + writeJson(value[at] ?? null);
    return `${text}]`;
  }
  let text = "{";
  for (const name of Object.keys(value)) {
    const member = value[name];
    if (member !== undefined) text += `${text.length === 1 ? "" : ","}${quoteJson(name)}:${writeJson(member)}`;
  }
  return `${text}}`;
}

/** Whether a JSON value is a list; `Array.isArray` does not narrow read-only ones. */
export function isJsonArray(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** Whether a JSON value is an object. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A JSON string, quotes included. A lone surrogate becomes U+FFFD, as in Go. */
export function quoteJson(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`;
  if (!SPECIAL.test(text)) return `"${text}"`;
  let out = '"';
  const whole = text.replace(LONE, "\ufffd");
  for (let at = 0; at < whole.length; at++) out += escaped(whole.charCodeAt(at), whole[at] ?? "");
  return `${out}"`;
}

/** A JSON string of bytes that should be UTF-8; each byte that is not becomes the escape `\ufffd`, as Go writes it. */
export function quoteJsonBytes(bytes: ByteString): string {
  if (PLAIN.test(bytes)) return `"${bytes}"`;
  const text = byteStringToUtf8(bytes);
  return text.includes("\ufffd") ? quoteBroken(bytes) : quoteJson(text);
}

/** Lays compact JSON out like Go's `json.Indent`: `[]` and `{}` stay together, a blank after each colon. */
export function indentJson(text: string, indent = "    "): string {
  let out = "";
  let depth = 0;
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) {
      at = endOfString(text, at);
    } else if (code === 0x7b || code === 0x5b) {
      const next = text.charCodeAt(at + 1);
      if (next === 0x7d || next === 0x5d) {
        at++;
      } else {
        depth++;
        out += `${text.slice(from, at + 1)}\n${indent.repeat(depth)}`;
        from = at + 1;
      }
    } else if (code === 0x7d || code === 0x5d) {
      depth--;
      out += `${text.slice(from, at)}\n${indent.repeat(depth)}`;
      from = at;
    } else if (code === 0x2c) {
      out += `${text.slice(from, at + 1)}\n${indent.repeat(depth)}`;
      from = at + 1;
    } else if (code === 0x3a) {
      out += `${text.slice(from, at + 1)} `;
      from = at + 1;
    }
  }
  return out + text.slice(from);
}

/** The place of the quote that closes the string opened at `open`. */
function endOfString(text: string, open: number): number {
  for (let close = text.indexOf('"', open + 1); close !== -1; close = text.indexOf('"', close + 1)) {
    let slashes = 0;
    while (text.charCodeAt(close - 1 - slashes) === 0x5c) slashes++;
    if (slashes % 2 === 0) return close;
  }
  return text.length;
}

function escaped(code: number, char: string): string {
  if (code === 0x22) return '\\"';
  if (code === 0x5c) return "\\\\";
  if (code === 0x0a) return "\\n";
  if (code === 0x0d) return "\\r";
  if (code === 0x09) return "\\t";
  if (code < 0x20 || code === 0x3c || code === 0x3e || code === 0x26 || code === 0x2028 || code === 0x2029) {
    return `\\u${code.toString(16).padStart(4, "0")}`;
  }
  return char;
}

function quoteBroken(bytes: ByteString): string {
  let out = "";
  for (let at = 0; at < bytes.length; ) {
    const length = runeLength(bytes, at);
    out += length === 0 ? "\\ufffd" : quoteJson(byteStringToUtf8(bytes.slice(at, at + length) as ByteString)).slice(1, -1);
    at += length === 0 ? 1 : length;
  }
  return `"${out}"`;
}

/** How many bytes the UTF-8 character at `at` has; 0 when there is none. */
function runeLength(bytes: string, at: number): number {
  const first = bytes.charCodeAt(at);
  if (first < 0x80) return 1;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || at + length > bytes.length) return 0;
  const second = bytes.charCodeAt(at + 1);
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return 0;
  for (let more = 2; more < length; more++) if ((bytes.charCodeAt(at + more) & 0xc0) !== 0x80) return 0;
  return length;
}
