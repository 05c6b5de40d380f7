import { unreachable } from "../base/assert.ts";
import { KvorumError, messageOf } from "../base/errors.ts";
import type { Index, NodeId } from "../base/ids.ts";
import type { MonotonicMs } from "../platform/index.ts";
import { Applier } from "./applier.ts";
import { ChunkSender } from "./chunk-sender.ts";
import { Contacts } from "./contacts.ts";
import {
  type Configuration,
  DEFAULT_TIMING,
  decodeRaftMessage,
  type Effect,
  findServer,
  type MembershipChange,
  RaftCore,
  type RaftEvent,
  type RaftMessage,
  type ServerEntry,
  type SnapshotMeta,
} from "./core/index.ts";
import { DiskQueue } from "./disk-queue.ts";
import { HandOver } from "./hand-over.ts";
import { Installer } from "./installer.ts";
import {
  DEFAULT_MULTIPLIER,
  DISK_STALL_TICKS,
  HOLD_BATCH,
  LOOP_STALL_TICKS,
  SNAPSHOT_ENTRIES,
  TAIL_BYTES,
  TAIL_ENTRIES,
  TICK_MS,
  TRANSFER_TICKS,
} from "./limits.ts";
import { declareRaftMeters, type RaftMeters } from "./meters.ts";
import type { LeadershipView, RaftNode, RaftStatus } from "./node.ts";
import type { RaftOptions } from "./options.ts";
import { type Proposal, Proposals } from "./proposals.ts";
import { ReadBarriers } from "./read-barriers.ts";
import type { Restored } from "./recover.ts";
import { Snapshotter } from "./snapshotter.ts";
import { Ticker } from "./ticker.ts";
import { Waiters } from "./waiters.ts";

const NO_DATA = new Uint8Array(0);

type Answer = Effect & { readonly kind: "accepted" | "refused" };
type Asking = (answer: Answer) => void;

