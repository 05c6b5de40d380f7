/** 64 bits over all bytes, as text: two FNV-1a of 32 bits that begin differently. Against accidents, not against people. */
export function hashChunks(chunks: Iterable<Uint8Array>): string {
  let a = 0x811c9dc5;
  let b = 0x9747b28c;
  for (const chunk of chunks) {
    for (const byte of chunk) {
      a = Math.imul(a ^ byte, 0x01000193);
      b = Math.imul(b ^ byte, 0x85ebca6b);
      b ^= b >>> 13;
    }
  }
  return [a, b].map((half) => (half >>> 0).toString(16).padStart(8, "0")).join("");
}
