import { DurationError, formatDuration, parseDuration } from "../../base/duration.ts";
import { goQuote } from "../../base/go-quote.ts";
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from "../../base/json.ts";

/** JSON of the wrong shape. The message is that of Go's encoding/json, which Consul passes on to its clients. */
export class JsonDecodeError extends Error {
  override readonly name = "JsonDecodeError";
}

/** Where a value stands, for messages: the Go struct it is a field of and the path to it from the root. */
export interface Place {
  readonly struct: string;
  readonly path: string;
}

/** One Go type: what it is when nothing was said, and how it is read. `null` leaves the zero. */
export interface Field<T> {
  readonly zero: T;
  read(value: JsonValue, place: Place): T;
}
type Fields = { readonly [name: string]: Field<unknown> };
/** What a struct of such fields decodes to. */
export type StructOf<F extends Fields> = { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never };
export type Decoded<S> = S extends Field<infer T> ? T : never;

const ROOT: Place = { struct: "", path: "" };

/** Decodes a whole body. Throws `JsonDecodeError`. */
export function decodeJson<T>(field: Field<T>, value: JsonValue): T {
  return field.read(value, ROOT);
}

/** The same field, but `undefined` when it was left out or `null`. */
export function optional<T>(field: Field<T>): Field<T | undefined> {
  return { zero: undefined, read: (value, place) => (value === null ? undefined : field.read(value, place)) };
}

export const text: Field<string> = {
  zero: "",
  read(value, place) {
    if (value === null) return "";
    if (typeof value !== "string") throw mismatch(value, place, "string");
    return value;
  },
};

export const flag: Field<boolean> = {
  zero: false,
  read(value, place) {
    if (value === null) return false;
    if (typeof value !== "boolean") throw mismatch(value, place, "bool");
    return value;
  },
};

/** A Go `int`, bounded to what a JavaScript number holds exactly. */
export const int: Field<number> = {
  zero: 0,
  read(value, place) {
    if (value === null) return 0;
    if (typeof value !== "number" || !Number.isSafeInteger(value)) throw mismatch(value, place, "int");
    return value;
  },
};

/** A Go `float64`. */
export const number: Field<number> = {
  zero: 0,
  read(value, place) {
    if (value === null) return 0;
    if (typeof value !== "number" && typeof value !== "bigint") throw mismatch(value, place, "float64");
    return floatOf(value);
  },
};

const UINT64_MAX = (1n << 64n) - 1n;

export const uint64: Field<bigint> = {
  zero: 0n,
  read(value, place) {
    if (value === null) return 0n;
    const whole = typeof value === "bigint" ? value : Number.isInteger(value) ? BigInt(Number(value)) : -1n;
    if (whole < 0n || whole > UINT64_MAX) throw mismatch(value, place, "uint64");
    return whole;
  },
};

/** An index: a uint64; what no store can reach becomes the largest safe integer. */
export const index: Field<number> = {
  zero: 0,
  read: (value, place) => indexOf(uint64.read(value, place)),
};

export function indexOf(value: bigint): number {
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(value);
}

/** Nanoseconds, given as a Go duration or as a bare number of them; other types count as nothing, as in Consul. */
export const duration: Field<bigint> = {
  zero: 0n,
  read(value) {
    if (typeof value === "string") return durationOf(value);
    return typeof value === "number" || typeof value === "bigint" ? int64Of(floatOf(value)) : 0n;
  },
};

function floatOf(value: number | bigint): number {
  const float = Number(value);
  if (!Number.isFinite(float)) throw new JsonDecodeError(`json: cannot unmarshal number ${value} into Go value of type float64`);
  return float;
}

/** A float64 as an int64: what is beyond its range becomes the least one, as on the processors that Consul runs on. */
export function int64Of(value: number): bigint {
  return Math.abs(value) < 2 ** 63 ? BigInt(Math.trunc(value)) : -(2n ** 63n);
}

/** Reads a Go duration; what is none is the fault of the body. */
export function durationOf(value: string): bigint {
  try {
    return parseDuration(value);
  } catch (error) {
    if (error instanceof DurationError) throw new JsonDecodeError(error.message, { cause: error });
    throw error;
  }
}

const octet: Field<number> = {
  zero: 0,
  read(value, place) {
    if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > 255) throw mismatch(value, place, "uint8");
    return value;
  },
};
const octets = list(octet, "uint8");

/** What Go reads as `[]byte`: base64 with padding, line ends inside are passed over; or a list of numbers. */
export const bytes: Field<Uint8Array> = {
  zero: new Uint8Array(0),
  read(value, place) {
    if (value === null) return this.zero;
    if (isJsonArray(value)) return Uint8Array.from(octets.read(value, place) ?? []);
    if (typeof value !== "string") throw mismatch(value, place, "[]uint8");
    const plain = value.replace(/[\r\n]/g, "");
    if (plain.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(plain)) {
      const wrong = plain.search(/[^A-Za-z0-9+/]/);
      throw new JsonDecodeError(`illegal base64 data at input byte ${wrong === -1 ? Math.max(0, plain.length - (plain.length % 4)) : wrong}`);
    }
    return Buffer.from(plain, "base64");
  },
};

