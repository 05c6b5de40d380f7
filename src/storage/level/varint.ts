/** Reads LevelDB's little-endian base-128 numbers one after the other. */
export class VarintReader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get at(): number {
    return this.#at;
  }

  get ended(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** Throws a plain `Error` at the end of the bytes, and above 2^53. */
  number(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined || factor > 2 ** 49) throw new Error("a number does not end");
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  }

  bytes(length: number): Buffer {
    if (this.#at + length > this.#bytes.length) throw new Error("text is cut off");
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** Bytes with their length before them. */
  text(): Buffer {
    return this.bytes(this.number());
  }
}
