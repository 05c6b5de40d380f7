import { unreachable } from "../../base/assert.ts";
import { Awareness } from "./awareness.ts";
import { BroadcastQueue } from "./broadcasts.ts";
import { Dissemination } from "./dissemination.ts";
import { type MemberRow, MemberTable, memberOf } from "./members.ts";
import type { DatagramMessage, PushPullNode, User } from "./messages.ts";
import { Prober } from "./probe.ts";
import { Rules } from "./rules.ts";
import type { Shared } from "./shared.ts";
import { pushPullScaledMs } from "./timing.ts";
import type { Address, GossipEffect, GossipEvent, GossipOptions, Member } from "./types.ts";

/**
 * SWIM with Lifeguard's additions as memberlist 0.2.2 speaks it: one pool as one member sees it.
 * `step` takes an event to its end and gives what the outside is to do. SWIM (DSN 2002), Lifeguard (arXiv 1707.00788).
 */
export class GossipCore {
  readonly #shared: Shared;
  readonly #rules: Rules;
  readonly #prober: Prober;
  readonly #dissemination: Dissemination;
  #pushPullAtMs: number;
  #stallCountedMs = Number.NEGATIVE_INFINITY;

  constructor(options: GossipOptions, nowMs: number) {
    const members = new MemberTable(options.random);
    const self: MemberRow = {
      name: options.name,
      ip: options.address.ip,
      port: options.address.port,
      meta: options.meta,
      versions: options.versions,
      incarnation: 1,
      state: "alive",
      sinceMs: nowMs,
      suspicion: undefined,
    };
    members.add(self);
    for (const node of options.known ?? []) if (node.name !== options.name) members.add(rowOf(node, nowMs));
    const queue = new BroadcastQueue(options.timing.retransmitMult, () => members.size);
    this.#shared = {
      options,
      members,
      self,
      queue,
      awareness: new Awareness(options.timing.plainSwim === true ? 1 : options.timing.awarenessMax),
      nowMs,
      leaving: false,
      old: 0,
      effects: [],
    };
    this.#rules = new Rules(this.#shared);
    this.#dissemination = new Dissemination(this.#shared);
    this.#prober = new Prober(this.#shared, this.#rules, this.#dissemination);
    // The first one comes a random part of an interval late and one interval more, so that agents started together do not stay together.
    this.#pushPullAtMs = nowMs + options.timing.pushPullIntervalMs + options.random(options.timing.pushPullIntervalMs);
    this.#rules.announce();
  }

  /** This node's health: 0 is well. Lifeguard §III. */
  get healthScore(): number {
    return this.#shared.awareness.score;
  }

  /** Broadcasts of membership that wait to be told. */
  get queued(): number {
    return this.#shared.queue.size;
  }

  /** Messages about members, since the start, that were no news. */
  get oldMessages(): number {
    return this.#shared.old;
  }

  get incarnation(): number {
    return this.#shared.self.incarnation;
  }

  /** Known members, dead and left ones included. */
  get size(): number {
    return this.#shared.members.size;
  }

  get aliveCount(): number {
    return this.#shared.members.aliveCount;
  }

  member(name: string): Member | undefined {
    const row = this.#shared.members.get(name);
    return row === undefined ? undefined : memberOf(row);
  }

  members(): readonly Member[] {
    return this.#shared.members.rows().map(memberOf);
  }

  /** When `tick` is next worth calling. */
  get dueMs(): number {
    let due = Math.min(this.#prober.dueMs, this.#dissemination.dueMs, this.#pushPullAtMs);
    for (const { suspicion } of this.#shared.members.suspects) due = Math.min(due, suspicion?.deadlineMs ?? due);
    return due;
  }

  step(event: GossipEvent, nowMs: number): readonly GossipEffect[] {
    this.#shared.nowMs = nowMs;
    this.#shared.effects = [];
    this.#take(event);
    return this.#shared.effects;
  }

  /** This side's list for a push/pull: everybody, dead and left ones too. */
  localState(): readonly PushPullNode[] {
    return this.#shared.members
      .rows()
      .map(({ name, ip, port, meta, incarnation, state, versions }) => ({ name, addr: ip, port, meta, incarnation, state, versions }));
  }

  /** Up to `count` members alive at random, other than this one. */
  randomAlive(count: number, fits: (member: Member) => boolean = () => true): readonly Member[] {
    const { members, self } = this.#shared;
    return members.sample(count, (row) => row !== self && row.state === "alive" && fits(memberOf(row))).map(memberOf);
  }

  #take(event: GossipEvent): void {
    switch (event.kind) {
      case "tick":
        return this.#tick();
      case "datagram":
        for (const message of ordered(event.messages)) this.#message(event.from, message);
        return;
      case "merge":
        return this.#rules.merge(event.nodes, event.join);
      case "stream-ack":
        return this.#prober.streamAck(event.seqNo);
      case "send-failed":
        return this.#prober.sendFailed(event.to);
      case "stalled":
        return this.#stalled(event.ms);
      case "update-meta":
        return this.#rules.updateMeta(event.meta);
      case "hurry":
        return this.#dissemination.hurry();
      case "leave":
        return this.#rules.leave();
      case "forget":
        return this.#forget(event.name);
      default:
        return unreachable(event);
    }
  }

  #tick(): void {
    this.#rules.expireSuspicions();
    this.#prober.tick();
    this.#dissemination.tick();
    const { nowMs, members, self, options } = this.#shared;
    if (nowMs < this.#pushPullAtMs) return;
    this.#pushPullAtMs = nowMs + pushPullScaledMs(options.timing.pushPullIntervalMs, members.size);
    const partner = members.sample(1, (row) => row !== self && row.state === "alive")[0];
    if (partner !== undefined) this.#shared.effects.push({ kind: "push-pull", to: { ip: partner.ip, port: partner.port }, name: partner.name });
  }

  #message(from: Address, message: DatagramMessage): void {
    switch (message.kind) {
      case "ping":
        return this.#prober.ping(from, message);
      case "indirect-ping":
        return this.#prober.indirectPing(from, message);
      case "ack":
        return this.#prober.ack(message);
      case "nack":
        return this.#prober.nack(message);
      case "alive":
        return this.#rules.alive(message);
      case "suspect":
        return this.#rules.suspect(message);
      case "dead":
        return this.#rules.dead(message);
      case "user":
        return this.#user(message);
      default:
        return unreachable(message);
    }
  }

  #user(message: User): void {
    this.#shared.effects.push({ kind: "user", payload: message.payload });
  }

  /** Our own silence is no evidence against others: what was running gets the lost time back, and our health is worse, once a probe interval. */
  #stalled(ms: number): void {
    const { nowMs, options, awareness } = this.#shared;
    if (options.timing.plainSwim === true) return;
    if (nowMs - this.#stallCountedMs >= options.timing.probeIntervalMs) {
      this.#stallCountedMs = nowMs;
      awareness.change(1);
    }
    this.#prober.postpone(ms);
    for (const { suspicion } of this.#shared.members.suspects) suspicion?.postpone(ms);
    this.#shared.effects.push({ kind: "note", note: "degraded", name: this.#shared.self.name });
  }

  #forget(name: string): void {
    const row = this.#shared.members.get(name);
    if (row !== undefined && row !== this.#shared.self && (row.state === "dead" || row.state === "left")) this.#shared.members.remove(new Set([name]));
  }
}

function rowOf({ name, addr, port, meta, versions, incarnation }: PushPullNode, nowMs: number): MemberRow {
  return { name, ip: addr ?? new Uint8Array(), port, meta, versions, incarnation, state: "alive", sinceMs: nowMs, suspicion: undefined };
}

/** Probes and their answers first, then who is alive, then the rest: a refutation must not wait behind its accusation. */
function ordered(messages: readonly DatagramMessage[]): readonly DatagramMessage[] {
  if (messages.length < 2) return messages;
  const rank = ({ kind }: DatagramMessage): number => (kind === "suspect" || kind === "dead" || kind === "user" ? 2 : kind === "alive" ? 1 : 0);
  return messages.toSorted((a, b) => rank(a) - rank(b));
}
