import { createHash } from "node:crypto";
import { pipeline, Readable } from "node:stream";
import { createGzip } from "node:zlib";
import { pack } from "tar-stream";
import { KvorumError } from "../base/errors.ts";
import { drained } from "./drained.ts";
import { GZIP_LEVEL } from "./limits.ts";
import { type ArchiveMeta, encodeMeta, STATE_FORMAT } from "./meta.ts";

export interface ArchiveContent {
  readonly meta: ArchiveMeta;
  /** Names the snapshot for people, `term-index-milliseconds` as Consul has it. */
  readonly id: string;
  /** Bytes that `chunks` will give, neither more nor fewer. */
  readonly sizeBytes: number;
  readonly chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/**
 * A snapshot as one file, laid out as Consul's: a gzipped tar of `meta.json`, `state.bin` and `SHA256SUMS`. Nothing is
 * gathered in memory. Whoever stops reading early ends `chunks` too. Rejects with what `chunks` rejects with.
 */
export async function* writeArchive(content: ArchiveContent): AsyncGenerator<Uint8Array> {
  const gzip = createGzip({ level: GZIP_LEVEL });
  const tar = pack();
  tar.on("error", () => {}); // comes out of gzip below
  const packing = packFiles(tar, content).catch((error: unknown) => tar.destroy(error instanceof Error ? error : new Error(String(error))));
  pipeline(Readable.from(tar), gzip, () => {}); // a failure comes out of gzip below
  try {
    for await (const chunk of gzip) yield chunk as Buffer; // gzip without an encoding gives buffers
  } finally {
    tar.destroy();
    gzip.destroy();
    await packing;
  }
}

async function packFiles(tar: ReturnType<typeof pack>, { meta, id, sizeBytes, chunks }: ArchiveContent): Promise<void> {
  const metaBytes = encodeMeta({ ...meta, id, sizeBytes, stateFormat: STATE_FORMAT });
  tar.entry({ name: "meta.json", mode: 0o600 }, metaBytes);
  const state = tar.entry({ name: "state.bin", mode: 0o600, size: sizeBytes });
  state.on("error", () => {}); // as the tar's own
  const hash = createHash("sha256");
  let written = 0;
  for await (const chunk of chunks) {
    if (tar.destroyed) return; // nobody reads any more
    written += chunk.length;
    if (written > sizeBytes) break;
    hash.update(chunk);
    if (!state.write(chunk)) await drained(state, tar);
  }
  if (written !== sizeBytes) throw new KvorumError("internal", `Cannot write the snapshot archive: the state has not ${sizeBytes} bytes`);
  state.end(undefined);
  const sums = `${createHash("sha256").update(metaBytes).digest("hex")}  meta.json\n${hash.digest("hex")}  state.bin\n`;
  tar.entry({ name: "SHA256SUMS", mode: 0o600 }, sums);
  tar.finalize();
}
