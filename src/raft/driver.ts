import { KvorumError, messageOf } from "../base/errors.ts";
import { asIndex, type Index, type NodeId } from "../base/ids.ts";
import type { MonotonicMs } from "../platform/index.ts";
import { Contacts } from "./contacts.ts";
import {
  type Configuration,
  decodeRaftMessage,
  type Effect,
  type MembershipChange,
  type RaftEvent,
  type RaftMessage,
  type ServerEntry,
  type SnapshotMeta,
} from "./core/index.ts";
import { type Answer, Engine } from "./engine.ts";
import { HandOver } from "./hand-over.ts";
import { CHANGE_WAIT_MS, DEFAULT_MULTIPLIER, DISK_STALL_TICKS, HOLD_BATCH, LOOP_STALL_TICKS, TICK_MS, TRANSFER_TICKS } from "./limits.ts";
import { Listeners } from "./listeners.ts";
import { declareRaftMeters, type RaftMeters } from "./meters.ts";
import type { LeadershipView, RaftNode, RaftStatus } from "./node.ts";
import type { RaftOptions } from "./options.ts";
import { type Proposal, Proposals } from "./proposals.ts";
import { ReadBarriers } from "./read-barriers.ts";
import type { Restored } from "./recover.ts";
import { leaderOf, statusOf } from "./status.ts";
import { Ticker, type Ticks } from "./ticker.ts";
import { Waiters } from "./waiters.ts";

