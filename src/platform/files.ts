import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { KvorumError, messageOf } from "../base/errors.ts";
import { lockFolder } from "./folder-lock.ts";
import type { Files, FileWriter } from "./ports.ts";

/** The files of this machine. A failure of the system is code `disk` and names the path. */
export class RealFiles implements Files {
  async read(path: string): Promise<Buffer | undefined> {
    return attempt("read", path, () => unlessMissing(readFile(path)));
  }

  async readAt(path: string, offset: number, length: number): Promise<Buffer> {
    return attempt("read", path, async () => {
      const file = await open(path, "r");
      try {
        return await readFully(file, offset, length);
      } finally {
        await file.close();
      }
    });
  }

  async size(path: string): Promise<number | undefined> {
    return attempt("look at", path, async () => (await unlessMissing(stat(path)))?.size);
  }

  async create(path: string): Promise<FileWriter> {
    return attempt("create", path, async () => new RealFileWriter(path, await open(path, "w")));
  }

  async replace(path: string, content: Uint8Array): Promise<void> {
    const temporary = `${path}.tmp`;
    const writer = await this.create(temporary);
    try {
      await writer.write(content);
      await writer.sync();
    } finally {
      await writer.close();
    }
    await this.rename(temporary, path);
  }

  async rename(from: string, to: string): Promise<void> {
    await attempt("rename", from, async () => {
      await rename(from, to);
      await syncFolder(dirname(to));
    });
  }

  async remove(path: string): Promise<void> {
    await attempt("remove", path, () => rm(path, { recursive: true, force: true }));
  }

  async makeFolder(path: string): Promise<void> {
    await attempt("make folder", path, async () => {
      const first = await mkdir(path, { recursive: true, mode: 0o755 });
      if (first !== undefined) await syncFolder(dirname(path));
    });
  }

  async list(path: string): Promise<readonly string[]> {
    const names = await attempt("list", path, () => unlessMissing(readdir(path)));
    return (names ?? []).sort();
  }

  async lock(path: string): Promise<AsyncDisposable> {
    return attempt("lock", path, () => lockFolder(path));
  }
}

class RealFileWriter implements FileWriter {
  readonly #path: string;
  readonly #file: FileHandle;

  constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  async write(bytes: Uint8Array): Promise<void> {
    await attempt("write", this.#path, async () => {
      for (let at = 0; at < bytes.length; ) {
        const { bytesWritten } = await this.#file.write(bytes, at, bytes.length - at);
        at += bytesWritten;
      }
    });
  }

  async sync(): Promise<void> {
    await attempt("sync", this.#path, () => this.#file.sync());
  }

  async close(): Promise<void> {
    await attempt("close", this.#path, () => this.#file.close());
  }
}

/** Makes the folder's own list of names durable. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function readFully(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}

async function unlessMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

async function attempt<T>(action: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof KvorumError) throw error;
    throw new KvorumError("disk", `Cannot ${action} "${path}": ${messageOf(error)}`, { cause: error });
  }
}
