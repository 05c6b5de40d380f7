/**
 * What a key of the configuration may hold. Consul's own types, told apart because its error texts name them.
 *
 * - `opaque`: any tree, kept as written
 * - `object`: known keys only; a thunk, since a service may hold a service
 * - `map`: any keys, values all of one kind
 */
export type Kind =
  | { readonly kind: "string" | "bool" | "int" | "uint" | "uint32" | "uint64" | "float" | "opaque" }
  | { readonly kind: "list"; readonly of: Kind }
  | { readonly kind: "map"; readonly of: Kind }
  | { readonly kind: "object"; readonly keys: () => Keys };

/** Known keys of one object. `aliases`: another spelling → key. */
export interface Keys {
  readonly kinds: ReadonlyMap<string, Kind>;
  readonly aliases: ReadonlyMap<string, string>;
}

export const STRING: Kind = { kind: "string" };
export const BOOL: Kind = { kind: "bool" };
export const INT: Kind = { kind: "int" };
export const UINT: Kind = { kind: "uint" };
export const UINT32: Kind = { kind: "uint32" };
export const UINT64: Kind = { kind: "uint64" };
export const FLOAT: Kind = { kind: "float" };
export const OPAQUE: Kind = { kind: "opaque" };
export const STRINGS: Kind = { kind: "list", of: STRING };
export const STRING_MAP: Kind = { kind: "map", of: STRING };
export const OPAQUE_MAP: Kind = { kind: "map", of: OPAQUE };

export function listOf(of: Kind): Kind {
  return { kind: "list", of };
}

export function mapOf(of: Kind): Kind {
  return { kind: "map", of };
}

export function object(keys: () => Keys): Kind {
  return { kind: "object", keys };
}

/** Builds the keys of an object: names that share a kind stand in one text, blanks between; the rest one by one. */
export function keys(
  plain: { readonly [K in "string" | "bool" | "int" | "uint" | "uint32" | "uint64" | "float" | "strings" | "stringMap"]?: string },
  others: Readonly<Record<string, Kind>> = {},
  aliases: Readonly<Record<string, string>> = {},
): Keys {
  const kinds = new Map<string, Kind>();
  const table: Readonly<Record<string, Kind>> = {
    string: STRING,
    bool: BOOL,
    int: INT,
    uint: UINT,
    uint32: UINT32,
    uint64: UINT64,
    float: FLOAT,
    strings: STRINGS,
    stringMap: STRING_MAP,
  };
  for (const [name, text] of Object.entries(plain)) {
    const kind = table[name];
    if (kind !== undefined) for (const key of text.trim().split(/\s+/)) kinds.set(key, kind);
  }
  for (const [key, kind] of Object.entries(others)) kinds.set(key, kind);
  return { kinds, aliases: new Map(Object.entries(aliases)) };
}
