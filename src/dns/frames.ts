/** A message as a stream carries it: two bytes of length before it. RFC 1035 §4.2.2. */
export function framed(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(message.length + 2);
  frame.writeUInt16BE(message.length, 0);
  frame.set(message, 2);
  return frame;
}

/** Cuts a stream into messages. Holds at most one message that is not whole yet: 64 KiB and what came with it. */
export class MessageReader {
  readonly #onMessage: (message: Buffer) => void;
  #parts: Buffer[] = [];
  #bytes = 0;

  constructor(onMessage: (message: Buffer) => void) {
    this.#onMessage = onMessage;
  }

  /** Whether a message has begun and not ended. */
  get waiting(): boolean {
    return this.#bytes > 0;
  }

  push(bytes: Buffer): void {
    this.#parts.push(bytes);
    this.#bytes += bytes.length;
    // Small pieces are not joined before they make something whole.
    if (this.#bytes < this.#wanted()) return;
    let whole = this.#parts.length === 1 ? bytes : Buffer.concat(this.#parts);
    while (whole.length >= 2 && whole.length >= 2 + whole.readUInt16BE(0)) {
      const end = 2 + whole.readUInt16BE(0);
      this.#onMessage(whole.subarray(2, end));
      whole = whole.subarray(end);
    }
    this.#parts = whole.length === 0 ? [] : [whole];
    this.#bytes = whole.length;
  }

  /** How many bytes make the next message whole. */
  #wanted(): number {
    const [first] = this.#parts;
    if (first === undefined) return 2;
    if (first.length >= 2) return 2 + first.readUInt16BE(0);
    if (this.#bytes >= 2) this.#parts = [Buffer.concat(this.#parts)];
    return this.#bytes >= 2 ? 2 + (this.#parts[0]?.readUInt16BE(0) ?? 0) : 2;
  }
}
