import { KvorumError } from "../../../src/base/errors.ts";
import type { Files, FileWriter } from "../../../src/platform/index.ts";
import type { SimProcess } from "../engine/process.ts";
import type { SimDisk } from "./disk.ts";

interface SimFile {
  /** What readers see. */
  content: Buffer;
  /** What a crash is sure to leave. */
  synced: Buffer;
}

/** The files of one server's disk; outlive its processes. Paths are flat text, a folder is a beginning of paths. */
export class FileImage {
  readonly files = new Map<string, SimFile>();
  lockedBy: SimProcess | undefined;
}

/** Files in memory. What was not synced is lost at a crash, or there in part. Names (renames, removals) are synced with their folder at once. */
export class SimFiles implements Files {
  readonly #image: FileImage;
  readonly #disk: SimDisk;
  readonly #process: SimProcess;

  constructor(image: FileImage, disk: SimDisk, process: SimProcess) {
    this.#image = image;
    this.#disk = disk;
    this.#process = process;
    process.whenDead(() => this.#die());
  }

  async read(path: string): Promise<Buffer | undefined> {
    await this.#disk.touch(this.#process);
    const file = this.#image.files.get(path);
    return file === undefined ? undefined : Buffer.from(file.content);
  }

  async readAt(path: string, offset: number, length: number): Promise<Buffer> {
    const content = await this.read(path);
    if (content === undefined) throw new KvorumError("disk", `Cannot read "${path}": no such file`);
    return content.subarray(offset, offset + length);
  }

  async size(path: string): Promise<number | undefined> {
    return (await this.read(path))?.length;
  }

  async create(path: string): Promise<FileWriter> {
    await this.#disk.touch(this.#process);
    const file: SimFile = { content: Buffer.alloc(0), synced: Buffer.alloc(0) };
    this.#image.files.set(path, file);
    return {
      write: async (bytes) => {
        const copy = Buffer.from(bytes);
        await this.#disk.touch(this.#process);
        if (this.#disk.full) throw new KvorumError("disk", `Cannot write "${path}": no space left on device`);
        file.content = Buffer.concat([file.content, copy]);
      },
      sync: () => {
        const { content } = file;
        return this.#disk.write(this.#process, () => {
          file.synced = content;
        });
      },
      close: () => this.#disk.touch(this.#process),
    };
  }

  replace(path: string, content: Uint8Array): Promise<void> {
    const copy = Buffer.from(content);
    return this.#disk.write(this.#process, () => void this.#image.files.set(path, { content: copy, synced: copy }));
  }

  rename(from: string, to: string): Promise<void> {
    return this.#disk.write(this.#process, () => {
      const { files } = this.#image;
      for (const [path, file] of [...files]) {
        if (path !== from && !path.startsWith(`${from}/`)) continue;
        files.delete(path);
        files.set(to + path.slice(from.length), file);
      }
    });
  }

  async remove(path: string): Promise<void> {
    await this.#disk.touch(this.#process);
    for (const name of [...this.#image.files.keys()]) if (name === path || name.startsWith(`${path}/`)) this.#image.files.delete(name);
  }

  makeFolder(_path: string): Promise<void> {
    return this.#disk.touch(this.#process);
  }

  async list(path: string): Promise<readonly string[]> {
    await this.#disk.touch(this.#process);
    const below = [...this.#image.files.keys()].filter((name) => name.startsWith(`${path}/`)).map((name) => name.slice(path.length + 1).split("/")[0] ?? "");
    return [...new Set(below)].sort();
  }

  async lock(path: string): Promise<AsyncDisposable> {
    await this.#disk.touch(this.#process);
    if (this.#image.lockedBy?.alive === true) throw new KvorumError("disk", `Cannot lock "${path}": held by ${this.#image.lockedBy.name}`);
    this.#image.lockedBy = this.#process;
    return {
      [Symbol.asyncDispose]: async () => {
        this.#image.lockedBy = undefined;
      },
    };
  }

  #die(): void {
    for (const file of this.#image.files.values()) {
      const { content, synced } = file;
      if (content === synced) continue;
      const kept = synced.length + this.#disk.random.int(Math.max(1, content.length - synced.length + 1));
      file.content = content.subarray(0, kept);
      file.synced = file.content;
    }
  }
}