/** Any JSON, kept with its maps in the order in which Go prints them. */
export const anything: Field<JsonValue> = { zero: null, read: (value) => sortedJson(value) };

export function list<T>(of: Field<T>, goType: string): Field<readonly T[] | undefined> {
  return {
    zero: undefined,
    read(value, place) {
      if (value === null) return undefined;
      if (!isJsonArray(value)) throw mismatch(value, place, `[]${goType}`);
      return value.map((item) => (item === null ? of.zero : of.read(item, place)));
    },
  };
}

export function map<T>(of: Field<T>, goType: string): Field<Readonly<Record<string, T>> | undefined> {
  return {
    zero: undefined,
    read(value, place) {
      if (value === null) return undefined;
      if (!isJsonObject(value)) throw mismatch(value, place, `map[string]${goType}`);
      const read = Object.keys(value).map((name): [string, T] => [name, of.read(value[name] ?? null, place)]);
      // fromEntries makes own properties of every name, `__proto__` too
      return Object.fromEntries(read.sort(([a], [b]) => (a < b ? -1 : 1)));
    },
  };
}

/** How a struct takes names that are none of its fields'. */
export interface Names {
  /** Unknown names are passed over. */
  readonly loose?: boolean;
  /** Other names of fields, in small letters. What stands under one counts where the field itself says nothing. */
  readonly spellings?: Readonly<Record<string, string>>;
}

/**
 * A Go struct. Names are matched in any case; unknown ones are refused unless `loose`.
 * @param name the Go type, as messages name it; its last part stands before a field's path
 */
export function struct<F extends Fields>(name: string, fields: F, how: Names = {}): Field<StructOf<F>> {
  const byFold = new Map(Object.keys(fields).map((field) => [field.toLowerCase(), field]));
  const spellings = new Map(Object.entries(how.spellings ?? {}));
  const zero = Object.fromEntries(Object.entries(fields).map(([field, kind]) => [field, kind.zero])) as StructOf<F>; // each field's zero is of its type
  const own = name.startsWith("struct {") ? "" : name.slice(name.lastIndexOf(".") + 1);
  return {
    zero,
    read(value, place) {
      if (value === null) return zero;
      if (!isJsonObject(value)) throw mismatch(value, place, name);
      const out: Record<string, unknown> = { ...zero };
      const spelt: Record<string, unknown> = {};
      for (const given of Object.keys(value)) {
        const fold = given.toLowerCase();
        const spelling = spellings.get(fold);
        const field = byFold.get(fold) ?? spelling;
        const kind = field === undefined ? undefined : fields[field];
        if (field === undefined || kind === undefined) {
          if (how.loose === true) continue;
          throw new JsonDecodeError(`json: unknown field ${goQuote(given)}`);
        }
        const member = value[given] ?? null;
        // Go leaves what is no pointer, map or list as it is when `null` comes; only the same name in another case can have been there before.
        if (member === null && kind.zero !== undefined) continue;
        const read = kind.read(member, { struct: own, path: place.path === "" ? field : `${place.path}.${field}` });
        (byFold.has(fold) ? out : spelt)[field] = read;
      }
      for (const [field, read] of Object.entries(spelt)) if (saysNothing(out[field])) out[field] = read;
      return out as StructOf<F>; // every member was read by its own field
    },
  };
}

/** Whether a field is as if nothing had been said of it. */
function saysNothing(value: unknown): boolean {
  return value === undefined || value === "" || value === 0 || value === 0n || value === false || (Array.isArray(value) && value.length === 0);
}

/** A duration as Consul prints it in JSON. */
export function durationText(value: bigint): string {
  return formatDuration(value);
}

/** The error for a value of another type. */
export function mismatch(value: JsonValue, place: Place, goType: string): JsonDecodeError {
  const into = place.path === "" ? "Go value" : `Go struct field ${place.struct}.${place.path}`;
  return new JsonDecodeError(`json: cannot unmarshal ${kindOf(value, goType)} into ${into} of type ${goType}`);
}

function kindOf(value: JsonValue, goType: string): string {
  if (isJsonArray(value)) return "array";
  if (typeof value === "string") return "string";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "number" || typeof value === "bigint") return goType === "int" || goType === "uint64" ? `number ${value}` : "number";
  return "object";
}

/** Go's `interface {}`: every number is a float64. */
function sortedJson(value: JsonValue): JsonValue {
  if (isJsonArray(value)) return value.map(sortedJson);
  if (typeof value === "number" || typeof value === "bigint") return floatOf(value);
  if (!isJsonObject(value)) return value;
  const object: JsonObject = value;
  return Object.fromEntries(
    Object.keys(object)
      .sort()
      .map((name) => [name, sortedJson(object[name] ?? null)]),
  );
}
