import { asTerm } from "../base/ids.ts";
import type { RaftStorage, SnapshotMeta, SnapshotSink, SnapshotSource, SnapshotStore } from "../raft/index.ts";

/**
 * Storage that forgets: for `agent -dev`, which keeps nothing, as Consul's. Raft itself holds the log in memory; only the
 * newest snapshot is kept, for servers that join.
 */
export function openMemory(): RaftStorage {
  return {
    log: {
      load: async () => ({ hardState: { term: asTerm(0), votedFor: undefined }, snapshot: undefined, entries: [] }),
      write: async () => {},
      compact: async () => {},
      [Symbol.asyncDispose]: async () => {},
    },
    snapshots: new MemorySnapshotStore(),
    [Symbol.asyncDispose]: async () => {},
  };
}

class MemorySnapshotStore implements SnapshotStore {
  #newest: { readonly meta: SnapshotMeta; readonly content: Buffer } | undefined;

  async create(meta: SnapshotMeta): Promise<SnapshotSink> {
    const chunks: Uint8Array[] = [];
    return {
      write: async (chunk) => void chunks.push(Uint8Array.from(chunk)),
      commit: async () => {
        this.#newest = { meta, content: Buffer.concat(chunks) };
      },
      abort: async () => {},
    };
  }

  async latest(): Promise<SnapshotSource | undefined> {
    if (this.#newest === undefined) return undefined;
    const { meta, content } = this.#newest;
    return {
      meta,
      sizeBytes: content.length,
      readAt: async (offset, length) => content.subarray(offset, offset + length),
      close: async () => {},
    };
  }
}