/** A server's part in one raft group: gathers what is asked of it, ticks, and tells what comes of it. The engine does the work. */
export class RaftDriver implements RaftNode {
  readonly #options: RaftOptions;
  readonly #engine: Engine;
  readonly #tickMs: number;
  readonly #meters: RaftMeters;
  readonly #proposals = new Proposals();
  readonly #reads: ReadBarriers;
  readonly #waiters: Waiters;
  readonly #handOver: HandOver;
  readonly #contacts: Contacts;
  readonly #ticker: Ticker;
  readonly #leadership = new Listeners<LeadershipView>();
  readonly #configuration = new Listeners<Configuration>();
  #flushDue = false;
  /** When a slow write was last told of. */
  #slowWriteAt = 0 as MonotonicMs;
  /** Why it does nothing any more. */
  #ended: KvorumError | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: RaftOptions, restored: Restored) {
    const { clock, metrics, transport } = options;
    this.#options = options;
    this.#tickMs = TICK_MS * (options.raftMultiplier ?? DEFAULT_MULTIPLIER);
    this.#meters = declareRaftMeters(metrics);
    this.#contacts = new Contacts(clock);
    this.#waiters = new Waiters(clock);
    this.#handOver = new HandOver({ clock, timeoutMs: TRANSFER_TICKS * this.#tickMs });
    this.#reads = new ReadBarriers({
      ask: (batch) => this.#step({ kind: "read", batch }, () => this.#reads.failAll()), // only a refusal is answered at once
      waitApplied: (index) => this.#untilApplied(index, undefined),
    });
    this.#engine = new Engine({
      options,
      restored,
      meters: this.#meters,
      proposals: this.#proposals,
      hooks: {
        role: (effect) => this.#roleChanged(effect),
        configuration: (effect) => this.#configurationChanged(effect),
        readReady: (batch, index) => this.#reads.ready(batch, index),
        transferFailed: (to, reason) => this.#handOver.fail(new KvorumError("timeout", `Cannot transfer leadership to "${to}": ${reason}`)),
        applied: (upTo) => this.#waiters.applied(upTo),
        persisted: () => {
          if (this.#proposals.gathered > 0) this.#flushSoon();
        },
        diskFailed: (error) => this.#diskFailed(error),
      },
    });
    this.#ticker = new Ticker({ clock, tickMs: this.#tickMs, tick: (ticks) => this.#tick(ticks), quiet: () => this.#engine.core.quietTicks });
    transport.receive(
      (from, message) => this.#receive(from, message),
      (id) => this.#step({ kind: "unreachable", id }),
    );
    this.#engine.step({ kind: "start" });
  }

  propose(data: Uint8Array): Promise<unknown> {
    const refusal = this.#refusal("propose");
    if (refusal !== undefined) return Promise.reject(refusal);
    this.#meters.apply.add(1);
    const result = this.#proposals.add(data, this.#options.clock.now());
    this.#flushSoon();
    return result;
  }

  readBarrier(): Promise<Index> {
    const refusal = this.#refusal("read");
    if (refusal !== undefined) return Promise.reject(refusal);
    this.#meters.barrier.add(1);
    this.#meters.verifyLeader.add(1);
    const result = this.#reads.add();
    this.#flushSoon();
    return result;
  }

  holdsLease(): boolean {
    const { core, applier } = this.#engine;
    if (core.role !== "leader" || this.#ended !== undefined) return false;
    return applier.appliedIndex >= (core.termStart ?? 0) && core.holdsLease(this.#ticker.since);
  }

  async waitApplied(index: Index, timeoutMs: number): Promise<void> {
    await this.#untilApplied(index, timeoutMs);
  }

  async changeMembership(change: MembershipChange): Promise<void> {
    await this.#changesSettled();
    const { core } = this.#engine;
    const before = core.configurationIndex;
    const at = this.#options.clock.now();
    await new Promise((resolve, reject) => {
      this.#ask({ kind: "change", change }, reject, ({ first, last, term }) => {
        if (last > before) this.#proposals.place([{ data: new Uint8Array(), at, term, resolve, reject }], first, term);
        else this.#untilApplied(last, undefined).then(resolve, reject);
      });
    });
  }

  async transferLeadership(to?: NodeId): Promise<void> {
    if (to === this.#options.id && this.#engine.core.role === "leader") return;
    await new Promise<void>((resolve, reject) => {
      this.#ask({ kind: "transfer", to }, reject, () => this.#handOver.wait().then(resolve, reject));
    });
  }

  async bootstrap(servers: readonly ServerEntry[]): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#ask({ kind: "bootstrap", servers }, reject, ({ last }) => this.#engine.stable(last).then(resolve, reject));
    });
  }

  snapshotNow(): Promise<SnapshotMeta> {
    return this.#ended === undefined ? this.#engine.snapshotter.take() : Promise.reject(this.#ended);
  }

  status(): RaftStatus {
    return statusOf(this.#options.id, this.#engine, this.#contacts);
  }

  onLeadership(listener: (view: LeadershipView) => void): Disposable {
    return this.#leadership.add(listener);
  }

  onConfiguration(listener: (configuration: Configuration) => void): Disposable {
    return this.#configuration.add(listener);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#ticker.stop();
    this.#engine.step({ kind: "resign" });
    this.#end(new KvorumError("unavailable", "This server is closing"));
    await this.#engine.close();
  }

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
    this.#contacts.heard(from, this.#engine.core.leader);
  }

  /** Takes an event at its time: the ticks before it have been counted, and what it makes due is waited for. */
  #step(event: RaftEvent, answer?: (answer: Answer) => void): void {
    this.#ticker.catchUp();
    this.#engine.step(event, answer);
    this.#ticker.review();
  }

  #tick({ elapsed, counted, lateMs }: Ticks): void {
    const { core, disk } = this.#engine;
    const now = this.#options.clock.now();
    if (lateMs > LOOP_STALL_TICKS * this.#tickMs) this.#stalled("loop", lateMs);
    const writing = disk.startedAt;
    if (writing !== undefined && now - Math.max(writing, this.#slowWriteAt) > DISK_STALL_TICKS * this.#tickMs) {
      this.#slowWriteAt = now;
      this.#stalled("disk", now - writing);
    }
    this.#engine.step({ kind: "tick", elapsed, counted });
    if (core.role === "leader") this.#meters.leaderLastContact.observe(this.#contacts.quorumMs(core.configuration, this.#options.id));
    this.#engine.tidy();
    this.#flush();
  }

  #stalled(what: "disk" | "loop", ms: number): void {
    this.#meters.stalls.add(1);
    this.#options.log.warn(what === "disk" ? "A disk write takes too long" : "The event loop stood still", { ms: Math.round(ms) });
    this.#engine.step({ kind: "stalled", what });
  }

  /** Everything asked for in this turn of the loop goes in one batch; while a write is under way, it goes with the next. */
  #flushSoon(): void {
    if (this.#flushDue) return;
    this.#flushDue = true;
    this.#options.clock.soon(() => {
      this.#flushDue = false;
      if (this.#engine.disk.startedAt === undefined || this.#proposals.gathered >= HOLD_BATCH) this.#flush();
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

  #ask(event: RaftEvent, refused: (error: KvorumError) => void, accepted: (answer: Effect & { readonly kind: "accepted" }) => void): void {
    if (this.#ended !== undefined) return refused(this.#ended);
    this.#step(event, (answer) => {
      if (answer.kind === "accepted") accepted(answer);
      else refused(new KvorumError(answer.code, answer.reason));
    });
  }

  #refusal(action: string): KvorumError | undefined {
    if (this.#ended !== undefined) return this.#ended;
    return this.#engine.core.role === "leader" ? undefined : new KvorumError("not-leader", `Cannot ${action}: this server is not the leader`);
  }

  /** Changes are made one at a time: one that is under way, such as autopilot's, is waited for. */
  async #changesSettled(): Promise<void> {
    const { core } = this.#engine;
    for (;;) {
      const last = asIndex(Math.max(core.configurationIndex, core.termStart ?? 0));
      if (core.role !== "leader" || last <= core.commitIndex) return;
      await this.#untilApplied(last, CHANGE_WAIT_MS);
    }
  }

  #untilApplied(index: Index, timeoutMs: number | undefined): Promise<Index> {
    if (this.#engine.applier.appliedIndex >= index) return Promise.resolve(index);
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    return this.#waiters.add(index, timeoutMs);
  }

  #roleChanged({ role, term, leader }: Effect & { readonly kind: "role" }): void {
    this.#meters.states[role].add(1);
    if (role === "pre-candidate") this.#meters.heartbeatTimeout.add(1);
    this.#options.log.info("Role", { role, term, leader });
    this.#contacts.role(role);
    if (role !== "leader") {
      this.#proposals.losePlaced(this.#engine.core.commitIndex);
      this.#reads.failAll();
    }
    this.#handOver.role(this.#options.id, role, leader);
    this.#leadership.tell({ role, term, leader: leaderOf(this.#engine.core) });
  }

  #configurationChanged({ index, configuration }: Effect & { readonly kind: "configuration" }): void {
    const servers = configuration.servers.map((server) => `${server.name}=${server.suffrage}`).join(" ");
    this.#options.log.info("Configuration", { index, servers });
    this.#configuration.tell(configuration);
  }

  /** Its disk is not to be trusted any more: it hands over and answers nothing. */
  #diskFailed(error: unknown): void {
    this.#options.log.error("The disk failed; this server takes no part any more", { error: messageOf(error) });
    this.#ticker.stop();
    this.#engine.step({ kind: "resign" });
    this.#end(new KvorumError("disk", `The raft log cannot be written: ${messageOf(error)}`, { cause: error }));
    this.#options.onDiskFailure?.(error);
  }

  #end(error: KvorumError): void {
    this.#ended ??= error;
    this.#engine.halt(error);
    this.#proposals.refuseGathered(error);
    this.#proposals.losePlaced(0, new KvorumError("leadership-lost", error.message));
    this.#reads.failAll(error);
    this.#waiters.failAll(error);
    this.#handOver.fail(error);
  }
}
