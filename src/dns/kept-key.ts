import { KEPT_QUESTION_MAX_BYTES, LABEL_MAX_BYTES } from "./limits.ts";

/** Under what an answer is kept, and where the name of the question ends: so much of it is put back into the answer as it was written. */
export interface KeptKey {
  readonly key: string;
  /** Offset of the first byte behind the name. */
  readonly nameEnd: number;
}

const NAME_AT = 12;
const ID_BYTES = 2;
const folded = Buffer.alloc(KEPT_QUESTION_MAX_BYTES);

/**
 * The message without its id, its name in lower case: resolvers mix large and small letters to know an answer as theirs (0x20), and get back what they
 * wrote. Names in records point at ends of the question's name where these are in lower case, so how many of its last labels are is part of the key.
 * `undefined`: such a question is not kept.
 */
export function keptKey(bytes: Buffer, transport: "udp" | "tcp"): KeptKey | undefined {
  if (bytes.length > KEPT_QUESTION_MAX_BYTES) return undefined;
  let at = NAME_AT;
  let smallLabels = 0;
  let mixed = false;
  for (let length = bytes[at] ?? NO_LABEL; length !== 0; length = bytes[at] ?? NO_LABEL) {
    if (length > LABEL_MAX_BYTES) return undefined;
    const end = at + length;
    smallLabels += 1;
    for (at += 1; at <= end; at++) {
      if (!isLarge(bytes[at])) continue;
      mixed = true;
      smallLabels = 0;
    }
  }
  const nameEnd = at + 1;
  if (!mixed) return { key: transport + bytes.toString("latin1", ID_BYTES), nameEnd };
  bytes.copy(folded);
  for (let byte = NAME_AT; byte < nameEnd; byte++) if (isLarge(folded[byte])) folded[byte] = (folded[byte] ?? 0) | 0x20;
  return { key: `${transport}/${smallLabels}/${folded.toString("latin1", ID_BYTES, bytes.length)}`, nameEnd };
}

/** What stands for a message that ends within its name: no label is so long. */
const NO_LABEL = LABEL_MAX_BYTES + 1;

/** A to Z; lengths of labels are below. */
function isLarge(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x41 && byte <= 0x5a;
}
