import { Packr, Unpackr } from "msgpackr";
import { KvorumError } from "./errors.ts";
import { checkMsgpack } from "./msgpack-check.ts";

const packr = new Packr({ useRecords: false, mapsAsObjects: true, encodeUndefinedAsNil: false, int64AsType: "bigint" });
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, int64AsType: "bigint" });
/** For a member named `__proto__`, which the other one would rename. */
const mapUnpackr = new Unpackr({ useRecords: false, mapsAsObjects: false, int64AsType: "bigint" });

/**
 * Encodes plain data as MessagePack: objects, arrays, text, numbers, booleans, `undefined`, `Uint8Array`, and `bigint` within 64 bits.
 * A `number` comes back as a number and a `bigint` as a bigint. Throws `RangeError` for a bigint beyond 64 bits.
 * The bytes may be a view into a larger buffer, which nobody writes to any more.
 */
export function encodeMsgpack(value: unknown): Buffer {
  return packr.pack(value);
}

/**
 * Decodes what `encodeMsgpack` makes; anything else may come in and is refused: the whole shape is checked against the length
 * that is there, the depth and the extensions that are ours, before a value is made.
 *
 * Byte strings in the result are views into `bytes`. Throws `KvorumError` with code `corrupt`.
 */
export function decodeMsgpack(bytes: Uint8Array): unknown {
  const { fault, hasProto } = checkMsgpack(bytes);
  if (fault !== undefined) throw new KvorumError("corrupt", `Cannot decode message: ${fault}`);
  try {
    return hasProto ? objectsOf(mapUnpackr.unpack(bytes)) : unpackr.unpack(bytes);
  } catch (cause) {
    throw new KvorumError("corrupt", "Cannot decode message: not MessagePack", { cause });
  }
}

function objectsOf(value: unknown): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([name, member]: [string, unknown]) => [name, objectsOf(member)]));
  return Array.isArray(value) ? value.map(objectsOf) : value;
}
