import type { Brand } from "./brand.ts";

/**
 * Bytes as a JavaScript string of code points 0 to 255, one a byte.
 *
 * Keys and values of the store are kept so: `<` orders them as bytes are ordered (as Consul's tree does, also for text
 * that is not valid UTF-8), and a million of them cost the garbage collector nothing to look through, where a million
 * `Uint8Array`s cost it a backing store each.
 */
export type ByteString = Brand<string, "ByteString">;

export const EMPTY_BYTES = "" as ByteString;

export function bytesToByteString(bytes: Uint8Array): ByteString {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1") as ByteString;
}

export function byteStringToBytes(text: ByteString): Buffer {
  return Buffer.from(text, "latin1");
}

/** The bytes of a text in UTF-8. */
export function utf8ToByteString(text: string): ByteString {
  return (isAscii(text) ? text : Buffer.from(text, "utf8").toString("latin1")) as ByteString;
}

/** The text that the bytes are in UTF-8; what is not valid UTF-8 becomes U+FFFD, as in Go's JSON. */
export function byteStringToUtf8(text: ByteString): string {
  return isAscii(text) ? text : Buffer.from(text, "latin1").toString("utf8");
}

export function byteStringToBase64(text: ByteString): string {
  return Buffer.from(text, "latin1").toString("base64");
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0x7f) return false;
  return true;
}
