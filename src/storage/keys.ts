/** Sorts behind every entry, so that each table of LevelDB spans its own entries only, and old tables need no rewriting with new ones. */
export const HEAD_KEY = Buffer.from([0xff]);

/** The index as eight bytes, most significant first: LevelDB sorts by bytes. */
export function entryKey(index: number): Buffer {
  const key = Buffer.allocUnsafe(8);
  key.writeUInt16BE(0, 0);
  key.writeUIntBE(index, 2, 6);
  return key;
}

/** `undefined` when the key is none of an entry. */
export function indexOfKey(key: Buffer): number | undefined {
  return key.length === 8 && key.readUInt16BE(0) === 0 ? key.readUIntBE(2, 6) : undefined;
}
