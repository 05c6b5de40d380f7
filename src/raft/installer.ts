import { KvorumError, messageOf } from "../base/errors.ts";
import type { Index } from "../base/ids.ts";
import type { Clock, Logger } from "../platform/index.ts";
import type { Effect, SnapshotMeta } from "./core/index.ts";
import { RESTORE_READ_BYTES } from "./limits.ts";
import type { RaftMeters } from "./meters.ts";
import type { SnapshotSink, SnapshotSource, SnapshotStore, StateMachine } from "./ports.ts";

export type ReceiveChunk = Effect & { readonly kind: "receive-chunk" };

export interface InstallerOptions {
  readonly clock: Clock;
  readonly machine: StateMachine;
  readonly snapshots: SnapshotStore;
  readonly log: Logger;
  readonly meters: RaftMeters;
  readonly written: (index: Index, offset: number) => void;
  /** Before and after the state is replaced; `restored` with the index that the state is at then. */
  readonly appliedIndex: () => Index;
  readonly pause: () => void;
  readonly resumeAt: (index: Index) => void;
  readonly installed: (meta: SnapshotMeta, sizeBytes: number) => void;
  readonly failed: (index: Index) => void;
}

/** Takes an incoming snapshot: to disk part by part, then into the state machine. Raft paper §7. */
export class Installer {
  readonly #options: InstallerOptions;
  #queue: Promise<void> = Promise.resolve();
  #sink: { readonly meta: SnapshotMeta; readonly sink: SnapshotSink } | undefined;
  #stopped = false;

  constructor(options: InstallerOptions) {
    this.#options = options;
  }

  receive(chunk: ReceiveChunk): void {
    this.#queue = this.#queue.then(() => this.#take(chunk));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#queue;
    await this.#abort();
  }

  async #take(chunk: ReceiveChunk): Promise<void> {
    if (this.#stopped) return;
    const { meta, offset, data } = chunk;
    try {
      if (offset === 0) await this.#begin(meta);
      if (this.#sink?.meta.index !== meta.index) return; // It failed at an earlier part, which was told.
      if (data.length > 0) await this.#sink.sink.write(data);
      this.#options.written(meta.index, offset + data.length);
      if (chunk.last) await this.#finish(meta);
    } catch (error) {
      this.#options.log.error("Cannot install a snapshot", { index: meta.index, error: messageOf(error) });
      await this.#abort();
      this.#options.failed(meta.index);
    }
  }

  async #begin(meta: SnapshotMeta): Promise<void> {
    await this.#abort();
    this.#options.log.info("Receiving a snapshot", { index: meta.index });
    this.#sink = { meta, sink: await this.#options.snapshots.create(meta) };
  }

  async #finish(meta: SnapshotMeta): Promise<void> {
    const { snapshots, machine, clock, log, meters } = this.#options;
    const start = clock.now();
    await this.#sink?.sink.commit();
    this.#sink = undefined;
    const source = await snapshots.latest();
    if (source?.meta.index !== meta.index) {
      await source?.close();
      throw new KvorumError("corrupt", `the stored snapshot at ${meta.index} is not the newest`);
    }
    const { sizeBytes } = source;
    this.#options.pause();
    try {
      if (this.#options.appliedIndex() < meta.index) {
        const begun = clock.now();
        await machine.restore(reader(source), meta);
        meters.fsmRestore.observe(clock.now() - begun);
      }
    } catch (error) {
      this.#options.resumeAt(0 as Index);
      throw error;
    } finally {
      await source.close();
    }
    this.#options.installed(meta, sizeBytes);
    this.#options.resumeAt(meta.index);
    meters.installSnapshot.observe(clock.now() - start);
    log.info("Snapshot installed", { index: meta.index, bytes: sizeBytes, ms: Math.round(clock.now() - start) });
  }

  async #abort(): Promise<void> {
    const sink = this.#sink?.sink;
    this.#sink = undefined;
    await sink?.abort().catch((error: unknown) => this.#options.log.warn("Cannot remove an unfinished snapshot", { error: messageOf(error) }));
  }
}

/** Reads a stored snapshot from its beginning to its end. */
export function reader(source: SnapshotSource): () => Promise<Uint8Array> {
  let offset = 0;
  return async () => {
    const bytes = await source.readAt(offset, RESTORE_READ_BYTES);
    offset += bytes.length;
    return bytes;
  };
}
