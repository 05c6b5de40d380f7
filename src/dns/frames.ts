/** A message as a stream carries it: two bytes of length before it. RFC 1035 §4.2.2. */
export function framed(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(message.length + 2);
  frame.writeUInt16BE(message.length, 0);
  frame.set(message, 2);
  return frame;
}

/** Cuts a stream into messages. Holds at most what one piece of the stream brought, and one message of 64 KiB that is not whole yet. */
export class MessageReader {
  #parts: Buffer[] = [];
  #bytes = 0;

  push(bytes: Buffer): void {
    this.#parts.push(bytes);
    this.#bytes += bytes.length;
  }

  /** The next message; `undefined` when it has not come whole. */
  next(): Buffer | undefined {
    if (this.#bytes < this.#wanted()) return undefined;
    const [first = Buffer.alloc(0)] = this.#parts;
    // Small pieces are not joined before they make something whole.
    const whole = this.#parts.length === 1 ? first : Buffer.concat(this.#parts);
    const end = 2 + whole.readUInt16BE(0);
    this.#parts = whole.length === end ? [] : [whole.subarray(end)];
    this.#bytes -= end;
    return whole.subarray(2, end);
  }

  /** How many bytes make the next message whole. */
  #wanted(): number {
    if (this.#bytes < 2) return 2;
    const [first, second] = this.#parts;
    const high = first?.[0] ?? 0;
    const low = first !== undefined && first.length > 1 ? first[1] : second?.[0];
    return 2 + high * 256 + (low ?? 0);
  }
}
