import { createReadStream, createWriteStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { finished, pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { type Pack, pack } from "tar-stream";
import { messageOf } from "../../base/errors.ts";
import { FileError } from "../input.ts";

/** Packs a folder and all in it into a compressed tar that nobody else can read. Rejects with `FileError`. */
export async function archiveFolder(folder: string, archive: string, name: string): Promise<void> {
  const tar = pack();
  const written = pipeline(tar, createGzip(), createWriteStream(archive, { mode: 0o600 }));
  try {
    await Promise.all([written, addFolder(tar, folder, name).then(() => tar.finalize())]);
  } catch (error) {
    throw new FileError(messageOf(error), { cause: error });
  }
}

async function addFolder(tar: Pack, folder: string, name: string): Promise<void> {
  const { mtime } = await stat(folder);
  tar.entry({ name, type: "directory", mode: 0o755, mtime });
  for (const each of (await readdir(folder, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = `${folder}/${each.name}`;
    if (each.isDirectory()) await addFolder(tar, path, `${name}/${each.name}`);
    else await addFile(tar, path, `${name}/${each.name}`);
  }
}

async function addFile(tar: Pack, path: string, name: string): Promise<void> {
  const { size, mtime } = await stat(path);
  const entry = tar.entry({ name, size, mode: 0o644, mtime });
  // what a file grows by meanwhile is left out
  if (size > 0) await pipeline(createReadStream(path, { end: size - 1 }), entry);
  else {
    entry.end(undefined);
    await finished(entry, { readable: false });
  }
}
