import { join } from "node:path";
import { KvorumError, messageOf } from "../base/errors.ts";
import { asNodeId, type NodeId } from "../base/ids.ts";
import type { Platform } from "../platform/index.ts";
import { CorruptError } from "./errors.ts";
import { FORMAT_VERSION } from "./limits.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** A data directory that is this process's own until disposed. */
export interface DataFolder extends AsyncDisposable {
  readonly path: string;
  /** Who this server is: `wanted` when given (it is then kept), what the file `node-id` says, or a new id. As Consul does it. */
  nodeId(wanted: string | undefined): Promise<NodeId>;
}

export interface DataFolderOptions {
  readonly platform: Pick<Platform, "files" | "random">;
  readonly folder: string;
}

/**
 * Makes or opens a data directory, takes it for this process and checks its format. Rejects with code `disk` when it is in
 * use, holds a newer format or a real Consul server's log; `corrupt` when the format file cannot be read.
 */
export async function openDataFolder(options: DataFolderOptions): Promise<DataFolder> {
  const { platform, folder } = options;
  await platform.files.makeFolder(folder);
  const lock = await platform.files.lock(folder);
  try {
    await checkFormat(options);
  } catch (error) {
    await lock[Symbol.asyncDispose]();
    throw error;
  }
  return {
    path: folder,
    nodeId: (wanted) => findNodeId(options, wanted),
    [Symbol.asyncDispose]: () => lock[Symbol.asyncDispose](),
  };
}

async function checkFormat({ platform: { files }, folder }: DataFolderOptions): Promise<void> {
  if ((await files.size(join(folder, "raft", "raft.db"))) !== undefined) {
    throw new KvorumError(
      "disk",
      `Cannot open data directory "${folder}": it belongs to a Consul server ("raft/raft.db"), whose log is in another format. ` +
        "Choose an empty directory, and bring the keys over with `kv export` there and `kv import` here",
    );
  }
  const path = join(folder, "format.json");
  const content = await files.read(path);
  if (content === undefined) {
    if ((await files.list(join(folder, "raft", "log"))).length > 0) throw new CorruptError(path, "it is missing");
    await files.replace(path, Buffer.from(`${JSON.stringify({ version: FORMAT_VERSION })}\n`));
    return;
  }
  const version = readVersion(path, content);
  if (version > FORMAT_VERSION) {
    throw new KvorumError("disk", `Cannot open data directory "${folder}": format ${version} is newer than ${FORMAT_VERSION}`);
  }
}

function readVersion(path: string, content: Buffer): number {
  let json: unknown;
  try {
    json = JSON.parse(content.toString("utf8"));
  } catch (error) {
    throw new CorruptError(path, messageOf(error), { cause: error });
  }
  const version = typeof json === "object" && json !== null && "version" in json ? json.version : undefined;
  if (typeof version !== "number" || !Number.isSafeInteger(version) || version < 1) throw new CorruptError(path, "it names no version");
  return version;
}

async function findNodeId({ platform, folder }: DataFolderOptions, wanted: string | undefined): Promise<NodeId> {
  const path = join(folder, "node-id");
  const stored = (await platform.files.read(path))?.toString("utf8").trim();
  if (wanted === undefined && stored !== undefined) {
    if (!UUID.test(stored)) throw new CorruptError(path, `"${stored.slice(0, 40)}" is not a node id`);
    return asNodeId(stored);
  }
  const id = wanted?.toLowerCase() ?? newUuid(platform.random.bytes(16));
  if (!UUID.test(id)) throw new KvorumError("config", `Cannot use node id "${wanted}": it is not a UUID`);
  if (id !== stored) await platform.files.replace(path, Buffer.from(id));
  return asNodeId(id);
}

/** A random UUID, RFC 9562 §5.4. */
function newUuid(bytes: Uint8Array): string {
  const copy = Buffer.from(bytes);
  copy[6] = ((copy[6] ?? 0) & 0x0f) | 0x40;
  copy[8] = ((copy[8] ?? 0) & 0x3f) | 0x80;
  return copy.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
