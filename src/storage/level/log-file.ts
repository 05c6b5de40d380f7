import { crc32c, maskedCrc32c } from "./crc32c.ts";

/*
 * LevelDB's log format (its doc/log_format.md): blocks of 32 KiB; in them records of checksum u32, length u16, type u8 and
 * data; a record that does not fit is cut into first, middle and last. A block's last bytes are left when no header fits.
 */
const BLOCK_BYTES = 32 * 1024;
const HEADER_BYTES = 7;
const FULL = 1;
const FIRST = 2;
const LAST = 4; // 3 is a middle part

export interface LogFileScan {
  /** The whole records before the damage, or all. */
  readonly records: readonly Buffer[];
  /** Where the first record begins that is not whole, bytes from the start of the file; `undefined` when all are. */
  readonly brokenAt: number | undefined;
}

/** Reads a log of LevelDB (write-ahead log or manifest) up to its first broken record. */
export function scanLogFile(file: Buffer): LogFileScan {
  const records: Buffer[] = [];
  let parts: Buffer[] = [];
  let recordAt = 0;
  for (let at = 0; at < file.length; ) {
    const left = BLOCK_BYTES - (at % BLOCK_BYTES);
    if (left < HEADER_BYTES) {
      at += left;
      continue;
    }
    if (parts.length === 0) recordAt = at;
    const fragment = readFragment(file, at);
    const begins = fragment?.type === FULL || fragment?.type === FIRST;
    if (fragment === undefined || begins !== (parts.length === 0)) return { records, brokenAt: recordAt };
    parts.push(fragment.data);
    if (fragment.type === FULL || fragment.type === LAST) {
      records.push(parts.length === 1 ? fragment.data : Buffer.concat(parts));
      parts = [];
    }
    at += HEADER_BYTES + fragment.data.length;
  }
  return { records, brokenAt: parts.length > 0 ? recordAt : undefined };
}

/** The data of some record that begins behind `from` and is whole as far as its first fragment goes; looks at every offset. */
export function* recordStartsAfter(file: Buffer, from: number): Generator<Buffer> {
  for (let at = from + 1; at + HEADER_BYTES <= file.length; at++) {
    const type = file[at + 6];
    if (type !== FULL && type !== FIRST) continue;
    const fragment = readFragment(file, at);
    if (fragment !== undefined) yield fragment.data;
  }
}

function readFragment(file: Buffer, at: number): { readonly type: number; readonly data: Buffer } | undefined {
  const left = Math.min(file.length - at, BLOCK_BYTES - (at % BLOCK_BYTES));
  if (left < HEADER_BYTES) return undefined;
  const length = file.readUInt16LE(at + 4);
  const type = file[at + 6] ?? 0;
  if (type < FULL || type > LAST || HEADER_BYTES + length > left) return undefined;
  const checked = file.subarray(at + 6, at + HEADER_BYTES + length);
  if (maskedCrc32c(crc32c(checked)) !== file.readUInt32LE(at)) return undefined;
  return { type, data: checked.subarray(1) };
}
