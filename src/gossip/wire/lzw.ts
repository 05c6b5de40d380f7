import { WireError } from "./error.ts";

const CLEAR = 256;
const END = 257;
const FIRST = 258;
const MAX_WIDTH = 12;
const TABLE = 1 << MAX_WIDTH;

/** Compresses as Go's compress/lzw does with 8-bit literals, least significant bit first (the GIF variant), clear code first. */
export function lzwCompress(input: Uint8Array): Buffer {
  const out = new BitWriter(input.length);
  let children = new Map<number, number>();
  let next = FIRST;
  let width = 9;
  let prefix = -1;
  out.put(CLEAR, width);
  for (const byte of input) {
    const known = prefix < 0 ? byte : children.get((prefix << 8) | byte);
    if (known !== undefined) {
      prefix = known;
      continue;
    }
    out.put(prefix, width);
    if (next === 1 << width) width++;
    if (next === TABLE - 1) {
      out.put(CLEAR, Math.min(width, MAX_WIDTH));
      children = new Map();
      next = FIRST;
      width = 9;
    } else children.set((prefix << 8) | byte, next++);
    prefix = byte;
  }
  if (prefix >= 0) {
    out.put(prefix, width);
    if (next === 1 << width && width < MAX_WIDTH) width++;
  }
  out.put(END, width);
  return out.finish();
}

/** Unpacks what either writer makes, with a clear code first or without. Refuses what would be larger than `maxBytes`. */
export function lzwDecompress(input: Uint8Array, maxBytes: number): Buffer {
  const prefixes = new Uint16Array(TABLE);
  const suffixes = new Uint8Array(TABLE);
  const lengths = new Uint16Array(TABLE).fill(1, 0, 256);
  const out = new GrowingBuffer(Math.min(input.length * 3 + 64, maxBytes), maxBytes);
  const bits = new BitReader(input);
  let next = FIRST;
  let width = 9;
  let last = -1;
  for (let code = bits.take(width); code !== END; code = bits.take(width)) {
    if (code === CLEAR) {
      next = FIRST;
      width = 9;
      last = -1;
      continue;
    }
    if (code > next || (code === next && last < 0) || (code >= next && next >= TABLE)) throw new WireError("Cannot unpack message: a code is not in the table");
    const known = code < next;
    const start = out.length;
    if (code < CLEAR) out.push(code);
    else {
      const from = known ? code : last;
      out.expand(from, (known ? lengths[code] : lengths[last]) ?? 0, prefixes, suffixes);
      if (!known) out.push(out.at(start));
    }
    if (last >= 0 && next < TABLE) {
      prefixes[next] = last;
      suffixes[next] = out.at(start);
      lengths[next] = (lengths[last] ?? 0) + 1;
      next++;
    }
    if (next === 1 << width && width < MAX_WIDTH) width++;
    last = code;
  }
  return out.finish();
}

class BitWriter {
  #out: Buffer;
  #length = 0;
  #bits = 0;
  #count = 0;

  constructor(inputBytes: number) {
    this.#out = Buffer.allocUnsafe(Math.ceil(inputBytes * 1.5) + 16);
  }

  put(code: number, width: number): void {
    this.#bits |= code << this.#count;
    this.#count += width;
    while (this.#count >= 8) {
      this.#byte(this.#bits & 0xff);
      this.#bits >>>= 8;
      this.#count -= 8;
    }
  }

  finish(): Buffer {
    if (this.#count > 0) this.#byte(this.#bits & 0xff);
    return this.#out.subarray(0, this.#length);
  }

  #byte(value: number): void {
    if (this.#length === this.#out.length) this.#out = Buffer.concat([this.#out], this.#out.length * 2);
    this.#out[this.#length++] = value;
  }
}

class BitReader {
  readonly #input: Uint8Array;
  #at = 0;
  #bits = 0;
  #count = 0;

  constructor(input: Uint8Array) {
    this.#input = input;
  }

  take(width: number): number {
    while (this.#count < width) {
      const byte = this.#input[this.#at++];
      if (byte === undefined) throw new WireError("Cannot unpack message: it ends in the middle");
      this.#bits |= byte << this.#count;
      this.#count += 8;
    }
    const code = this.#bits & ((1 << width) - 1);
    this.#bits >>>= width;
    this.#count -= width;
    return code;
  }
}

class GrowingBuffer {
  #bytes: Buffer;
  #length = 0;
  readonly #max: number;

  constructor(size: number, max: number) {
    this.#bytes = Buffer.allocUnsafe(size);
    this.#max = max;
  }

  get length(): number {
    return this.#length;
  }

  at(place: number): number {
    return this.#bytes[place] ?? 0;
  }

  push(byte: number): void {
    this.#room(1);
    this.#bytes[this.#length++] = byte;
  }

  /** Writes the string of a code, `length` bytes long, from its end backwards. */
  expand(code: number, length: number, prefixes: Uint16Array, suffixes: Uint8Array): void {
    this.#room(length);
    let at = this.#length + length - 1;
    let from = code;
    for (; from >= CLEAR && at >= this.#length; at--) {
      this.#bytes[at] = suffixes[from] ?? 0;
      from = prefixes[from] ?? 0;
    }
    this.#bytes[at] = from;
    this.#length += length;
  }

  finish(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  #room(count: number): void {
    const needed = this.#length + count;
    if (needed > this.#max) throw new WireError(`Cannot unpack message: it is larger than ${this.#max} bytes`);
    if (needed > this.#bytes.length)
      this.#bytes = Buffer.concat([this.#bytes.subarray(0, this.#length)], Math.min(Math.max(needed, this.#bytes.length * 2), this.#max));
  }
}
