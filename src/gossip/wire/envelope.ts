import type { DatagramMessage, StreamMessage } from "../core/index.ts";
import { TruncatedError, WireError } from "./error.ts";
import { decodeCompressed, encodeCompound, encodeCompressed, encodeCrc, openLayers, stripCrc } from "./layers.ts";
import { MAX_SEALED_BYTES, MAX_STREAM_EFFORT_BYTES, MAX_UNPACKED_BYTES, MAX_UNPACKED_DATAGRAM_BYTES } from "./limits.ts";
import { decodeMessage, decodeStreamMessage, encodeStreamMessage, TYPE } from "./memberlist.ts";
import { SEAL_OVERHEAD_BYTES, seal, unseal } from "./seal.ts";

/** Type byte and length before a sealed stream message. */
const SEAL_HEADER_BYTES = 5;

/** What seals what is sent. `nonce` gives 12 fresh bytes a call. */
export interface Sealing {
  readonly key: Uint8Array;
  readonly nonce: () => Uint8Array;
}

/** What opens what comes in. */
export interface Opening {
  /** All are tried, the primary first. Empty: encryption is off. */
  readonly keys: readonly Uint8Array[];
  /** Whether plain messages are refused while there are keys (`encrypt_verify_incoming`). */
  readonly verify: boolean;
}

export interface DatagramOptions {
  readonly compress: boolean;
  /** For peers whose memberlist speaks version 5. */
  readonly crc: boolean;
  readonly sealing: Sealing | undefined;
}

/** One datagram of encoded messages; compound when there are several, then compressed, summed and sealed as asked. */
export function encodeDatagram(messages: readonly Uint8Array[], options: DatagramOptions): Buffer {
  const first = messages[0];
  let out: Uint8Array = messages.length === 1 && first !== undefined ? first : encodeCompound(messages);
  if (options.compress) out = encodeCompressed(out);
  if (options.crc) out = encodeCrc(out);
  if (options.sealing !== undefined) return seal(out, { key: options.sealing.key, nonce: options.sealing.nonce(), version: 1, associated: new Uint8Array() });
  return Buffer.from(out.buffer, out.byteOffset, out.byteLength);
}

/** The messages of a datagram, in order. What cannot be read goes to `broken`; the rest counts. */
export function decodeDatagram(datagram: Uint8Array, opening: Opening, broken: (error: WireError) => void): readonly DatagramMessage[] {
  const messages: DatagramMessage[] = [];
  const guarded = (read: () => void): void => {
    try {
      read();
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      broken(error);
    }
  };
  guarded(() => {
    const plain = stripCrc(openDatagram(datagram, opening));
    for (const part of openLayers(plain, MAX_UNPACKED_DATAGRAM_BYTES, broken)) guarded(() => messages.push(decodeMessage(part)));
  });
  return messages;
}

function openDatagram(datagram: Uint8Array, opening: Opening): Uint8Array {
  if (opening.keys.length === 0) return datagram;
  const plain = unseal(datagram, opening.keys, new Uint8Array());
  if (plain !== undefined) return plain;
  if (opening.verify) throw new WireError("Cannot read datagram: no installed key opens it");
  return datagram;
}

/** One message of a stream, compressed and sealed as asked; real agents compress every one. */
export function encodeStream(message: StreamMessage, options: { readonly compress: boolean; readonly sealing: Sealing | undefined }): Buffer {
  let out: Uint8Array = encodeStreamMessage(message);
  if (options.compress) out = encodeCompressed(out, true);
  if (options.sealing === undefined) return Buffer.from(out.buffer, out.byteOffset, out.byteLength);
  const header = Buffer.alloc(SEAL_HEADER_BYTES);
  header[0] = TYPE.encrypt;
  header.writeUInt32BE(SEAL_OVERHEAD_BYTES + out.length, 1);
  return Buffer.concat([header, seal(out, { key: options.sealing.key, nonce: options.sealing.nonce(), version: 1, associated: header })]);
}

/** Why a stream was refused before its message could be read: the text is what real agents answer. */
export class StreamRefusal extends WireError {}

/**
 * Reads the one message of a stream as its bytes come in.
 * `push` gives the message as soon as all of it is there; it throws a `StreamRefusal` that ought to be answered with an error message,
 * or another `WireError`, which ends the connection without a word.
 */
export class StreamReader {
  readonly #opening: Opening;
  #bytes: Buffer = Buffer.alloc(0);
  /** Bytes looked through so far: a peer that feeds single bytes must not make us read a long message again and again. */
  #effort = 0;
  #neededBytes = 1;

  constructor(opening: Opening) {
    this.#opening = opening;
  }

  push(chunk: Uint8Array, ended: boolean): StreamMessage | undefined {
    this.#bytes = this.#bytes.length === 0 ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength) : Buffer.concat([this.#bytes, chunk]);
    if (this.#bytes.length > MAX_UNPACKED_BYTES) throw new WireError(`Cannot read stream: it is longer than ${MAX_UNPACKED_BYTES} bytes`);
    if (this.#bytes.length < this.#neededBytes && !ended) return undefined;
    this.#effort += this.#bytes.length;
    if (this.#effort > MAX_STREAM_EFFORT_BYTES) throw new WireError("Cannot read stream: it comes in too many small pieces");
    try {
      return this.#read(this.#bytes);
    } catch (error) {
      if (!(error instanceof TruncatedError) || ended) throw error;
      this.#neededBytes = error.neededBytes;
      return undefined;
    }
  }

  #read(bytes: Buffer): StreamMessage {
    if (bytes[0] === TYPE.encrypt) return this.#sealed(bytes);
    if (bytes.length > 0 && this.#opening.keys.length > 0 && this.#opening.verify)
      throw new StreamRefusal("Encryption is configured but remote state is not encrypted");
    if (bytes[0] !== TYPE.compress) return decodeStreamMessage(bytes);
    const unpacked = decodeCompressed(bytes, MAX_UNPACKED_BYTES);
    return whole(() => decodeStreamMessage(unpacked));
  }

  #sealed(bytes: Buffer): StreamMessage {
    if (this.#opening.keys.length === 0) throw new StreamRefusal("Remote state is encrypted and encryption is not configured");
    if (bytes.length < SEAL_HEADER_BYTES) throw new TruncatedError(SEAL_HEADER_BYTES);
    const length = bytes.readUInt32BE(1);
    if (length > MAX_SEALED_BYTES) throw new StreamRefusal(`Remote node state is larger than limit (${length})`);
    if (bytes.length < SEAL_HEADER_BYTES + length) throw new TruncatedError(SEAL_HEADER_BYTES + length);
    const plain = unseal(bytes.subarray(SEAL_HEADER_BYTES, SEAL_HEADER_BYTES + length), this.#opening.keys, bytes.subarray(0, SEAL_HEADER_BYTES));
    if (plain === undefined) throw new StreamRefusal("No installed keys could decrypt the message");
    return whole(() => (plain[0] === TYPE.compress ? decodeStreamMessage(decodeCompressed(plain, MAX_UNPACKED_BYTES)) : decodeStreamMessage(plain)));
  }
}

/** Reads what has come in whole already: if it is too short, no further byte of the stream can mend that. */
function whole(read: () => StreamMessage): StreamMessage {
  try {
    return read();
  } catch (error) {
    if (error instanceof TruncatedError) throw new WireError(error.message, { cause: error });
    throw error;
  }
}
