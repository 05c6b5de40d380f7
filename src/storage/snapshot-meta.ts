import { crc32 } from "node:zlib";
import { asIndex, asTerm } from "../base/ids.ts";
import type { SnapshotMeta } from "../raft/index.ts";
import { decodeConfiguration } from "./record.ts";

/** A snapshot's meta data on disk: what it stands for, and the checksums of its content. */
export interface StoredSnapshot {
  readonly meta: SnapshotMeta;
  readonly sizeBytes: number;
  readonly blockBytes: number;
  /** CRC-32 of each block of `blockBytes`, the last one shorter. */
  readonly blockCrcs: readonly number[];
}

/** Checksums of a stream of bytes, block by block. */
export class BlockChecksums {
  readonly #blockBytes: number;
  readonly crcs: number[] = [];
  #crc = 0;
  #filled = 0;

  constructor(blockBytes: number) {
    this.#blockBytes = blockBytes;
  }

  add(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + this.#blockBytes - this.#filled);
      this.#crc = crc32(part, this.#crc);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === this.#blockBytes) this.end();
    }
  }

  /** Closes the last block. */
  end(): void {
    if (this.#filled === 0) return;
    this.crcs.push(this.#crc);
    this.#crc = 0;
    this.#filled = 0;
  }
}

/** `meta.json`: JSON with a checksum of its own over the text of its `snapshot` member. */
export function encodeStoredSnapshot({ meta, sizeBytes, blockBytes, blockCrcs }: StoredSnapshot): Buffer {
  const blocks = Buffer.alloc(blockCrcs.length * 4);
  blockCrcs.forEach((crc, at) => void blocks.writeUInt32BE(crc, at * 4));
  const snapshot = { ...meta, sizeBytes, blockBytes, blockCrcs: blocks.toString("base64") };
  return Buffer.from(`${JSON.stringify({ checksum: crc32(JSON.stringify(snapshot)), snapshot })}\n`, "utf8");
}

/** Throws a plain `Error` that says what is wrong. */
export function decodeStoredSnapshot(bytes: Buffer): StoredSnapshot {
  const { checksum, snapshot } = fields(JSON.parse(bytes.toString("utf8")));
  if (crc32(JSON.stringify(snapshot)) !== checksum) throw new Error("it fails its checksum");
  const { index, term, configuration, configurationIndex, sizeBytes, blockBytes, blockCrcs } = fields(snapshot);
  if (typeof blockCrcs !== "string") throw new Error("it holds no checksums");
  const blocks = Buffer.from(blockCrcs, "base64");
  return {
    meta: {
      index: asIndex(whole(index)),
      term: asTerm(whole(term)),
      configuration: decodeConfiguration(configuration),
      configurationIndex: asIndex(whole(configurationIndex)),
    },
    sizeBytes: whole(sizeBytes),
    blockBytes: whole(blockBytes),
    blockCrcs: Array.from({ length: blocks.length / 4 }, (_, at) => blocks.readUInt32BE(at * 4)),
  };
}

function fields(json: unknown): Readonly<Record<string, unknown>> {
  if (typeof json !== "object" || json === null) throw new Error("it is not an object");
  return json as Readonly<Record<string, unknown>>;
}

function whole(value: unknown): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) throw new Error("a number in it is not whole");
  return value;
}
