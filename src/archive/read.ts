import { createHash } from "node:crypto";
import { once } from "node:events";
import { pipeline, Readable } from "node:stream";
import { createGunzip, type Gunzip } from "node:zlib";
import { type Extract, extract } from "tar-stream";
import { KvorumError, messageOf } from "../base/errors.ts";
import type { Files, FileWriter } from "../platform/index.ts";
import { drained } from "./drained.ts";
import { MAX_STATE_BYTES, MAX_TEXT_BYTES } from "./limits.ts";
import { type ArchiveHeader, decodeMeta } from "./meta.ts";

const READ_BYTES = 256 * 1024;

/** A file in a tar, as tar-stream gives it. */
type Entry = Extract extends AsyncIterable<infer File> ? File : never;

/** An archive that has been read whole and verified; its state lies in a temporary file until disposed. */
export interface Archive extends AsyncDisposable {
  readonly header: ArchiveHeader;
  /** The state in chunks, from its start; may be asked for more than once. */
  chunks(): AsyncGenerator<Uint8Array>;
}

export interface ReadArchiveOptions {
  readonly files: Files;
  /** Where the state is kept meanwhile; the folder exists, the file does not. */
  readonly spoolPath: string;
}

/**
 * Reads a snapshot archive to its end and verifies it before anything of it can be used. Memory is bounded; the state goes
 * through a temporary file. Rejects with code `internal` and Consul's wording for what is no whole archive (it answers 500), `disk`
 * when there is no room.
 */
export async function readArchive(chunks: AsyncIterable<Uint8Array>, { files, spoolPath }: ReadArchiveOptions): Promise<Archive> {
  const spool = await files.create(spoolPath);
  try {
    const gunzip = createGunzip();
    pipeline(Readable.from(chunks), gunzip, () => {}); // a failure comes out of gunzip below
    const header = await new ArchiveReader(spool).read(await decompress(gunzip));
    await spool.close();
    return { header, chunks: () => readChunks(files, spoolPath), [Symbol.asyncDispose]: () => files.remove(spoolPath) };
  } catch (error) {
    await spool.close();
    await files.remove(spoolPath);
    throw error;
  }
}

/** Only what the archive says of itself; the state is verified and dropped. For `snapshot inspect`. Rejects as `readArchive`. */
export async function inspectArchive(chunks: AsyncIterable<Uint8Array>): Promise<ArchiveHeader> {
  const gunzip = createGunzip();
  pipeline(Readable.from(chunks), gunzip, () => {}); // as above
  return new ArchiveReader(undefined).read(await decompress(gunzip));
}

/** Waits for the first bytes to come out: what fails before is no gzip at all. */
async function decompress(gunzip: Gunzip): Promise<Gunzip> {
  try {
    await once(gunzip, "readable");
    return gunzip;
  } catch (error) {
    const reason = goZlibText(error);
    const nothing = reason === "unexpected EOF" && gunzip.bytesWritten === 0;
    throw new KvorumError("internal", `failed to decompress snapshot: ${nothing ? "EOF" : reason}`, { cause: error });
  }
}

class ArchiveReader {
  readonly #spool: FileWriter | undefined;
  readonly #sums = new Map<string, string>();
  #meta: Buffer | undefined;
  #claimed = new Map<string, string>();
  #stateBytes = 0;

  constructor(spool: FileWriter | undefined) {
    this.#spool = spool;
  }

  async read(gunzip: Gunzip): Promise<ArchiveHeader> {
    const tar = extract();
    const feeding = feed(gunzip, tar);
    try {
      for await (const entry of tar) await this.#take(entry);
    } catch (error) {
      if (error instanceof KvorumError) throw error;
      const stage = this.#meta === undefined ? "failed reading snapshot" : "failed to read snapshot metadata";
      throw invalid(`${stage}: ${goZlibText(error)}`, error);
    } finally {
      tar.destroy();
      gunzip.destroy();
      await feeding;
    }
    return this.#verify();
  }

