import { assert } from "../../base/assert.ts";

/**
 * Writes the old MessagePack dialect of memberlist and Serf: text and bytes alike as raw, never str8, bin or ext; integers in
 * their shortest form, non-negative ones unsigned; floats always in eight bytes.
 */
export class Packer {
  #buffer: Buffer;
  #length = 0;

  constructor(sizeHint = 256) {
    this.#buffer = Buffer.allocUnsafe(sizeHint);
  }

  /** What has been written so far, without a copy: valid until the next write. */
  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** A byte as it is, outside MessagePack: message types and headers. */
  byte(value: number): void {
    const at = this.#room(1);
    this.#buffer[at] = value;
  }

  /** Bytes as they are, without a header. */
  append(bytes: Uint8Array): void {
    const at = this.#room(bytes.length);
    this.#buffer.set(bytes, at);
  }

  nil(): void {
    this.byte(0xc0);
  }

  bool(value: boolean): void {
    this.byte(value ? 0xc3 : 0xc2);
  }

  text(value: string): void {
    const length = Buffer.byteLength(value, "utf8");
    this.#rawHeader(length);
    const at = this.#room(length);
    this.#buffer.write(value, at, length, "utf8");
  }

  raw(value: Uint8Array): void {
    this.#rawHeader(value.length);
    this.append(value);
  }

  float(value: number): void {
    this.byte(0xcb);
    const at = this.#room(8);
    this.#buffer.writeDoubleBE(value, at);
  }

  int(value: number | bigint): void {
    if (typeof value === "bigint" && value >= -0x8000_0000n && value <= 0xffff_ffffn) this.int(Number(value));
    else if (typeof value === "bigint") this.#long(value);
    else {
      assert(Number.isSafeInteger(value), "an integer on the wire is a whole number");
      if (value < -0x8000_0000 || value > 0xffff_ffff) this.#long(BigInt(value));
      else this.#short(value);
    }
  }

  /** The header of a map of `count` pairs; keys and values follow. */
  map(count: number): void {
    this.#countHeader(count, { fix: 0x80, wide: 0xde });
  }

  list(count: number): void {
    this.#countHeader(count, { fix: 0x90, wide: 0xdc });
  }

  #short(value: number): void {
    if (value >= 0) {
      if (value < 0x80) this.byte(value);
      else if (value <= 0xff) this.#tagged8(0xcc, value);
      else if (value <= 0xffff) this.#tagged16(0xcd, value);
      else this.#tagged32(0xce, value);
    } else if (value >= -32) this.byte(value & 0xff);
    else if (value >= -0x80) this.#tagged8(0xd0, value & 0xff);
    else if (value >= -0x8000) this.#tagged16(0xd1, value & 0xffff);
    else this.#tagged32(0xd2, value >>> 0);
  }

  #long(value: bigint): void {
    assert(value >= -(1n << 63n) && value < 1n << 64n, "an integer on the wire fits 64 bits");
    this.byte(value < 0n ? 0xd3 : 0xcf);
    const at = this.#room(8);
    this.#buffer.writeBigUInt64BE(BigInt.asUintN(64, value), at);
  }

  #rawHeader(length: number): void {
    if (length < 32) this.byte(0xa0 | length);
    else if (length <= 0xffff) this.#tagged16(0xda, length);
    else this.#tagged32(0xdb, length);
  }

  #countHeader(count: number, tags: { readonly fix: number; readonly wide: number }): void {
    if (count < 16) this.byte(tags.fix | count);
    else if (count <= 0xffff) this.#tagged16(tags.wide, count);
    else this.#tagged32(tags.wide + 1, count);
  }

  #tagged8(tag: number, value: number): void {
    this.byte(tag);
    this.byte(value);
  }

  #tagged16(tag: number, value: number): void {
    this.byte(tag);
    const at = this.#room(2);
    this.#buffer.writeUInt16BE(value, at);
  }

  #tagged32(tag: number, value: number): void {
    this.byte(tag);
    const at = this.#room(4);
    this.#buffer.writeUInt32BE(value, at);
  }

  /** Makes room and gives where it begins; the buffer may be another one afterwards. */
  #room(count: number): number {
    const at = this.#length;
    this.#length = at + count;
    if (this.#length > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#length, this.#buffer.length * 2));
      this.#buffer.copy(larger, 0, 0, at);
      this.#buffer = larger;
    }
    return at;
  }
}
