/** How deep arrays and objects may be nested. Ours are at most eight deep; a decoder's stack ends at some thousands. */
const MAX_DEPTH = 64;

/** A member of this name is one like any other to MessagePack, and not to a decoder that sets members one by one. */
const PROTO = Buffer.from("__proto__");

/**
 * Walks over MessagePack without making values. Gives what is wrong, or `undefined`: exactly one value, whole, not too deep,
 * no collection that claims more members than bytes are left, text as keys, and of the extensions only `undefined` (type 0).
 * A decoder may then be let loose on it, one for `__proto__` as a key when there is one. MessagePack specification, formats.
 */
export function checkMsgpack(bytes: Uint8Array): { readonly fault: string | undefined; readonly hasProto: boolean } {
  const walk = new Walk(bytes);
  const fault = walk.value(0) ?? (walk.at === bytes.length ? undefined : `${bytes.length - walk.at} bytes too many`);
  return { fault, hasProto: walk.hasProto };
}

class Walk {
  readonly #bytes: Uint8Array;
  at = 0;
  hasProto = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  value(depth: number): string | undefined {
    const tag = this.#bytes[this.at++];
    if (tag === undefined) return "cut short";
    if (tag <= 0x7f || tag >= 0xe0) return undefined;
    if (tag <= 0x8f) return this.#members(tag & 0x0f, true, depth);
    if (tag <= 0x9f) return this.#members(tag & 0x0f, false, depth);
    if (tag <= 0xbf) return this.#skip(tag & 0x1f);
    return this.#tagged(tag, depth);
  }

  #tagged(tag: number, depth: number): string | undefined {
    switch (tag) {
      case 0xc0:
      case 0xc2:
      case 0xc3:
        return undefined;
      case 0xc4:
      case 0xd9:
        return this.#skip(this.#number(1));
      case 0xc5:
      case 0xda:
        return this.#skip(this.#number(2));
      case 0xc6:
      case 0xdb:
        return this.#skip(this.#number(4));
      case 0xcc:
      case 0xd0:
        return this.#skip(1);
      case 0xcd:
      case 0xd1:
        return this.#skip(2);
      case 0xca:
      case 0xce:
      case 0xd2:
        return this.#skip(4);
      case 0xcb:
      case 0xcf:
      case 0xd3:
        return this.#skip(8);
      case 0xd4:
        return this.#undefined();
      case 0xdc:
        return this.#members(this.#number(2), false, depth);
      case 0xdd:
        return this.#members(this.#number(4), false, depth);
      case 0xde:
        return this.#members(this.#number(2), true, depth);
      case 0xdf:
        return this.#members(this.#number(4), true, depth);
      default:
        return `unknown format 0x${tag.toString(16)}`;
    }
  }

  #members(count: number, pairs: boolean, depth: number): string | undefined {
    if (depth >= MAX_DEPTH) return `nested deeper than ${MAX_DEPTH}`;
    const room = this.#bytes.length - this.at;
    if ((pairs ? count * 2 : count) > room) return "a collection with more members than bytes";
    for (let i = 0; i < count; i++) {
      if (pairs && !this.#startsText()) return "an object key that is not text";
      if (pairs && this.#startsProto()) this.hasProto = true;
      const fault = (pairs ? this.value(depth + 1) : undefined) ?? this.value(depth + 1);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  #startsText(): boolean {
    const tag = this.#bytes[this.at] ?? 0;
    return (tag >= 0xa0 && tag <= 0xbf) || (tag >= 0xd9 && tag <= 0xdb);
  }

  #startsProto(): boolean {
    if (this.#bytes[this.at] !== (0xa0 | PROTO.length) || this.#bytes[this.at + 1] !== PROTO[0]) return false;
    return PROTO.equals(this.#bytes.subarray(this.at + 1, this.at + 1 + PROTO.length));
  }

  #undefined(): string | undefined {
    if (this.#bytes[this.at] !== 0) return "an extension that is not ours";
    return this.#skip(2);
  }

  /** Big-endian; beyond any length when cut short. */
  #number(width: number): number {
    let n = 0;
    for (let i = 0; i < width; i++) n = n * 256 + (this.#bytes[this.at++] ?? Number.MAX_SAFE_INTEGER);
    return n;
  }

  #skip(count: number): string | undefined {
    this.at += count;
    return this.at <= this.#bytes.length ? undefined : "cut short";
  }
}
