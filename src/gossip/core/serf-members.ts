import type { BroadcastQueue } from "./broadcasts.ts";
import type { LamportClock } from "./lamport.ts";
import { EARLY_INTENTS_MAX, LAMPORT_MAX } from "./limits.ts";
import type { JoinIntent, LamportTime, LeaveIntent, SerfState, SerfStatus } from "./messages.ts";
import type { SerfEffect, SerfMember, SerfOptions } from "./serf-types.ts";
import type { Member } from "./types.ts";

/** How long an intent about somebody unknown is kept. */
const INTENT_KEPT_MS = 300_000;
const REAP_INTERVAL_MS = 15_000;
/** While somebody failed no longer ago than this, the failed are tried ten times as often as real Serf does: a cut that heals soon is over at once. */
const FAILED_OF_LATE_MS = 300_000;
const QUICKER_OF_LATE = 10;
/** A member that is pruned while it leaves has so long to say so: Serf's broadcast timeout, and what Consul lets news spread. */
const PRUNE_LEAVING_MS = 8_000;

interface Row {
  readonly name: string;
  member: Member | undefined;
  tags: ReadonlyMap<string, string>;
  status: SerfStatus;
  statusLTime: LamportTime;
  goneMs: number;
  /** When it is forgotten, for one that was pruned while it left. */
  eraseAtMs: number;
}
interface Intent {
  readonly message: JoinIntent | LeaveIntent;
  readonly atMs: number;
}
interface Context {
  readonly options: SerfOptions;
  readonly clock: LamportClock;
  readonly intents: BroadcastQueue;
  readonly emit: (effect: SerfEffect) => void;
}

/** Who is in the pool by Serf's book: a member that said it would leave has left, one that fell silent has failed. */
export class SerfMembers {
  readonly #context: Context;
  readonly #rows = new Map<string, Row>();
  readonly #early = new Map<string, Intent>();
  #reapAtMs: number;
  #reconnectAtMs: number;
  #leaving = false;

  constructor(context: Context, nowMs: number) {
    this.#context = context;
    this.#reapAtMs = nowMs + REAP_INTERVAL_MS;
    this.#reconnectAtMs = nowMs + context.options.reconnectIntervalMs;
  }

