import { crc32c, maskedCrc32c } from "./crc32c.ts";
import { VarintReader } from "./varint.ts";

/*
 * LevelDB's table format (its doc/table_format.md): blocks with a trailer of type u8 and checksum u32; the footer, the last
 * 48 bytes, points to the index block, whose entries point to the data blocks.
 */
const FOOTER_BYTES = 48;
const TRAILER_BYTES = 5;
const MAGIC_LOW = 0x8b80_fb57;
const MAGIC_HIGH = 0xdb47_7524;

/** Verifies every block of a table. Gives what is wrong with it, `undefined` when nothing is. */
export function faultOfTable(file: Buffer): string | undefined {
  if (file.length < FOOTER_BYTES) return "it is cut off";
  const footer = file.subarray(file.length - FOOTER_BYTES);
  if (footer.readUInt32LE(40) !== MAGIC_LOW || footer.readUInt32LE(44) !== MAGIC_HIGH) return "its end is damaged";
  try {
    const handles = new VarintReader(footer);
    readBlock(file, handles.number(), handles.number());
    const index = readBlock(file, handles.number(), handles.number());
    for (const [offset, size] of blockHandles(index)) readBlock(file, offset, size);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function readBlock(file: Buffer, offset: number, size: number): Buffer {
  if (offset + size + TRAILER_BYTES > file.length) throw new Error(`the block at byte ${offset} is cut off`);
  const checked = file.subarray(offset, offset + size + 1);
  if (maskedCrc32c(crc32c(checked)) !== file.readUInt32LE(offset + size + 1)) throw new Error(`the block at byte ${offset} fails its checksum`);
  return checked.subarray(0, size);
}

/** The values of an index block: offset and size of a data block each. Keys are of no interest here. */
function* blockHandles(block: Buffer): Generator<readonly [number, number]> {
  const restarts = block.readUInt32LE(block.length - 4);
  const entries = block.subarray(0, block.length - 4 - 4 * restarts);
  const reader = new VarintReader(entries);
  while (!reader.ended) {
    reader.number(); // bytes shared with the key before
    const keyBytes = reader.number();
    const valueBytes = reader.number();
    reader.bytes(keyBytes);
    const value = new VarintReader(reader.bytes(valueBytes));
    yield [value.number(), value.number()];
  }
}
