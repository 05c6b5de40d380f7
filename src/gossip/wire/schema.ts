import type { Packer } from "./pack.ts";
import type { Unpacker } from "./unpack.ts";

/** How a value of one type stands on the wire. */
export interface Codec<T> {
  /** What a missing or nil field stands for. */
  readonly zero: T;
  write(out: Packer, value: T): void;
  read(from: Unpacker): T;
}

const integer = (max: number): Codec<number> => ({ zero: 0, write: (out, value) => out.int(value), read: (from) => from.unsigned(max) });

export const text: Codec<string> = { zero: "", write: (out, value) => out.text(value), read: (from) => from.text() };
/** Bytes; `undefined` stands for none. */
export const bytes: Codec<Uint8Array | undefined> = {
  zero: undefined,
  write: (out, value) => (value === undefined ? out.nil() : out.raw(value)),
  read: (from) => from.raw(),
};
export const bool: Codec<boolean> = { zero: false, write: (out, value) => out.bool(value), read: (from) => from.bool() };
export const float: Codec<number> = { zero: 0, write: (out, value) => out.float(value), read: (from) => from.float() };
export const u8 = integer(0xff);
export const u16 = integer(0xffff);
export const u32 = integer(0xffff_ffff);
/** An int64 that is never negative and never large here: counts and ports. */
export const count = integer(Number.MAX_SAFE_INTEGER);
export const u64: Codec<bigint> = { zero: 0n, write: (out, value) => out.int(value), read: (from) => from.uint64() };
export const i64: Codec<bigint> = { zero: 0n, write: (out, value) => out.int(value), read: (from) => from.int64() };

/** `undefined` is nil: real agents write it for an absent list. */
export function listOf<T>(element: Codec<T>): Codec<readonly T[] | undefined> {
  return {
    zero: undefined,
    write(out, value) {
      if (value === undefined) return out.nil();
      out.list(value.length);
      for (const each of value) element.write(out, each);
    },
    read(from) {
      const length = from.list();
      if (length === undefined) return undefined;
      const values: T[] = [];
      for (let at = 0; at < length; at++) values.push(element.read(from));
      return values;
    },
  };
}

/** A map with text keys. */
export function mapOf<T>(element: Codec<T>): Codec<ReadonlyMap<string, T> | undefined> {
  return {
    zero: undefined,
    write(out, value) {
      if (value === undefined) return out.nil();
      out.map(value.size);
      for (const [key, each] of value) {
        out.text(key);
        element.write(out, each);
      }
    },
    read(from) {
      if (from.isNil()) {
        from.skip();
        return undefined;
      }
      const values = new Map<string, T>();
      for (let left = from.map(); left > 0; left--) values.set(from.text(), element.read(from));
      return values;
    },
  };
}

/** A pointer: nil or a value. */
export function orNil<T>(inner: Codec<T>): Codec<T | undefined> {
  return {
    zero: undefined,
    write: (out, value) => (value === undefined ? out.nil() : inner.write(out, value)),
    read(from) {
      if (!from.isNil()) return inner.read(from);
      from.skip();
      return undefined;
    },
  };
}

interface Field<T> {
  readonly wire: string;
  readonly codec: Codec<T>;
  /** Left out when it is the zero value. */
  readonly optional?: boolean;
}
type Fields<T> = { readonly [K in keyof T]-?: Field<T[K]> };

/**
 * A struct: a map with the field names as keys, written in byte order of those names; `fields` in the order of their declaration,
 * which matters to readers when the struct arrives as a list. Unknown keys are passed over, missing ones are zero.
 */
export function struct<T extends object>(fields: Fields<T>): Codec<T> {
  const declared = Object.entries(fields) as [keyof T & string, Field<T[keyof T & string]>][];
  const sorted = declared.toSorted(([, a], [, b]) => (a.wire < b.wire ? -1 : 1));
  const byWire = new Map(declared.map(([name, field]) => [field.wire, { name, codec: field.codec }]));
  const zero = Object.fromEntries(declared.map(([name, field]) => [name, field.codec.zero])) as T;
  return {
    zero,
    write(out, value) {
      const present = sorted.filter(([name, field]) => field.optional !== true || value[name] !== field.codec.zero);
      out.map(present.length);
      for (const [name, field] of present) {
        out.text(field.wire);
        field.codec.write(out, value[name]);
      }
    },
    read(from) {
      const value = { ...zero };
      if (from.isList()) {
        const length = from.list() ?? 0;
        for (let at = 0; at < length; at++) {
          const field = declared[at];
          if (field === undefined) from.skip();
          else value[field[0]] = field[1].codec.read(from);
        }
        return value;
      }
      for (let left = from.map(); left > 0; left--) {
        const field = byWire.get(from.text());
        if (field === undefined) from.skip();
        else value[field.name] = field.codec.read(from);
      }
      return value;
    },
  };
}