/** Drives a core: performs its effects in order and brings it what comes back. One event at a time. */
export class RaftDriver implements RaftNode {
  readonly #options: RaftOptions;
  readonly #core: RaftCore;
  readonly #tickMs: number;
  readonly #meters: RaftMeters;
  readonly #disk: DiskQueue;
  readonly #proposals = new Proposals();
  readonly #reads: ReadBarriers;
  readonly #waiters: Waiters;
  readonly #stableWaiters: Waiters;
  readonly #handOver: HandOver;
  readonly #applier: Applier;
  readonly #snapshotter: Snapshotter;
  readonly #sender: ChunkSender;
  readonly #installer: Installer;
  readonly #contacts: Contacts;
  readonly #ticker: Ticker;
  readonly #leadershipListeners = new Set<(view: LeadershipView) => void>();
  readonly #configurationListeners = new Set<(configuration: Configuration) => void>();
  readonly #inbox: { readonly event: RaftEvent; readonly answer: Asking | undefined }[] = [];
  #stepping = false;
  #flushDue = false;
  #stalledWrite: MonotonicMs | undefined;
  /** Why it does nothing any more. */
  #ended: KvorumError | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: RaftOptions, restored: Restored) {
    this.#options = options;
    const { clock, machine, log, storage } = options;
    this.#tickMs = TICK_MS * (options.raftMultiplier ?? DEFAULT_MULTIPLIER);
    this.#meters = declareRaftMeters(options.metrics);
    this.#core = openCore(options, restored);
    this.#contacts = new Contacts(clock);
    this.#waiters = new Waiters(clock);
    this.#stableWaiters = new Waiters(clock);
    this.#handOver = new HandOver({ clock, timeoutMs: TRANSFER_TICKS * this.#tickMs });
    const broken = (error: unknown): void => this.#broken(error);
    this.#disk = new DiskQueue({
      log: storage.log,
      clock,
      broken,
      release: (to, message) => this.#send(to, message),
      persisted: (sequence, tookMs, entries) => this.#persisted(sequence, tookMs, entries),
      failed: (error) => this.#diskFailed(error),
    });
    this.#reads = new ReadBarriers({ ask: (batch) => this.#askRead(batch), waitApplied: (index) => this.#untilApplied(index, undefined) });
    const entryAt = this.#core.entryAt.bind(this.#core);
    this.#applier = new Applier(
      {
        clock,
        machine,
        entryAt,
        proposals: this.#proposals,
        applied: (upTo, entries, bytes, tookMs) => this.#applied({ upTo, entries, bytes, tookMs }),
        settled: (proposal) => this.#meters.commitTime.observe(clock.now() - proposal.at),
      },
      restored.appliedIndex,
    );
    this.#snapshotter = this.#makeSnapshotter(broken);
    const { snapshots } = storage;
    this.#sender = new ChunkSender({
      snapshots,
      log,
      send: (to, message) => this.#send(to, message),
      missing: (to, index) => this.#step({ kind: "snapshot-missing", to, index }),
      damaged: () => void this.#snapshotter.take().catch(() => {}), // logged there
    });
    this.#installer = this.#makeInstaller();
    this.#ticker = new Ticker({ clock, tickMs: this.#tickMs, tick: (elapsed, lateMs) => this.#tick(elapsed, lateMs) });
    options.transport.receive(
      (from, message) => this.#receive(from, message),
      (id) => this.#step({ kind: "unreachable", id }),
    );
    this.#step({ kind: "start" });
  }

  // ——— what others ask of it ———

  propose(data: Uint8Array): Promise<unknown> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    if (this.#core.role !== "leader") return Promise.reject(new KvorumError("not-leader", "Cannot propose: this server is not the leader"));
    this.#meters.apply.add(1);
    const result = this.#proposals.add(data, this.#options.clock.now());
    this.#flushSoon();
    return result;
  }

  readBarrier(): Promise<Index> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    if (this.#core.role !== "leader") return Promise.reject(new KvorumError("not-leader", "Cannot read: this server is not the leader"));
    this.#meters.barrier.add(1);
    const result = this.#reads.add();
    this.#flushSoon();
    return result;
  }

  holdsLease(): boolean {
    if (this.#core.role !== "leader" || this.#ended !== undefined) return false;
    return this.#applier.appliedIndex >= (this.#core.termStart ?? 0) && this.#core.holdsLease(this.#ticker.since);
  }

  async waitApplied(index: Index, timeoutMs: number): Promise<void> {
    await this.#untilApplied(index, timeoutMs);
  }

  async changeMembership(change: MembershipChange): Promise<void> {
    if (this.#ended !== undefined) throw this.#ended;
    const at = this.#options.clock.now();
    const before = this.#core.configurationIndex;
    await new Promise((resolve, reject) => {
      this.#step({ kind: "change", change }, (answer) => {
        if (answer.kind === "refused") reject(new KvorumError(answer.code, answer.reason));
        else if (answer.last > before) this.#proposals.place([{ data: NO_DATA, at, term: answer.term, resolve, reject }], answer.first, answer.term);
        else this.#untilApplied(answer.last, undefined).then(resolve, reject);
      });
    });
  }

  async transferLeadership(to?: NodeId): Promise<void> {
    if (to === this.#options.id && this.#core.role === "leader") return;
    await this.#ask({ kind: "transfer", to });
    await this.#handOver.wait();
  }

  async bootstrap(servers: readonly ServerEntry[]): Promise<void> {
    const { last } = await this.#ask({ kind: "bootstrap", servers });
    if (this.#core.stableIndex < last) await this.#stableWaiters.add(last, undefined);
  }

  snapshotNow(): Promise<SnapshotMeta> {
    return this.#ended === undefined ? this.#snapshotter.take() : Promise.reject(this.#ended);
  }

  status(): RaftStatus {
    const core = this.#core;
    return {
      id: this.#options.id,
      role: core.role,
      term: core.term,
      leader: this.#leaderView(),
      commitIndex: core.commitIndex,
      appliedIndex: this.#applier.appliedIndex,
      lastLogIndex: core.lastIndex,
      lastLogTerm: core.lastTerm,
      snapshotIndex: core.snapshotIndex,
      configuration: core.configuration,
      configurationIndex: core.configurationIndex,
      lastContactMs: core.role === "leader" ? 0 : this.#contacts.leaderMs,
      peers: core.peers.map((peer) => ({ ...peer, lastContactMs: this.#contacts.peerMs(peer.id) })),
    };
  }

  onLeadership(listener: (view: LeadershipView) => void): Disposable {
    return listen(this.#leadershipListeners, listener);
  }

  onConfiguration(listener: (configuration: Configuration) => void): Disposable {
    return listen(this.#configurationListeners, listener);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#ticker.stop();
    if (this.#ended === undefined) this.#step({ kind: "resign" });
    this.#end(new KvorumError("unavailable", "This server is closing"));
    await Promise.all([this.#disk.close(), this.#snapshotter.stop(), this.#sender.stop(), this.#installer.stop()]);
  }

  // ——— events in ———

  #receive(from: NodeId, raw: unknown): void {
    if (this.#ended !== undefined) return;
    let message: RaftMessage;
    try {
      message = decodeRaftMessage(raw);
    } catch (error) {
      this.#options.log.warn("Refused a message", { from, error: messageOf(error) });
      return;
    }
    this.#step({ kind: "receive", from, message });
    this.#contacts.heard(from, this.#core.leader);
  }

  #tick(elapsed: number, lateMs: number): void {
    const { clock, log } = this.#options;
    if (lateMs > LOOP_STALL_TICKS * this.#tickMs) {
      this.#meters.stalls.add(1);
      log.warn("The event loop stood still", { ms: Math.round(lateMs) });
      this.#step({ kind: "stalled", what: "loop" });
    }
    const writing = this.#disk.startedAt;
    if (writing !== undefined && writing !== this.#stalledWrite && clock.now() - writing > DISK_STALL_TICKS * this.#tickMs) {
      this.#stalledWrite = writing;
      this.#meters.stalls.add(1);
      log.warn("A disk write takes too long", { ms: Math.round(clock.now() - writing) });
      this.#step({ kind: "stalled", what: "disk" });
    }
    this.#step({ kind: "tick", elapsed });
    if (this.#core.role === "leader") this.#meters.leaderLastContact.observe(this.#contacts.quorumMs(this.#core.configuration, this.#options.id));
    this.#sender.keepOnly(this.#core.sendingSnapshots);
    this.#flush();
  }

  #persisted(sequence: number, tookMs: number, entries: number): void {
    if (this.#core.role === "leader") {
      this.#meters.dispatchLog.observe(tookMs);
      this.#meters.dispatchNumLogs.set(entries);
    }
    this.#step({ kind: "persisted", sequence });
    this.#stableWaiters.applied(this.#core.stableIndex);
    if (this.#proposals.gathered > 0) this.#flushSoon();
  }

  /** Everything asked for in this turn of the loop goes in one batch. */
  #flushSoon(): void {
    if (this.#flushDue) return;
    this.#flushDue = true;
    this.#options.clock.soon(() => {
      this.#flushDue = false;
      if (this.#disk.startedAt === undefined || this.#proposals.gathered >= HOLD_BATCH) this.#flush();
      this.#reads.flush();
    });
  }

  #flush(): void {
    while (this.#proposals.gathered > 0 && this.#ended === undefined) {
      const batch = this.#proposals.take();
      this.#step({ kind: "propose", commands: batch.map((proposal) => proposal.data) }, (answer) => this.#proposed(batch, answer));
    }
  }

  #proposed(batch: readonly Proposal[], answer: Answer): void {
    if (answer.kind === "accepted") this.#proposals.place(batch, answer.first, answer.term);
    else this.#proposals.refuse(batch, new KvorumError(answer.code, answer.reason));
  }

  /** Only a refusal is answered at once. */
  #askRead(batch: number): void {
    this.#step({ kind: "read", batch }, () => this.#reads.failAll());
  }

  #ask(event: RaftEvent): Promise<Effect & { readonly kind: "accepted" }> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      this.#step(event, (answer) => {
        if (answer.kind === "accepted") resolve(answer);
        else reject(new KvorumError(answer.code, answer.reason));
      });
    });
  }

  #untilApplied(index: Index, timeoutMs: number | undefined): Promise<Index> {
    if (this.#applier.appliedIndex >= index) return Promise.resolve(index);
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    return this.#waiters.add(index, timeoutMs);
  }

  // ——— effects out ———

  /** One event at a time: what an effect brings about waits until the effects before it are performed. */
  #step(event: RaftEvent, answer?: Asking): void {
    this.#inbox.push({ event, answer });
    if (this.#stepping) return;
    this.#stepping = true;
    try {
      for (let next = this.#inbox.shift(); next !== undefined; next = this.#inbox.shift()) {
        if (this.#ended !== undefined) continue;
        const effects = this.#core.step(next.event);
        for (let at = 0; at < effects.length; at++) this.#perform(effects[at] as Effect, next.answer);
      }
    } finally {
      this.#stepping = false;
    }
  }

  #perform(effect: Effect, answer: Asking | undefined): void {
    switch (effect.kind) {
      case "send":
        if (effect.when === "now") this.#send(effect.to, effect.message);
        else this.#disk.sendPersisted(effect.to, effect.message);
        break;
      case "persist":
        this.#disk.persist(effect);
        break;
      case "apply":
        this.#applier.commitTo(effect.upTo);
        break;
      case "accepted":
      case "refused":
        answer?.(effect);
        break;
      case "role":
        this.#roleChanged(effect);
        break;
      case "configuration":
        this.#options.log.info("Configuration", {
          index: effect.index,
          servers: effect.configuration.servers.map((server) => `${server.name}=${server.suffrage}`).join(" "),
        });
        for (const listener of this.#configurationListeners) listener(effect.configuration);
        break;
      case "read-ready":
        this.#reads.ready(effect.batch, effect.index);
        break;
      case "transfer-failed":
        this.#handOver.fail(new KvorumError("timeout", `Cannot transfer leadership to "${effect.to}": ${effect.reason}`));
        break;
      case "compact":
        this.#disk.compact(effect.upTo);
        break;
      case "send-chunk":
        this.#sender.send(effect);
        break;
      case "receive-chunk":
        this.#installer.receive(effect);
        break;
      default:
        unreachable(effect);
    }
  }

  #send(to: NodeId, message: RaftMessage): void {
    this.#options.transport.send(to, findServer(this.#core.configuration, to)?.address ?? "", message);
  }

  #roleChanged({ role, term, leader }: Effect & { readonly kind: "role" }): void {
    this.#meters.states[role].add(1);
    if (role === "pre-candidate") this.#meters.heartbeatTimeout.add(1);
    this.#options.log.info("Role", { role, term, leader });
    this.#contacts.role(role);
    if (role !== "leader") {
      this.#proposals.losePlaced();
      this.#reads.failAll();
    }
    this.#handOver.role(this.#options.id, role, leader);
    const view: LeadershipView = { role, term, leader: this.#leaderView() };
    for (const listener of this.#leadershipListeners) listener(view);
  }

  #leaderView(): { readonly id: NodeId; readonly address: string } | undefined {
    const { leader, configuration } = this.#core;
    return leader === undefined ? undefined : { id: leader, address: findServer(configuration, leader)?.address ?? "" };
  }

  #applied({ upTo, entries, bytes, tookMs }: { readonly upTo: Index; readonly entries: number; readonly bytes: number; readonly tookMs: number }): void {
    const { fsmApply, commitNumLogs, appliedIndex, lastIndex, logBytes } = this.#meters;
    fsmApply.observe(tookMs);
    commitNumLogs.set(entries);
    appliedIndex.set(upTo);
    lastIndex.set(this.#core.lastIndex);
    logBytes.set(this.#core.logBytes);
    this.#waiters.applied(upTo);
    this.#snapshotter.applied(bytes);
  }

  // ——— ends ———

  /** Its disk is not to be trusted any more: it hands over and answers nothing. */
  #diskFailed(error: unknown): void {
    this.#options.log.error("The disk failed; this server takes no part any more", { error: messageOf(error) });
    this.#ticker.stop();
    this.#step({ kind: "resign" });
    this.#end(new KvorumError("disk", `The raft log cannot be written: ${messageOf(error)}`, { cause: error }));
    this.#options.onDiskFailure?.(error);
  }

  #end(error: KvorumError): void {
    this.#ended ??= error;
    this.#applier.stop();
    this.#proposals.refuseGathered(error);
    this.#proposals.losePlaced(new KvorumError("leadership-lost", error.message));
    this.#reads.failAll(error);
    this.#waiters.failAll(error);
    this.#stableWaiters.failAll(error);
    this.#handOver.fail(error);
  }

  /** A fault of ours in a place where nobody would hear of it: let the process hear. */
  #broken(error: unknown): void {
    this.#options.clock.soon(() => {
      throw error;
    });
  }

  // ——— parts ———

  #makeSnapshotter(broken: (error: unknown) => void): Snapshotter {
    const { clock, machine, log, storage, snapshotEntries } = this.#options;
    return new Snapshotter({
      clock,
      machine,
      log,
      broken,
      snapshots: storage.snapshots,
      meters: this.#meters,
      everyEntries: snapshotEntries ?? SNAPSHOT_ENTRIES,
      appliedIndex: () => this.#applier.appliedIndex,
      snapshotIndex: () => this.#core.snapshotIndex,
      metaAt: (index) => this.#core.snapshotMetaAt(index),
      stable: async (index) => {
        if (this.#core.stableIndex < index) await this.#stableWaiters.add(index, undefined);
      },
      saved: (meta, sizeBytes) => this.#step({ kind: "snapshot-saved", meta, sizeBytes }),
    });
  }

  #makeInstaller(): Installer {
    const { clock, machine, log, storage } = this.#options;
    return new Installer({
      clock,
      machine,
      log,
      snapshots: storage.snapshots,
      meters: this.#meters,
      written: (index, offset) => this.#step({ kind: "chunk-written", index, offset }),
      appliedIndex: () => this.#applier.appliedIndex,
      pause: () => this.#applier.pause(),
      resumeAt: (index) => {
        this.#applier.resumeAt(index);
        this.#waiters.applied(this.#applier.appliedIndex);
      },
      installed: (meta, sizeBytes) => this.#step({ kind: "installed", meta, sizeBytes }),
      failed: (index) => this.#step({ kind: "install-failed", index }),
    });
  }
}

function openCore(options: RaftOptions, { stored, snapshotBytes }: Restored): RaftCore {
  const { hardState, snapshot, entries } = stored;
  return new RaftCore({
    id: options.id,
    timing: DEFAULT_TIMING,
    random: (below) => options.random.int(below),
    tail: { entries: options.tailEntries ?? TAIL_ENTRIES, bytes: TAIL_BYTES },
    stored: { hardState, entries, snapshot: snapshot === undefined ? undefined : { meta: snapshot, sizeBytes: snapshotBytes } },
  });
}

function listen<T>(listeners: Set<(value: T) => void>, listener: (value: T) => void): Disposable {
  listeners.add(listener);
  return { [Symbol.dispose]: () => void listeners.delete(listener) };
}