  get dueMs(): number {
    return Math.min(this.#reapAtMs, this.#reconnectAtMs);
  }

  all(): readonly SerfMember[] {
    return [...this.#rows.values()].map(memberOf);
  }

  get(name: string): SerfMember | undefined {
    const row = this.#rows.get(name);
    return row === undefined ? undefined : memberOf(row);
  }

  intents(): Pick<SerfState, "statusLTimes" | "leftMembers"> {
    const rows = [...this.#rows.values()];
    return {
      statusLTimes: new Map(rows.map((row) => [row.name, row.statusLTime])),
      leftMembers: rows.filter(({ status }) => status === "left").map(({ name }) => name),
    };
  }

  membership(change: "join" | "leave" | "update", member: Member, nowMs: number): void {
    if (change === "leave") return this.#gone(member, nowMs);
    const row = this.#rows.get(member.name) ?? this.#newRow(member.name);
    row.member = member;
    row.tags = this.#context.options.tagsOf(member.meta);
    if (change === "join") {
      row.status = "alive";
      row.goneMs = 0;
      row.eraseAtMs = Number.POSITIVE_INFINITY;
      this.#applyEarly(row, nowMs);
    }
    this.#context.emit({ kind: "member", change, member: memberOf(row) });
  }

  /** True when the intent is news that is to be passed on. */
  intent(message: JoinIntent | LeaveIntent, nowMs: number): boolean {
    if (message.ltime >= LAMPORT_MAX) return false;
    this.#context.clock.witness(message.ltime);
    const row = this.#rows.get(message.node);
    if (row === undefined) return this.#keep(message, nowMs);
    if (message.ltime <= row.statusLTime) return false;
    if (message.kind === "join") {
      row.statusLTime = message.ltime;
      if (row.status === "leaving") row.status = "alive";
      return true;
    }
    if (message.node === this.#context.options.name && !this.#leaving) {
      this.announceJoin(nowMs);
      return false;
    }
    row.statusLTime = message.ltime;
    this.#leaveBy(row, message, nowMs);
    return true;
  }

  announceJoin(nowMs: number): void {
    this.#announce({ kind: "join", ltime: this.#context.clock.now, node: this.#context.options.name }, nowMs);
  }

  announceLeave(nowMs: number): void {
    this.#leaving = true;
    const told = (): void => this.#context.emit({ kind: "leave-told" });
    this.#announce({ kind: "leave", ltime: this.#context.clock.increment(), node: this.#context.options.name, prune: false }, nowMs, told);
  }

  forceLeave(node: string, prune: boolean, nowMs: number): void {
    this.#announce({ kind: "leave", ltime: this.#context.clock.increment(), node, prune }, nowMs);
  }

  merge(state: SerfState, nowMs: number): void {
    const left = new Set(state.leftMembers ?? []);
    for (const [node, ltime] of state.statusLTimes ?? []) {
      if (left.has(node)) this.intent({ kind: "leave", ltime: ltime + 1n, node, prune: false }, nowMs);
      else this.intent({ kind: "join", ltime, node }, nowMs);
    }
  }

  tick(nowMs: number): void {
    if (nowMs >= this.#reapAtMs) this.#reap(nowMs);
    if (nowMs >= this.#reconnectAtMs) this.#reconnect(nowMs);
  }

  #announce(message: JoinIntent | LeaveIntent, nowMs: number, told?: () => void): void {
    const { intents, options } = this.#context;
    this.intent(message, nowMs);
    const bytes = options.wrap(message);
    intents.add(told === undefined ? { bytes } : { bytes, done: told });
  }

  /** Silence after an intent to leave is a leave, any other a failure. */
  #gone(member: Member, nowMs: number): void {
    const row = this.#rows.get(member.name);
    if (row === undefined) return;
    row.member = member;
    const left = row.status === "leaving";
    if (!left && row.status !== "alive") return;
    row.status = left ? "left" : "failed";
    row.goneMs = nowMs;
    if (!left) this.#reconnectAtMs = Math.min(this.#reconnectAtMs, nowMs + this.#context.options.reconnectIntervalMs / QUICKER_OF_LATE);
    this.#context.emit({ kind: "member", change: left ? "leave" : "failed", member: memberOf(row) });
  }

  #leaveBy(row: Row, message: LeaveIntent, nowMs: number): void {
    if (row.status === "alive") row.status = "leaving";
    else if (row.status === "failed") {
      row.status = "left";
      row.goneMs = nowMs;
      this.#context.emit({ kind: "member", change: "leave", member: memberOf(row) });
    }
    if (!message.prune) return;
    if (row.status === "left") this.#erase(row);
    else if (row.status === "leaving") row.eraseAtMs = nowMs + PRUNE_LEAVING_MS; // it may still be telling the others
  }

  #keep(message: JoinIntent | LeaveIntent, nowMs: number): boolean {
    const kept = this.#early.get(message.node);
    if (kept !== undefined && kept.message.ltime >= message.ltime) return false;
    if (kept === undefined && this.#early.size >= EARLY_INTENTS_MAX) return false;
    this.#early.set(message.node, { message, atMs: nowMs });
    return true;
  }

  /** What was said of a newcomer before it was known. */
  #applyEarly(row: Row, nowMs: number): void {
    const early = this.#early.get(row.name);
    if (early === undefined) return;
    this.#early.delete(row.name);
    if (nowMs - early.atMs > INTENT_KEPT_MS || early.message.ltime <= row.statusLTime) return;
    row.statusLTime = early.message.ltime;
    if (early.message.kind === "leave") row.status = "leaving";
  }

  #reap(nowMs: number): void {
    const { reconnectTimeoutMs, tombstoneTimeoutMs } = this.#context.options;
    this.#reapAtMs = nowMs + REAP_INTERVAL_MS;
    for (const [name, { atMs }] of this.#early) if (nowMs - atMs > INTENT_KEPT_MS) this.#early.delete(name);
    for (const row of this.#rows.values()) {
      const gone = nowMs - row.goneMs;
      const over = (row.status === "failed" && gone > reconnectTimeoutMs) || (row.status === "left" && gone > tombstoneTimeoutMs);
      if (over || nowMs >= row.eraseAtMs) this.#erase(row);
    }
  }

  #erase(row: Row): void {
    this.#rows.delete(row.name);
    this.#context.emit({ kind: "member", change: "reap", member: memberOf(row) });
    this.#context.emit({ kind: "forget", name: row.name });
  }

  /** One failed member now and then, so that the two sides of a healed cut find each other without a storm. */
  #reconnect(nowMs: number): void {
    const { reconnectIntervalMs, random } = this.#context.options;
    const rows = [...this.#rows.values()];
    const failed = rows.filter(({ status }) => status === "failed");
    const ofLate = failed.some(({ goneMs }) => nowMs - goneMs < FAILED_OF_LATE_MS);
    this.#reconnectAtMs = nowMs + (ofLate ? reconnectIntervalMs / QUICKER_OF_LATE : reconnectIntervalMs);
    const alive = Math.max(1, rows.filter(({ status }) => status === "alive").length);
    const chosen = failed[random(Math.max(1, failed.length))];
    if (chosen !== undefined && random(alive) < failed.length) this.#context.emit({ kind: "reconnect", member: memberOf(chosen) });
  }

  #newRow(name: string): Row {
    const row: Row = { name, member: undefined, tags: new Map(), status: "none", statusLTime: 0n, goneMs: 0, eraseAtMs: Number.POSITIVE_INFINITY };
    this.#rows.set(name, row);
    return row;
  }
}

function memberOf({ name, member, tags, status, statusLTime, goneMs }: Row): SerfMember {
  return { name, ip: member?.ip ?? new Uint8Array(), port: member?.port ?? 0, tags, status, statusLTime, versions: member?.versions, goneMs };
}
