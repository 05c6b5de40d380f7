import { KvorumError } from "../base/errors.ts";
import { maxFrameBytes, maxMessageBytes, maxPartialBytes } from "./limits.ts";

/**
 * What a frame is. Append only: servers of different versions speak to each other.
 * On the wire: 4 bytes of length (big endian, of what follows), 1 byte of kind, the body.
 */
export const FRAME = {
  hello: 1,
  refuse: 2,
  call: 3,
  reply: 4,
  fail: 5,
  cancel: 6,
  raft: 7,
  part: 8,
  ping: 9,
  pong: 10,
  book: 11,
  open: 12,
  dataUp: 13,
  endUp: 14,
  creditUp: 15,
  dataDown: 16,
  endDown: 17,
  creditDown: 18,
} as const;

const headerBytes = 5;
const partHeaderBytes = 5;

/** A frame as one buffer. */
export function encodeFrame(kind: number, body: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(headerBytes + body.byteLength);
  frame.writeUInt32BE(body.byteLength + 1, 0);
  frame[4] = kind;
  frame.set(body, headerBytes);
  return frame;
}

/** Whether a message of this size fits one frame. */
export function fitsFrame(bodyBytes: number): boolean {
  return bodyBytes + 1 <= maxFrameBytes;
}

/** A piece of a message that is too large for a frame: `id` tells pieces of several messages apart. The body of the first piece begins with the kind. */
export function encodePart(part: { readonly id: number; readonly last: boolean; readonly bytes: Uint8Array }): Buffer {
  const body = Buffer.allocUnsafe(partHeaderBytes + part.bytes.byteLength);
  body.writeUInt32BE(part.id, 0);
  body[4] = part.last ? 1 : 0;
  body.set(part.bytes, partHeaderBytes);
  return encodeFrame(FRAME.part, body);
}

/** A frame of a stream: the stream's number and raw bytes. */
export function encodeData(kind: number, id: number, bytes: Uint8Array): Buffer {
  const body = Buffer.allocUnsafe(4 + bytes.byteLength);
  body.writeUInt32BE(id, 0);
  body.set(bytes, 4);
  return encodeFrame(kind, body);
}

/**
 * Cuts a stream of bytes into frames and joins parts. Throws `corrupt` on a length that cannot be; the connection
 * is of no use after that.
 */
export class FrameReader {
  readonly #onFrame: (kind: number, body: Buffer) => void;
  readonly #parts = new Map<number, { readonly chunks: Buffer[]; bytes: number }>();
  #partialBytes = 0;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  /** How many bytes must be there before it is worth looking again. */
  #needed = headerBytes;
  #limit: number;

  /** `limit`: the largest frame taken until `allow` is called. */
  constructor(limit: number, onFrame: (kind: number, body: Buffer) => void) {
    this.#limit = limit;
    this.#onFrame = onFrame;
  }

  allow(limit: number): void {
    this.#limit = limit;
  }

  push(bytes: Buffer): void {
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.byteLength;
    if (this.#waitingBytes < this.#needed) return;
    const joined = this.#waiting.length === 1 ? bytes : Buffer.concat(this.#waiting, this.#waitingBytes);
    const rest = joined.subarray(this.#cut(joined));
    this.#waiting = rest.byteLength === 0 ? [] : [rest];
    this.#waitingBytes = rest.byteLength;
  }

  /** Hands out whole frames; gives how far it came. */
  #cut(bytes: Buffer): number {
    let at = 0;
    for (;;) {
      if (bytes.byteLength - at < headerBytes) {
        this.#needed = headerBytes;
        return at;
      }
      const length = bytes.readUInt32BE(at);
      if (length < 1 || length > this.#limit + headerBytes)
        throw new KvorumError("corrupt", `Cannot read frame: length ${length} is not between 1 and ${this.#limit}`);
      if (bytes.byteLength - at < 4 + length) {
        this.#needed = 4 + length;
        return at;
      }
      this.#take(bytes[at + 4] ?? 0, bytes.subarray(at + headerBytes, at + 4 + length));
      at += 4 + length;
    }
  }

  #take(kind: number, body: Buffer): void {
    if (kind === FRAME.part) this.#takePart(body);
    else this.#onFrame(kind, body);
  }

  #takePart(body: Buffer): void {
    if (body.byteLength < partHeaderBytes) throw new KvorumError("corrupt", "Cannot read part: it has no header");
    const id = body.readUInt32BE(0);
    const piece = body.subarray(partHeaderBytes);
    const message = this.#parts.get(id) ?? { chunks: [], bytes: 0 };
    message.chunks.push(piece);
    message.bytes += piece.byteLength;
    this.#partialBytes += piece.byteLength;
    if (message.bytes > maxMessageBytes || this.#partialBytes > maxPartialBytes)
      throw new KvorumError("too-large", `Cannot join parts: more than ${maxMessageBytes} bytes`);
    if (body[4] !== 1) {
      this.#parts.set(id, message);
      return;
    }
    this.#parts.delete(id);
    this.#partialBytes -= message.bytes;
    const whole = Buffer.concat(message.chunks, message.bytes);
    if (whole.byteLength === 0 || whole[0] === FRAME.part) throw new KvorumError("corrupt", "Cannot join parts: no message in them");
    this.#onFrame(whole[0] ?? 0, whole.subarray(1));
  }
}
