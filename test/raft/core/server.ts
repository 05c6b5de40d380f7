import { asIndex, asNodeId, asTerm, type NodeId } from "../../../src/base/ids.ts";
import type { Effect, Persist } from "../../../src/raft/core/effects.ts";
import type { RaftEvent } from "../../../src/raft/core/events.ts";
import { DEFAULT_TIMING, RaftCore, type RaftTiming } from "../../../src/raft/core/index.ts";
import { configurationOf } from "../../../src/raft/core/membership.ts";
import type { RaftMessage } from "../../../src/raft/core/messages.ts";
import { fittingEntries } from "../../../src/raft/core/state.ts";
import type { Configuration, Entry, HardState, ServerEntry, SnapshotMeta } from "../../../src/raft/core/types.ts";

export const id = (name: string): NodeId => asNodeId(name);
export const text = (value: string): Uint8Array => Buffer.from(value);

export function server(name: string, suffrage: "voter" | "learner" = "voter"): ServerEntry {
  return { id: id(name), address: `${name}:8300`, suffrage, name };
}

export function voters(...names: string[]): Configuration {
  return configurationOf(names.map((name) => server(name)));
}

/** What a crash leaves behind. */
export interface Disk {
  hardState: HardState;
  snapshot: { meta: SnapshotMeta; sizeBytes: number; content: readonly string[] } | undefined;
  entries: Entry[];
}

export function emptyDisk(): Disk {
  return { hardState: { term: asTerm(0), votedFor: undefined }, snapshot: undefined, entries: [] };
}

/** A disk whose log begins with this configuration, as bootstrap writes it. */
export function bootstrapped(configuration: Configuration): Disk {
  const entry: Entry = { kind: "config", term: asTerm(1), index: asIndex(1), configuration };
  return { hardState: { term: asTerm(1), votedFor: undefined }, snapshot: undefined, entries: [entry] };
}

export interface Settings {
  readonly timing?: RaftTiming;
  readonly tail?: { readonly entries: number; readonly bytes: number };
  /** Election timeouts: `spread[name]` is what the random source gives; 0 by default, so times can be told beforehand. */
  readonly random?: (name: string, below: number) => number;
}

/** One server as a test sees it: a core, its disk, and a state machine that keeps the commands it was given. */
export class Server {
  readonly name: string;
  readonly settings: Settings;
  disk: Disk;
  core: RaftCore;
  applied = 0;
  content: string[] = [];
  /** All effects since the last look. */
  effects: Effect[] = [];
  onEffect: (effect: Effect) => void = () => {};
  /** What the disk still has to do, in order. */
  readonly writes: (Persist | (Effect & { readonly kind: "compact" }))[] = [];
  /** Messages that wait for the disk. */
  held: { readonly after: number; readonly to: NodeId; readonly message: RaftMessage }[] = [];
  incoming: { meta: SnapshotMeta; bytes: Buffer[] } | undefined;
  asked = 0;
  /** The snapshot that is being sent: it stays open when a newer one is saved. */
  #reading: Disk["snapshot"];

  constructor(name: string, disk: Disk, settings: Settings) {
    this.name = name;
    this.disk = disk;
    this.settings = settings;
    this.core = this.#open();
    this.#restoreContent();
  }

  /** Loses what was not synced. */
  crash(): void {
    this.writes.length = 0;
    this.held = [];
    this.incoming = undefined;
    this.#reading = undefined;
    this.core = this.#open();
    this.#restoreContent();
  }

