import { Packr } from "msgpackr";
import { KvorumError } from "../base/errors.ts";

/** Plain maps rather than msgpackr's records: a frame means the same whatever came before it. `bigint` and `undefined` survive. */
const packr = new Packr({ useRecords: false, moreTypes: false, copyBuffers: false });

export function encodeBody(value: unknown): Buffer {
  return packr.pack(value);
}

/** Throws `corrupt` on bytes that are no msgpack. The value is still unknown: whoever takes it decodes it further. */
export function decodeBody(bytes: Uint8Array): unknown {
  try {
    return packr.unpack(bytes);
  } catch (cause) {
    throw new KvorumError("corrupt", "Cannot decode frame: not msgpack", { cause });
  }
}
