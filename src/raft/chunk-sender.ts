import { messageOf } from "../base/errors.ts";
import type { Index, NodeId } from "../base/ids.ts";
import type { Logger } from "../platform/index.ts";
import type { Effect, RaftMessage } from "./core/index.ts";
import type { SnapshotSource, SnapshotStore } from "./ports.ts";

export type SendChunk = Effect & { readonly kind: "send-chunk" };

export interface ChunkSenderOptions {
  readonly snapshots: SnapshotStore;
  readonly log: Logger;
  readonly send: (to: NodeId, message: RaftMessage) => void;
  /** The snapshot asked for is gone, or cannot be read. */
  readonly missing: (to: NodeId, index: Index) => void;
  /** It cannot be read: a fresh one is wanted. */
  readonly damaged: () => void;
}

/** Reads stored snapshots for peers, one part after the other. A snapshot stays open while somebody receives it. */
export class ChunkSender {
  readonly #options: ChunkSenderOptions;
  readonly #open = new Map<Index, SnapshotSource>();
  #queue: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: ChunkSenderOptions) {
    this.#options = options;
  }

  send(part: SendChunk): void {
    this.#queue = this.#queue.then(() => this.#sendOne(part));
  }

  /** Closes what nobody receives any more. */
  keepOnly(indexes: readonly Index[]): void {
    if (this.#open.size === 0) return;
    this.#queue = this.#queue.then(async () => {
      for (const [index, source] of this.#open) {
        if (indexes.includes(index)) continue;
        this.#open.delete(index);
        await this.#close(source);
      }
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.keepOnly([]);
    await this.#queue;
  }

  async #sendOne({ to, term, meta, sizeBytes, offset, length }: SendChunk): Promise<void> {
    if (this.#stopped) return;
    try {
      const source = await this.#source(meta.index);
      if (source === undefined) return this.#options.missing(to, meta.index);
      const data = length === 0 ? new Uint8Array(0) : await source.readAt(offset, length);
      if (!this.#stopped) this.#options.send(to, { kind: "snapshot", term, meta, sizeBytes, offset, data });
    } catch (error) {
      this.#options.log.error("Cannot read a snapshot for another server", { index: meta.index, to, error: messageOf(error) });
      this.#options.missing(to, meta.index);
      this.#options.damaged();
    }
  }

  async #source(index: Index): Promise<SnapshotSource | undefined> {
    const open = this.#open.get(index);
    if (open !== undefined) return open;
    const newest = await this.#options.snapshots.latest();
    if (newest === undefined) return undefined;
    if (newest.meta.index === index) {
      this.#open.set(index, newest);
      return newest;
    }
    await this.#close(newest);
    return undefined;
  }

  async #close(source: SnapshotSource): Promise<void> {
    try {
      await source.close();
    } catch (error) {
      this.#options.log.warn("Cannot close a snapshot", { index: source.meta.index, error: messageOf(error) });
    }
  }
}
