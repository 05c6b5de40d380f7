import { unreachable } from "../base/assert.ts";
import type { Index, NodeId } from "../base/ids.ts";
import { Applier } from "./applier.ts";
import { ChunkSender } from "./chunk-sender.ts";
import { DEFAULT_TIMING, type Effect, findServer, RaftCore, type RaftEvent, type RaftMessage } from "./core/index.ts";
import { DiskQueue } from "./disk-queue.ts";
import { Installer } from "./installer.ts";
import { DEFAULT_MULTIPLIER, HEARTBEAT_MS, SNAPSHOT_ENTRIES, TAIL_BYTES, TAIL_ENTRIES, TICK_MS } from "./limits.ts";
import type { RaftMeters } from "./meters.ts";
import type { RaftOptions } from "./options.ts";
import type { Proposals } from "./proposals.ts";
import type { Restored } from "./recover.ts";
import { Snapshotter } from "./snapshotter.ts";
import { Waiters } from "./waiters.ts";

export type Answer = Effect & { readonly kind: "accepted" | "refused" };

/** What the engine tells its owner. */
export interface EngineHooks {
  readonly role: (effect: Effect & { readonly kind: "role" }) => void;
  readonly configuration: (effect: Effect & { readonly kind: "configuration" }) => void;
  readonly readReady: (batch: number, index: Index) => void;
  readonly transferFailed: (to: NodeId, reason: string) => void;
  readonly applied: (upTo: Index) => void;
  readonly persisted: () => void;
  readonly diskFailed: (error: unknown) => void;
}

export interface EngineParts {
  readonly options: RaftOptions;
  readonly restored: Restored;
  readonly meters: RaftMeters;
  readonly proposals: Proposals;
  readonly hooks: EngineHooks;
}

/** Steps the core, one event at a time, and performs its effects in order: disk, transport, state machine, snapshots. */
export class Engine {
  readonly core: RaftCore;
  readonly disk: DiskQueue;
  readonly applier: Applier;
  readonly snapshotter: Snapshotter;
  readonly #parts: EngineParts;
  readonly #sender: ChunkSender;
  readonly #installer: Installer;
  readonly #stable: Waiters;
  readonly #inbox: { readonly event: RaftEvent; readonly answer: ((answer: Answer) => void) | undefined }[] = [];
  #stepping = false;
  #stopped = false;

