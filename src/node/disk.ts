import { asNodeId } from "../base/ids.ts";
import { newUuid } from "../server/index.ts";
import { openDataFolder, openLevel, openMemory, writePeersInfo } from "../storage/index.ts";
import type { OpenedStorage, StorageRequest } from "./options.ts";

/** Storage on this machine's disk; in memory when there is no data directory. Rejects with `disk`, `corrupt` and `config`. */
export async function openDisk({ folder, wantedId, platform }: StorageRequest): Promise<OpenedStorage> {
  if (folder === "") {
    const memory = openMemory();
    return {
      id: asNodeId(wantedId === "" ? newUuid(platform.random) : wantedId.toLowerCase()),
      raft: memory,
      [Symbol.asyncDispose]: () => memory[Symbol.asyncDispose](),
    };
  }
  const data = await openDataFolder({ platform, folder });
  try {
    const id = await data.nodeId(wantedId === "" ? undefined : wantedId);
    const raft = await openLevel({ platform, folder });
    await writePeersInfo(platform.files, folder);
    const close = async (): Promise<void> => {
      await raft[Symbol.asyncDispose]();
      await data[Symbol.asyncDispose]();
    };
    return { id, raft, [Symbol.asyncDispose]: close };
  } catch (error) {
    await data[Symbol.asyncDispose]();
    throw error;
  }
}
