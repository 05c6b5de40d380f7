import { crc32 } from "node:zlib";
import { TruncatedError, WireError } from "./error.ts";
import { MAX_COMPOUND_PARTS, MAX_LAYERS } from "./limits.ts";
import { lzwCompress, lzwDecompress } from "./lzw.ts";
import { TYPE } from "./memberlist.ts";
import { Packer } from "./pack.ts";
import { bytes, type Codec, struct, u8 } from "./schema.ts";
import { Unpacker } from "./unpack.ts";

const compress: Codec<{ algorithm: number; buffer: Uint8Array | undefined }> = struct({
  algorithm: { wire: "Algo", codec: u8 },
  buffer: { wire: "Buf", codec: bytes },
});
const CRC_BYTES = 5;

/** Bytes that a compound of `parts` messages adds to them. */
export function compoundOverheadBytes(parts: number): number {
  return 2 + 2 * parts;
}

/** Several messages as one. Each is at most 65,535 bytes; at least one, at most 127. */
export function encodeCompound(parts: readonly Uint8Array[]): Buffer {
  if (parts.length === 0 || parts.length > MAX_COMPOUND_PARTS)
    throw new WireError(`Cannot make compound: ${parts.length} parts are not 1 to ${MAX_COMPOUND_PARTS}`);
  const header = Buffer.alloc(compoundOverheadBytes(parts.length));
  header[0] = TYPE.compound;
  header[1] = parts.length;
  for (const [at, part] of parts.entries()) header.writeUInt16BE(part.length, 2 + 2 * at);
  return Buffer.concat([header, ...parts]);
}

/** The message compressed, when that is shorter; itself otherwise. Streams are compressed `always`, as real senders do. */
export function encodeCompressed(message: Uint8Array, always = false): Uint8Array {
  const out = new Packer(message.length);
  out.byte(TYPE.compress);
  compress.write(out, { algorithm: 0, buffer: lzwCompress(message) });
  const packed = out.bytes();
  return always || packed.length < message.length ? packed : message;
}

/** The checksum layer, for a peer whose memberlist speaks version 5. */
export function encodeCrc(message: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(CRC_BYTES + message.length);
  out[0] = TYPE.hasCrc;
  out.writeUInt32BE(crc32(message), 1);
  out.set(message, CRC_BYTES);
  return out;
}

/** Checks and takes off a checksum layer where there is one. */
export function stripCrc(datagram: Uint8Array): Uint8Array {
  if (datagram[0] !== TYPE.hasCrc || datagram.length < CRC_BYTES) return datagram;
  const inner = datagram.subarray(CRC_BYTES);
  const told = Buffer.from(datagram.buffer, datagram.byteOffset, CRC_BYTES).readUInt32BE(1);
  if (told !== crc32(inner)) throw new WireError("Cannot read datagram: its checksum is wrong");
  return inner;
}

/** The bytes inside a compress layer, at most `maxBytes`. */
export function decodeCompressed(message: Uint8Array, maxBytes: number): Buffer {
  const { algorithm, buffer } = compress.read(new Unpacker(message, 1));
  if (algorithm !== 0) throw new WireError(`Cannot unpack message: algorithm ${algorithm} is unknown`);
  const plain = lzwDecompress(buffer ?? new Uint8Array(), maxBytes);
  if (plain.length === 0) throw new WireError("Cannot unpack message: it is empty");
  return plain;
}

/** Takes compress and compound layers off: the messages inside, in order. Broken parts are handed to `broken` and left out. */
export function openLayers(message: Uint8Array, maxBytes: number, broken: (error: WireError) => void): readonly Uint8Array[] {
  const open: Uint8Array[] = [];
  let budget = maxBytes;
  const visit = (part: Uint8Array, depth: number): void => {
    if (depth > MAX_LAYERS) throw new WireError("Cannot read message: layers nest too deep");
    if (part[0] === TYPE.compress) {
      const plain = decodeCompressed(part, budget);
      budget -= plain.length;
      visit(plain, depth + 1);
    } else if (part[0] === TYPE.compound) for (const inner of compoundParts(part)) guarded(inner, depth + 1);
    else if (part.length === 0) throw new WireError("Cannot read message: a part is empty");
    else open.push(part);
  };
  const guarded = (part: Uint8Array, depth: number): void => {
    try {
      visit(part, depth);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      broken(error);
    }
  };
  guarded(message, 0);
  return open;
}

function* compoundParts(message: Uint8Array): Iterable<Uint8Array> {
  const count = message[1] ?? 0;
  let at = compoundOverheadBytes(count);
  if (message.length < at) throw new TruncatedError(at);
  for (let part = 0; part < count; part++) {
    const length = ((message[2 + 2 * part] ?? 0) << 8) | (message[3 + 2 * part] ?? 0);
    if (at + length > message.length) throw new TruncatedError(at + length);
    yield message.subarray(at, at + length);
    at += length;
  }
}
