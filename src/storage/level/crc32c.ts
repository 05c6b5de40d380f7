/** The Castagnoli polynomial, bits reversed: the checksum in LevelDB's files (RFC 3720 §12.1). */
const POLYNOMIAL = 0x82f6_3b78;
const TABLE = makeTable();

/** CRC-32C of the bytes, going on from `start`. */
export function crc32c(bytes: Uint8Array, start = 0): number {
  let crc = ~start;
  for (let at = 0; at < bytes.length; at++) {
    crc = (TABLE[(crc ^ (bytes[at] ?? 0)) & 0xff] ?? 0) ^ (crc >>> 8);
  }
  return ~crc >>> 0;
}

/** LevelDB stores checksums masked, since a checksum of data that hold checksums is weak: rotated right by 15, plus a constant. */
export function maskedCrc32c(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282_ead8) >>> 0;
}

function makeTable(): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    return crc >>> 0;
  });
}