  constructor(parts: EngineParts) {
    this.#parts = parts;
    const { clock, log, storage } = parts.options;
    this.core = openCore(parts.options, parts.restored);
    this.#stable = new Waiters(clock);
    this.disk = new DiskQueue({
      log: storage.log,
      clock,
      release: (to, message) => this.#send(to, message),
      persisted: (sequence, tookMs, entries) => this.#persisted(sequence, tookMs, entries),
      failed: parts.hooks.diskFailed,
      broken: (error) => {
        // A fault of ours where nobody would hear of it: let the process hear.
        clock.soon(() => {
          throw error;
        });
      },
    });
    this.applier = this.#makeApplier();
    this.snapshotter = this.#makeSnapshotter();
    this.#sender = new ChunkSender({
      snapshots: storage.snapshots,
      log,
      send: (to, message) => this.#send(to, message),
      missing: (to, index) => this.step({ kind: "snapshot-missing", to, index }),
      damaged: () => void this.snapshotter.take().catch(() => {}), // logged there
    });
    this.#installer = this.#makeInstaller();
  }

  /** What an effect brings about waits until the effects before it are performed. `answer` is called for what can be accepted or refused. */
  step(event: RaftEvent, answer?: (answer: Answer) => void): void {
    this.#inbox.push({ event, answer });
    if (this.#stepping) return;
    this.#stepping = true;
    try {
      for (let next = this.#inbox.shift(); next !== undefined; next = this.#inbox.shift()) {
        if (this.#stopped) continue;
        const effects = this.core.step(next.event);
        for (let at = 0; at < effects.length; at++) this.#perform(effects[at] as Effect, next.answer);
      }
    } finally {
      this.#stepping = false;
    }
  }

  /** Resolves when the log up to `index` is on this server's disk. */
  async stable(index: Index): Promise<void> {
    if (this.core.stableIndex < index) await this.#stable.add(index, undefined);
  }

  /** Closes snapshots that nobody receives any more. */
  tidy(): void {
    this.#sender.keepOnly(this.core.sendingSnapshots);
  }

  /** Nothing is stepped or applied any more. */
  halt(error: Parameters<Waiters["failAll"]>[0]): void {
    this.#stopped = true;
    this.applier.stop();
    this.#stable.failAll(error);
  }

  /** Resolves when what is under way has ended. */
  async close(): Promise<void> {
    await Promise.all([this.disk.close(), this.snapshotter.stop(), this.#sender.stop(), this.#installer.stop()]);
  }

  #perform(effect: Effect, answer: ((answer: Answer) => void) | undefined): void {
    const { hooks } = this.#parts;
    switch (effect.kind) {
      case "send":
        return effect.when === "now" ? this.#send(effect.to, effect.message) : this.disk.sendPersisted(effect.to, effect.message);
      case "persist":
        return this.disk.persist(effect);
      case "apply":
        return this.applier.commitTo(effect.upTo);
      case "accepted":
      case "refused":
        return answer?.(effect);
      case "role":
        return hooks.role(effect);
      case "configuration":
        return hooks.configuration(effect);
      case "read-ready":
        return hooks.readReady(effect.batch, effect.index);
      case "transfer-failed":
        return hooks.transferFailed(effect.to, effect.reason);
      case "compact":
        return this.disk.compact(effect.upTo);
      case "send-chunk":
        return this.#sender.send(effect);
      case "receive-chunk":
        return this.#installer.receive(effect);
      default:
        return unreachable(effect);
    }
  }

  #send(to: NodeId, message: RaftMessage): void {
    this.#parts.options.transport.send(to, findServer(this.core.configuration, to)?.address ?? "", message);
  }

  #persisted(sequence: number, tookMs: number, entries: number): void {
    const { meters, hooks } = this.#parts;
    if (this.core.role === "leader") {
      meters.dispatchLog.observe(tookMs);
      meters.dispatchNumLogs.set(entries);
    }
    this.step({ kind: "persisted", sequence });
    this.#stable.applied(this.core.stableIndex);
    hooks.persisted();
  }

  #makeApplier(): Applier {
    const { options, restored, meters, proposals, hooks } = this.#parts;
    const { clock, machine } = options;
    const { core } = this;
    return new Applier(
      {
        clock,
        machine,
        proposals,
        entryAt: (index) => core.entryAt(index),
        settled: (proposal) => meters.commitTime.observe(clock.now() - proposal.at),
        applied: (upTo, entries, bytes, tookMs) => {
          meters.fsmApply.observe(tookMs);
          meters.commitNumLogs.set(entries);
          meters.appliedIndex.set(upTo);
          meters.lastIndex.set(core.lastIndex);
          meters.logBytes.set(core.logBytes);
          hooks.applied(upTo);
          this.snapshotter.applied(bytes);
        },
      },
      restored.appliedIndex,
    );
  }

  #makeSnapshotter(): Snapshotter {
    const { options, meters } = this.#parts;
    const { clock, machine, log, storage, snapshotEntries } = options;
    return new Snapshotter({
      clock,
      machine,
      log,
      meters,
      snapshots: storage.snapshots,
      everyEntries: snapshotEntries ?? SNAPSHOT_ENTRIES,
      appliedIndex: () => this.applier.appliedIndex,
      snapshotIndex: () => this.core.snapshotIndex,
      metaAt: (index) => this.core.snapshotMetaAt(index),
      stable: (index) => this.stable(index),
      saved: (meta, sizeBytes) => this.step({ kind: "snapshot-saved", meta, sizeBytes }),
    });
  }

  #makeInstaller(): Installer {
    const { options, meters, hooks, proposals } = this.#parts;
    const { clock, machine, log, storage } = options;
    return new Installer({
      clock,
      machine,
      log,
      meters,
      snapshots: storage.snapshots,
      written: (index, offset) => this.step({ kind: "chunk-written", index, offset }),
      appliedIndex: () => this.applier.appliedIndex,
      pause: () => this.applier.pause(),
      resumeAt: (index) => {
        proposals.skipped(index);
        this.applier.resumeAt(index);
        hooks.applied(this.applier.appliedIndex);
      },
      installed: (meta, sizeBytes) => this.step({ kind: "installed", meta, sizeBytes }),
      failed: (index) => this.step({ kind: "install-failed", index }),
    });
  }
}

function openCore(options: RaftOptions, { stored, snapshotBytes }: Restored): RaftCore {
  const { hardState, snapshot, entries } = stored;
  const tickMs = TICK_MS * (options.raftMultiplier ?? DEFAULT_MULTIPLIER);
  return new RaftCore({
    id: options.id,
    timing: { ...DEFAULT_TIMING, heartbeatTicks: Math.max(1, Math.floor(HEARTBEAT_MS / tickMs)) },
    random: (below) => options.random.int(below),
    tail: { entries: options.tailEntries ?? TAIL_ENTRIES, bytes: TAIL_BYTES },
    stored: { hardState, entries, snapshot: snapshot === undefined ? undefined : { meta: snapshot, sizeBytes: snapshotBytes } },
  });
}
