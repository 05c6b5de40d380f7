import { join } from "node:path";
import { crc32 } from "node:zlib";
import { messageOf } from "../base/errors.ts";
import type { Files, Logger } from "../platform/index.ts";
import type { SnapshotMeta, SnapshotSink, SnapshotSource, SnapshotStore } from "../raft/index.ts";
import { CorruptError } from "./errors.ts";
import { SNAPSHOTS_KEPT } from "./limits.ts";
import { decodeStoredSnapshot, type StoredSnapshot } from "./snapshot-meta.ts";
import { FileSnapshotSink } from "./snapshot-sink.ts";

export interface SnapshotStoreOptions {
  readonly files: Files;
  readonly folder: string;
  readonly logger: Logger;
}

/** A snapshot in its folder `<term>-<index>-<number>`: `state.bin`, and `meta.json`, which is written last. */
interface Kept extends StoredSnapshot {
  readonly name: string;
  readonly number: number;
}

/** Snapshots as folders of files. What a crash left half-written is removed when the store is opened. */
export class FileSnapshotStore implements SnapshotStore {
  readonly #options: SnapshotStoreOptions;
  /** The newest first. */
  #kept: readonly Kept[];
  /** Name → how many are reading it. */
  readonly #readers = new Map<string, number>();
  #nextNumber: number;

  private constructor(options: SnapshotStoreOptions, kept: readonly Kept[]) {
    this.#options = options;
    this.#kept = kept;
    this.#nextNumber = 1 + Math.max(0, ...kept.map(({ number }) => number));
  }

  /** Reads every snapshot whole: one that is damaged is set aside as `damaged-…` with a warning, so that an older one may serve. */
  static async open(options: SnapshotStoreOptions): Promise<FileSnapshotStore> {
    const { files, folder, logger } = options;
    await files.makeFolder(folder);
    const kept: Kept[] = [];
    for (const name of await files.list(folder)) {
      if (name.startsWith("tmp-")) await files.remove(join(folder, name));
      const number = /^\d+-\d+-(\d+)$/.exec(name)?.[1];
      if (number === undefined) continue;
      try {
        kept.push({ ...(await verify(files, join(folder, name))), name, number: Number(number) });
      } catch (error) {
        logger.warn("Set aside a damaged snapshot", { snapshot: join(folder, name), error: messageOf(error) });
        await files.remove(join(folder, `damaged-${name}`));
        await files.rename(join(folder, name), join(folder, `damaged-${name}`));
      }
    }
    return new FileSnapshotStore(options, newestFirst(kept));
  }

  /** What the whole snapshots stand for, the newest first. */
  get metas(): readonly SnapshotMeta[] {
    return this.#kept.map(({ meta }) => meta);
  }

  create(meta: SnapshotMeta): Promise<SnapshotSink> {
    const number = this.#nextNumber++;
    return FileSnapshotSink.create({ ...this.#options, meta, number, onCommitted: (name, stored) => this.#add({ ...stored, name, number }) });
  }

  async latest(): Promise<SnapshotSource | undefined> {
    const newest = this.#kept[0];
    if (newest === undefined) return undefined;
    this.#readers.set(newest.name, (this.#readers.get(newest.name) ?? 0) + 1);
    const path = join(this.#options.folder, newest.name, "state.bin");
    return new FileSnapshotSource(this.#options.files, path, newest, () => this.#letGo(newest.name));
  }

  async #add(added: Kept): Promise<void> {
    this.#kept = newestFirst([added, ...this.#kept]);
    await this.#prune();
  }

  async #letGo(name: string): Promise<void> {
    const left = (this.#readers.get(name) ?? 1) - 1;
    if (left > 0) this.#readers.set(name, left);
    else this.#readers.delete(name);
    await this.#prune();
  }

  /** Removes what is old and not being read. */
  async #prune(): Promise<void> {
    const old = this.#kept.slice(SNAPSHOTS_KEPT).filter(({ name }) => !this.#readers.has(name));
    this.#kept = this.#kept.filter((kept) => !old.includes(kept));
    for (const { name } of old) await this.#options.files.remove(join(this.#options.folder, name));
  }
}

/** Reads whole blocks and verifies each. */
class FileSnapshotSource implements SnapshotSource {
  readonly meta: SnapshotMeta;
  readonly sizeBytes: number;
  readonly #files: Files;
  readonly #path: string;
  readonly #stored: StoredSnapshot;
  readonly #onClose: () => Promise<void>;
  #block: { readonly number: number; readonly bytes: Buffer } | undefined;
  #closed = false;

  constructor(files: Files, path: string, stored: StoredSnapshot, onClose: () => Promise<void>) {
    this.meta = stored.meta;
    this.sizeBytes = stored.sizeBytes;
    this.#files = files;
    this.#path = path;
    this.#stored = stored;
    this.#onClose = onClose;
  }

  async readAt(offset: number, length: number): Promise<Uint8Array> {
    const end = Math.min(offset + length, this.sizeBytes);
    const parts: Buffer[] = [];
    for (let at = offset; at < end; ) {
      const number = Math.floor(at / this.#stored.blockBytes);
      const block = await this.#readBlock(number);
      const from = at - number * this.#stored.blockBytes;
      const part = block.subarray(from, Math.min(block.length, from + end - at));
      parts.push(part);
      at += part.length;
    }
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#block = undefined;
    await this.#onClose();
  }

  async #readBlock(number: number): Promise<Buffer> {
    if (this.#block?.number === number) return this.#block.bytes;
    const bytes = await readBlock(this.#files, this.#path, this.#stored, number);
    this.#block = { number, bytes };
    return bytes;
  }
}

async function verify(files: Files, folder: string): Promise<StoredSnapshot> {
  const meta = await files.read(join(folder, "meta.json"));
  if (meta === undefined) throw new Error("meta.json is missing");
  const stored = decodeStoredSnapshot(meta);
  const path = join(folder, "state.bin");
  const sizeBytes = await files.size(path);
  if (sizeBytes !== stored.sizeBytes) throw new Error(`state.bin has ${sizeBytes ?? "no"} bytes in place of ${stored.sizeBytes}`);
  for (let number = 0; number < stored.blockCrcs.length; number++) await readBlock(files, path, stored, number);
  return stored;
}

async function readBlock(files: Files, path: string, stored: StoredSnapshot, number: number): Promise<Buffer> {
  const offset = number * stored.blockBytes;
  const bytes = await files.readAt(path, offset, Math.min(stored.blockBytes, stored.sizeBytes - offset));
  if (crc32(bytes) !== stored.blockCrcs[number]) throw new CorruptError(path, `the block at byte ${offset} fails its checksum`);
  return bytes;
}

function newestFirst(kept: readonly Kept[]): readonly Kept[] {
  return [...kept].sort((a, b) => b.meta.index - a.meta.index || b.meta.term - a.meta.term || b.number - a.number);
}