  async #take(entry: Entry): Promise<void> {
    const { name } = entry.header;
    const hash = createHash("sha256");
    if (name === "state.bin") {
      for await (const chunk of bytesOf(entry)) {
        this.#stateBytes += chunk.length;
        if (this.#stateBytes > MAX_STATE_BYTES) throw invalid(`state.bin is larger than ${MAX_STATE_BYTES} bytes`);
        hash.update(chunk);
        await this.#spool?.write(chunk);
      }
    } else if (name === "meta.json" || name === "SHA256SUMS") {
      const text = await gather(entry, name);
      hash.update(text);
      if (name === "meta.json") this.#meta = text;
      else this.#claimed = decodeSums(text.toString("utf8"));
    } else {
      throw invalid(`unexpected file "${name}" in snapshot`);
    }
    this.#sums.set(name, hash.digest("hex"));
  }

  #verify(): ArchiveHeader {
    for (const name of ["meta.json", "state.bin"]) {
      const claimed = this.#claimed.get(name);
      if (claimed === undefined) throw invalid(`failed checking integrity of snapshot: file missing for "${name}"`);
      if (claimed !== this.#sums.get(name)) throw invalid(`failed checking integrity of snapshot: hash check failed for "${name}"`);
    }
    try {
      return decodeMeta(this.#meta ?? Buffer.alloc(0));
    } catch (error) {
      throw invalid(`failed to decode snapshot metadata: ${messageOf(error)}`, error);
    }
  }
}

/** Moves what gunzip gives into the tar reader. Never rejects: a failure comes out of the reader. */
async function feed(gunzip: Gunzip, tar: ReturnType<typeof extract>): Promise<void> {
  try {
    for await (const chunk of gunzip) {
      if (tar.destroyed) return;
      if (!tar.write(chunk as Buffer)) await drained(tar, tar);
    }
    tar.end(undefined);
  } catch (error) {
    tar.destroy(error instanceof Error ? error : new Error(String(error)));
  }
}

/** A file's bytes; a tar reader without an encoding gives buffers. */
function bytesOf(entry: Entry): AsyncIterable<Buffer> {
  return entry as AsyncIterable<unknown> as AsyncIterable<Buffer>;
}

async function gather(entry: Entry, name: string): Promise<Buffer> {
  const parts: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of bytesOf(entry)) {
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_TEXT_BYTES) throw invalid(`${name} is larger than ${MAX_TEXT_BYTES} bytes`);
    parts.push(chunk);
  }
  return Buffer.concat(parts);
}

/** Name → checksum, from lines as sha256sum writes them. */
function decodeSums(text: string): Map<string, string> {
  const sums = new Map<string, string>();
  for (const line of text.split("\n")) {
    const match = /^([0-9a-f]{64}) [ *](.+)$/.exec(line);
    if (match?.[1] !== undefined && match[2] !== undefined) sums.set(match[2], match[1]);
  }
  return sums;
}

async function* readChunks(files: Files, path: string): AsyncGenerator<Uint8Array> {
  for (let offset = 0; ; ) {
    const chunk = await files.readAt(path, offset, READ_BYTES);
    if (chunk.length === 0) return;
    yield chunk;
    offset += chunk.length;
  }
}

function invalid(reason: string, cause?: unknown): KvorumError {
  return new KvorumError("internal", `failed to read snapshot file: ${reason}`, { cause });
}

/** Node's words for broken gzip and tar as Go has them. */
function goZlibText(error: unknown): string {
  const message = messageOf(error);
  if (/unexpected end of (file|data)/i.test(message)) return "unexpected EOF";
  if (/incorrect header check|unknown compression method/.test(message)) return "gzip: invalid header";
  if (/incorrect (data|length) check|invalid|distance|code/.test(message)) return "gzip: invalid checksum";
  return message;
}
