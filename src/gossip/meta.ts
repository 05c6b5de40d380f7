import { BadRequestError } from "../base/errors.ts";
import { META_BYTES_MAX } from "./limits.ts";
import { encodeTags } from "./wire/serf.ts";

/** A node's meta. Throws `bad-request` when the tags are too much for it. */
export function packedTags(tags: ReadonlyMap<string, string>): Uint8Array {
  const meta = encodeTags(tags);
  if (meta.length > META_BYTES_MAX) throw new BadRequestError(`Cannot use tags: they have ${meta.length} bytes packed, at most ${META_BYTES_MAX} are allowed`);
  return Uint8Array.from(meta);
}
