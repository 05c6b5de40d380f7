import { KvorumError, messageOf } from "../base/errors.ts";
import type { Index } from "../base/ids.ts";
import type { Clock, Logger, MonotonicMs } from "../platform/index.ts";
import type { SnapshotMeta } from "./core/index.ts";
import { APPLY_SLICE_MS, SNAPSHOT_BYTES, SNAPSHOT_RETRY_MS } from "./limits.ts";
import type { RaftMeters } from "./meters.ts";
import type { SnapshotSink, SnapshotStore, StateMachine, StateSnapshot } from "./ports.ts";
import { nextTurn } from "./turn.ts";

export interface SnapshotterOptions {
  readonly clock: Clock;
  readonly machine: StateMachine;
  readonly snapshots: SnapshotStore;
  readonly log: Logger;
  readonly meters: RaftMeters;
  readonly everyEntries: number;
  readonly appliedIndex: () => Index;
  readonly snapshotIndex: () => Index;
  /** `undefined` when there is nothing to stand for. */
  readonly metaAt: (index: Index) => SnapshotMeta | undefined;
  /** Resolves when the log up to `index` is on this server's disk: a snapshot never runs ahead of its log. */
  readonly stable: (index: Index) => Promise<void>;
  /** It is stored: cut the log. */
  readonly saved: (meta: SnapshotMeta, sizeBytes: number) => void;
}

/** Takes snapshots beside all other work: the view costs nothing, its bytes are written in slices. */
export class Snapshotter {
  readonly #options: SnapshotterOptions;
  #running: Promise<SnapshotMeta> | undefined;
  #bytes = 0;
  #notBefore = 0 as MonotonicMs;
  #stopped = false;

  constructor(options: SnapshotterOptions) {
    this.#options = options;
  }

  /** Entries were applied: takes a snapshot when enough have gathered. */
  applied(bytes: number): void {
    const { clock, appliedIndex, snapshotIndex, everyEntries } = this.#options;
    this.#bytes += bytes;
    const due = appliedIndex() - snapshotIndex() >= everyEntries || this.#bytes >= SNAPSHOT_BYTES;
    if (!due || this.#running !== undefined || clock.now() < this.#notBefore) return;
    this.take().catch(() => {}); // `#run` has logged it; the next attempt comes by itself
  }

  /** Takes one now, or joins the one under way; the newest stands when nothing was applied since. */
  async take(): Promise<SnapshotMeta> {
    if (this.#running === undefined) {
      this.#running = this.#run().finally(() => {
        this.#running = undefined;
      });
    }
    return this.#running;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running?.catch(() => {}); // logged already
  }

  async #run(): Promise<SnapshotMeta> {
    const { clock, machine, meters, log, metaAt, appliedIndex } = this.#options;
    const meta = metaAt(appliedIndex());
    if (meta === undefined) throw new KvorumError("conflict", "Cannot take a snapshot: nothing has been applied yet");
    if (meta.index === this.#options.snapshotIndex()) return meta;
    const start = clock.now();
    const view = machine.snapshot();
    meters.fsmSnapshot.observe(clock.now() - start);
    this.#bytes = 0;
    try {
      const sizeBytes = await this.#write(meta, view);
      meters.takeSnapshot.observe(clock.now() - start);
      log.info("Snapshot stored", { index: meta.index, bytes: sizeBytes, ms: Math.round(clock.now() - start) });
      return meta;
    } catch (error) {
      this.#notBefore = (clock.now() + SNAPSHOT_RETRY_MS) as MonotonicMs;
      if (!this.#stopped) log.error("Cannot store a snapshot; the log goes on growing", { index: meta.index, error: messageOf(error) });
      throw error;
    } finally {
      view.release();
    }
  }

  async #write(meta: SnapshotMeta, view: StateSnapshot): Promise<number> {
    const { clock, snapshots, meters } = this.#options;
    const createdAt = clock.now();
    const sink = await snapshots.create(meta);
    meters.snapshotCreate.observe(clock.now() - createdAt);
    try {
      const sizeBytes = await this.#copy(view, sink);
      await this.#options.stable(meta.index);
      if (this.#stopped) throw new KvorumError("unavailable", "Cannot take a snapshot: closing");
      if (this.#options.snapshotIndex() >= meta.index) throw new KvorumError("conflict", "Cannot store a snapshot: a newer one was received meanwhile");
      await sink.commit();
      meters.snapshotPersist.observe(clock.now() - createdAt);
      this.#options.saved(meta, sizeBytes);
      return sizeBytes;
    } catch (error) {
      await sink.abort().catch(() => {}); // the first failure is the one to tell
      throw error;
    }
  }

  async #copy(view: StateSnapshot, sink: SnapshotSink): Promise<number> {
    const { clock } = this.#options;
    let sizeBytes = 0;
    let sliceStart = clock.now();
    for (const chunk of view.chunks()) {
      if (this.#stopped) throw new KvorumError("unavailable", "Cannot take a snapshot: closing");
      sizeBytes += chunk.length;
      await sink.write(chunk);
      if (clock.now() - sliceStart < APPLY_SLICE_MS) continue;
      await nextTurn(clock);
      sliceStart = clock.now();
    }
    return sizeBytes;
  }
}