  #restoreContent(): void {
    this.content = [...(this.disk.snapshot?.content ?? [])];
    this.applied = this.disk.snapshot?.meta.index ?? 0;
  }

  #open(): RaftCore {
    const { timing = DEFAULT_TIMING, tail = { entries: 10, bytes: 1e6 }, random = () => 0 } = this.settings;
    this.disk.entries = [...fittingEntries(this.disk.entries, this.disk.snapshot?.meta)];
    const { hardState, snapshot, entries } = this.disk;
    return new RaftCore({
      id: id(this.name),
      timing,
      tail,
      random: (below) => random(this.name, below),
      stored: { hardState, snapshot, entries: [...entries] },
    });
  }

  /** Steps the core; gives the messages that may leave now. */
  step(event: RaftEvent): { readonly to: NodeId; readonly message: RaftMessage }[] {
    const out: { readonly to: NodeId; readonly message: RaftMessage }[] = [];
    const later: RaftEvent[] = [];
    for (const effect of this.core.step(event)) {
      this.effects.push(effect);
      this.onEffect(effect);
      this.#perform(effect, out, later);
    }
    for (const next of later) out.push(...this.step(next));
    return out;
  }

  #perform(effect: Effect, out: { to: NodeId; message: RaftMessage }[], later: RaftEvent[]): void {
    switch (effect.kind) {
      case "persist":
        this.asked = effect.sequence;
        this.writes.push(effect);
        break;
      case "send":
        if (effect.when === "now" || !this.writes.some((write) => write.kind === "persist")) out.push(effect);
        else this.held.push({ after: this.asked, to: effect.to, message: effect.message });
        break;
      case "apply":
        this.apply(effect.upTo);
        break;
      case "compact":
        this.writes.push(effect);
        break;
      case "send-chunk": {
        const { to, term, meta, sizeBytes, offset, length } = effect;
        if (this.disk.snapshot?.meta.index === meta.index) this.#reading = this.disk.snapshot;
        const snapshot = this.#reading;
        if (snapshot?.meta.index !== meta.index) later.push({ kind: "snapshot-missing", to, index: meta.index });
        else {
          const data = Buffer.from(JSON.stringify(snapshot.content)).subarray(offset, offset + length);
          out.push({ to, message: { kind: "snapshot", term, meta, sizeBytes, offset, data } });
        }
        break;
      }
      case "receive-chunk":
        if (effect.offset === 0) this.incoming = { meta: effect.meta, bytes: [] };
        this.incoming?.bytes.push(Buffer.from(effect.data));
        later.push({ kind: "chunk-written", index: effect.meta.index, offset: effect.offset + effect.data.length });
        if (effect.last) later.push(this.#install(effect.meta, effect.sizeBytes));
        break;
      case "role":
      case "configuration":
      case "accepted":
      case "refused":
      case "read-ready":
      case "transfer-failed":
        break; // for the test to look at
    }
  }

  #install(meta: SnapshotMeta, sizeBytes: number): RaftEvent {
    const content = JSON.parse(Buffer.concat(this.incoming?.bytes ?? []).toString()) as string[];
    this.incoming = undefined;
    this.disk.snapshot = { meta, sizeBytes, content };
    if (this.applied < meta.index) {
      this.content = [...content];
      this.applied = meta.index;
    }
    return { kind: "installed", meta, sizeBytes };
  }

  apply(upTo: number): void {
    while (this.applied < upTo) {
      const entry = this.core.entryAt(this.applied + 1);
      if (entry === undefined) throw new Error(`${this.name}: entry ${this.applied + 1} is committed but not there`);
      this.applied++;
      if (entry.kind === "command") this.content.push(Buffer.from(entry.data).toString());
    }
  }

  /** Finishes the oldest write; gives the messages that waited for it and what follows. */
  sync(): { readonly to: NodeId; readonly message: RaftMessage }[] {
    const write = this.writes.shift();
    if (write === undefined) return [];
    const { disk } = this;
    if (write.kind === "compact") {
      disk.entries = disk.entries.filter((entry) => entry.index > write.upTo);
      return [];
    }
    if (write.hardState !== undefined) disk.hardState = write.hardState;
    const { truncateFrom } = write;
    if (truncateFrom !== undefined) disk.entries = disk.entries.filter((entry) => entry.index < truncateFrom);
    disk.entries.push(...write.entries);
    const free = this.held.filter((held) => held.after <= write.sequence);
    this.held = this.held.filter((held) => held.after > write.sequence);
    return [...free, ...this.step({ kind: "persisted", sequence: write.sequence })];
  }

  /** Makes a snapshot of what is applied and synced. */
  snapshot(): RaftEvent | undefined {
    const meta = this.applied <= this.core.stableIndex ? this.core.snapshotMetaAt(asIndex(this.applied)) : undefined;
    if (meta === undefined) return undefined;
    const content = [...this.content];
    const sizeBytes = Buffer.byteLength(JSON.stringify(content));
    this.disk.snapshot = { meta, sizeBytes, content };
    return { kind: "snapshot-saved", meta, sizeBytes };
  }
}
