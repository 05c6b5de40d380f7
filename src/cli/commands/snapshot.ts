import { createReadStream, createWriteStream } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { type ArchiveHeader, inspectArchive } from "../../archive/index.ts";
import { KvorumError, messageOf } from "../../base/errors.ts";
import { type Client, statusError } from "../../client/index.ts";
import { CLIENT_FLAGS, SERVER_FLAGS } from "../api-flags.ts";
import { asking, refused, tooMany } from "../asking.ts";
import type { Command, Terminal } from "../command.ts";
import type { Flags } from "../flags.ts";
import { fileError } from "../input.ts";

export const snapshotSave: Command = {
  usage: "snapshot save [options] FILE",
  help: "Writes the whole store, as it is at one point in time, to a file. The file is verified before it gets its name.",
  api: [...CLIENT_FLAGS, ...SERVER_FLAGS],
  async run(flags, terminal) {
    const path = onlyFile(flags);
    if (typeof path === "object") return refused(terminal, path.fault);
    return asking({ flags, terminal, fault: "Error saving snapshot" }, (client) => save(client, path, terminal));
  },
};

async function save(client: Client, path: string, terminal: Terminal): Promise<number> {
  const message = await client.open("GET", "/v1/snapshot", { query: client.readQuery });
  if (message.statusCode !== 200) throw statusError({ status: message.statusCode ?? 0, body: Buffer.concat(await collected(message)) });
  const unverified = `${path}.unverified.tmp${process.pid}`;
  try {
    await writeSynced(message, unverified);
  } catch (error) {
    await rm(unverified, { force: true });
    return refused(terminal, `Error writing unverified snapshot file: ${fileError(error, "open", unverified).message}`);
  }
  let header: ArchiveHeader;
  try {
    header = await inspectArchive(createReadStream(unverified));
  } catch (error) {
    await rm(unverified, { force: true });
    return refused(terminal, `Error verifying snapshot file: ${messageOf(error)}`);
  }
  try {
    await rename(unverified, path);
  } catch (error) {
    await rm(unverified, { force: true });
    return refused(terminal, `Error renaming ${JSON.stringify(unverified)} to ${JSON.stringify(path)}: ${messageOf(error)}`);
  }
  terminal.print(`Saved and verified snapshot to index ${header.index}`);
  return 0;
}

export const snapshotRestore: Command = {
  usage: "snapshot restore [options] FILE",
  help: "Replaces the whole store by what a snapshot holds. Everything written since is lost.",
  api: [...CLIENT_FLAGS, ...SERVER_FLAGS],
  async run(flags, terminal) {
    const path = onlyFile(flags);
    if (typeof path === "object") return refused(terminal, path.fault);
    try {
      await (await open(path)).close();
    } catch (error) {
      return refused(terminal, `Error opening snapshot file: ${fileError(error, "open", path).message}`);
    }
    return asking({ flags, terminal, fault: "Error restoring snapshot" }, async (client) => {
      await client.ask("PUT", "/v1/snapshot", { body: createReadStream(path) });
      terminal.print("Restored snapshot");
      return 0;
    });
  },
};

export const snapshotInspect: Command = {
  usage: "snapshot inspect [options] FILE",
  help: "Tells what a snapshot file says of itself, once it has been verified.",
  async run(flags, terminal) {
    const path = onlyFile(flags);
    if (typeof path === "object") return refused(terminal, path.fault);
    try {
      await (await open(path)).close();
      const header = await inspectArchive(createReadStream(path));
      const rows: readonly (readonly [string, string | number])[] = [
        ["ID", header.id],
        ["Size", header.sizeBytes],
        ["Index", header.index],
        ["Term", header.term],
        ["Version", header.version],
      ];
      for (const [name, value] of rows) terminal.print(`${name.padEnd(13)}${value}`);
      terminal.print("");
      return 0;
    } catch (error) {
      if (error instanceof KvorumError) return refused(terminal, `Error verifying snapshot: ${error.message}`);
      if (error instanceof Error && "code" in error) return refused(terminal, `Error opening snapshot file: ${fileError(error, "open", path).message}`);
      throw error;
    }
  },
};

/** The one argument, or what is wrong with the arguments. */
function onlyFile(flags: Flags): string | { readonly fault: string } {
  const [path] = flags.rest;
  if (path === undefined) return { fault: "Missing FILE argument" };
  return flags.rest.length > 1 ? { fault: tooMany(flags, "1") } : path;
}

/** Writes a stream to a new file and syncs it. */
async function writeSynced(from: AsyncIterable<Buffer>, path: string): Promise<void> {
  const file = createWriteStream(path, { mode: 0o600, flush: true });
  await pipeline(from, file);
}

async function collected(message: AsyncIterable<Buffer>): Promise<readonly Buffer[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk);
  return chunks;
}
