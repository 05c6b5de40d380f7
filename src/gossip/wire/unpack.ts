import { TruncatedError, WireError } from "./error.ts";
import { MAX_SKIP_DEPTH } from "./limits.ts";

/**
 * Reads MessagePack as go-msgpack 0.5.5 does into typed fields: each method takes what that library takes for the type and
 * refuses the rest with a `WireError`. nil is the zero value everywhere. Nothing is allocated on the word of a length alone.
 */
export class Unpacker {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = at;
  }

  /** Where the next value begins. */
  get position(): number {
    return this.#at;
  }

  text(): string {
    const bytes = this.#blob(false);
    return bytes === undefined ? "" : bytes.toString("utf8");
  }

  /** A copy; `undefined` for nil and for empty: peers treat both alike. */
  raw(): Uint8Array | undefined {
    const tag = this.#peek();
    if ((tag & 0xf0) === 0x90 || tag === 0xdc || tag === 0xdd) return this.#byteList();
    const bytes = this.#blob(true);
    return bytes === undefined || bytes.length === 0 ? undefined : Uint8Array.from(bytes);
  }

  bool(): boolean {
    const tag = this.#byte();
    if (tag === 0xc3 || tag === 0x01) return true;
    if (tag === 0xc2 || tag === 0x00 || tag === 0xc0) return false;
    throw this.#wrong("a boolean", tag);
  }

  float(): number {
    const tag = this.#peek();
    if (tag === 0xcb || tag === 0xca) {
      this.#at++;
      return tag === 0xcb ? this.#bytes.readDoubleBE(this.#take(8)) : this.#bytes.readFloatBE(this.#take(4));
    }
    return Number(this.#integer());
  }

  /** An unsigned integer up to `max`. */
  unsigned(max: number): number {
    const value = this.#integer();
    if (value < 0n || value > BigInt(max)) throw new WireError(`Cannot read message: integer ${value} at byte ${this.#at} is out of range`);
    return Number(value);
  }

  uint64(): bigint {
    const value = this.#integer();
    if (value < 0n) throw new WireError(`Cannot read message: integer ${value} at byte ${this.#at} is negative`);
    return value;
  }

  int64(): bigint {
    const value = this.#integer();
    if (value >= 1n << 63n) throw new WireError(`Cannot read message: integer ${value} at byte ${this.#at} is out of range`);
    return value;
  }

  /** The number of pairs of a map that begins here; 0 for nil. */
  map(): number {
    return this.#count("a map", 0x80, 0xde, 2);
  }

  /** The number of elements of a list; a map counts as the list of its keys and values. `undefined` for nil. */
  list(): number | undefined {
    const tag = this.#peek();
    if (tag === 0xc0) {
      this.#at++;
      return undefined;
    }
    if ((tag & 0xf0) === 0x80 || tag === 0xde || tag === 0xdf) return this.map() * 2;
    return this.#count("a list", 0x90, 0xdc, 1);
  }

  /** Whether the next value is a list rather than a map: a struct may come either way. */
  isList(): boolean {
    const tag = this.#peek();
    return (tag & 0xf0) === 0x90 || tag === 0xdc || tag === 0xdd;
  }

  isNil(): boolean {
    return this.#peek() === 0xc0;
  }

  /** Passes over one value of whatever kind. */
  skip(depth = 0): void {
    if (depth > MAX_SKIP_DEPTH) throw new WireError("Cannot read message: a value nests too deep");
    const tag = this.#peek();
    if (tag < 0x80 || tag >= 0xe0 || tag === 0xc0 || tag === 0xc2 || tag === 0xc3) this.#at++;
    else if (tag < 0x90 || tag === 0xde || tag === 0xdf) this.#skipMany(this.map() * 2, depth);
    else if (tag < 0xa0 || tag === 0xdc || tag === 0xdd) this.#skipMany(this.list() ?? 0, depth);
    else if (tag < 0xc0 || (tag >= 0xd9 && tag <= 0xdb) || (tag >= 0xc4 && tag <= 0xc6)) this.#blob(true);
    else if (tag === 0xca || tag === 0xcb || (tag >= 0xcc && tag <= 0xd3)) this.float();
    else this.#skipExt(tag);
  }

  #skipMany(count: number, depth: number): void {
    for (let at = 0; at < count; at++) this.skip(depth + 1);
  }

  #skipExt(tag: number): void {
    this.#at++;
    if (tag >= 0xd4 && tag <= 0xd8) this.#take(1 + (1 << (tag - 0xd4)));
    else if (tag >= 0xc7 && tag <= 0xc9) this.#take(this.#length(tag - 0xc7) + 1);
    else throw this.#wrong("a value", tag);
  }

  #blob(binToo: boolean): Buffer | undefined {
    const tag = this.#byte();
    if (tag === 0xc0) return undefined;
    let length: number;
    if ((tag & 0xe0) === 0xa0) length = tag & 0x1f;
    else if (tag >= 0xd9 && tag <= 0xdb) length = this.#length(tag - 0xd9);
    else if (binToo && tag >= 0xc4 && tag <= 0xc6) length = this.#length(tag - 0xc4);
    else throw this.#wrong(binToo ? "bytes" : "text", tag);
    const from = this.#take(length);
    return this.#bytes.subarray(from, from + length);
  }

  #byteList(): Uint8Array | undefined {
    const count = this.list() ?? 0;
    const bytes = new Uint8Array(count);
    for (let at = 0; at < count; at++) bytes[at] = this.unsigned(0xff);
    return count === 0 ? undefined : bytes;
  }

  /** A length in 1, 2 or 4 bytes for `size` 0, 1 or 2. */
  #length(size: number): number {
    if (size === 0) return this.#bytes.readUInt8(this.#take(1));
    return size === 1 ? this.#bytes.readUInt16BE(this.#take(2)) : this.#bytes.readUInt32BE(this.#take(4));
  }

  #count(what: string, fix: number, wide: number, valuesEach: number): number {
    const tag = this.#byte();
    if (tag === 0xc0) return 0;
    let count: number;
    if ((tag & 0xf0) === fix) count = tag & 0x0f;
    else if (tag === wide || tag === wide + 1) count = this.#length(tag - wide + 1);
    else throw this.#wrong(what, tag);
    if (count * valuesEach > this.#bytes.length - this.#at) throw new TruncatedError(this.#at + count * valuesEach); // each value takes a byte at least
    return count;
  }

  #integer(): bigint {
    const tag = this.#byte();
    if (tag < 0x80) return BigInt(tag);
    if (tag >= 0xe0) return BigInt(tag - 0x100);
    switch (tag) {
      case 0xc0:
        return 0n;
      case 0xcc:
        return BigInt(this.#bytes.readUInt8(this.#take(1)));
      case 0xcd:
        return BigInt(this.#bytes.readUInt16BE(this.#take(2)));
      case 0xce:
        return BigInt(this.#bytes.readUInt32BE(this.#take(4)));
      case 0xcf:
        return this.#bytes.readBigUInt64BE(this.#take(8));
      case 0xd0:
        return BigInt(this.#bytes.readInt8(this.#take(1)));
      case 0xd1:
        return BigInt(this.#bytes.readInt16BE(this.#take(2)));
      case 0xd2:
        return BigInt(this.#bytes.readInt32BE(this.#take(4)));
      case 0xd3:
        return this.#bytes.readBigInt64BE(this.#take(8));
      default:
        throw this.#wrong("an integer", tag);
    }
  }

  #peek(): number {
    const tag = this.#bytes[this.#at];
    if (tag === undefined) throw new TruncatedError(this.#at + 1);
    return tag;
  }

  #byte(): number {
    const tag = this.#peek();
    this.#at++;
    return tag;
  }

  #take(count: number): number {
    const from = this.#at;
    if (from + count > this.#bytes.length) throw new TruncatedError(from + count);
    this.#at = from + count;
    return from;
  }

  #wrong(wanted: string, tag: number): WireError {
    return new WireError(`Cannot read message: byte ${this.#at - 1} is 0x${tag.toString(16)}, which does not begin ${wanted}`);
  }
}
