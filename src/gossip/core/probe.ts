import type { Dissemination } from "./dissemination.ts";
import { type MemberRow, sameAddress } from "./members.ts";
import type { Ack, IndirectPing, Nack, Ping } from "./messages.ts";
import type { Rules } from "./rules.ts";
import type { Shared } from "./shared.ts";
import type { Address } from "./types.ts";

/** memberlist versions from which on a member answers pings on streams, and sends nacks. */
const STREAM_PING_VERSION = 3;
const NACK_VERSION = 4;
/** Sequence numbers are uint32 on the wire. */
const SEQ_NO_MAX = 0xffff_ffff;
/** Indirect pings of others under way through us; more are not answered, as if lost. */
const MAX_FORWARDED = 1024;

interface Probe {
  readonly seqNo: number;
  readonly row: MemberRow;
  readonly startedMs: number;
  timeoutMs: number;
  deadlineMs: number;
  /** After the direct ping's time was up. */
  indirect: boolean;
  nacksExpected: number;
  nacks: number;
  done: boolean;
  streamAcked: boolean;
}

interface Forwarded {
  readonly to: Address;
  readonly name: string;
  readonly seqNo: number;
  readonly nack: boolean;
  readonly untilMs: number;
}

/** One member at a time is asked whether it lives: directly, then through others and by stream. SWIM §4.1, Lifeguard §III and §IV-A. */
export class Prober {
  readonly #shared: Shared;
  readonly #rules: Rules;
  readonly #dissemination: Dissemination;
  readonly #forwarded = new Map<number, Forwarded>();
  #probe: Probe | undefined;
  #nextAtMs: number;
  #seqNo = 0;

  constructor(shared: Shared, rules: Rules, dissemination: Dissemination) {
    this.#shared = shared;
    this.#rules = rules;
    this.#dissemination = dissemination;
    this.#nextAtMs = shared.nowMs + 1 + shared.options.random(shared.options.timing.probeIntervalMs);
  }

  get dueMs(): number {
    let due = this.#shared.leaving ? Number.POSITIVE_INFINITY : this.#nextAtMs;
    if (this.#probe !== undefined) due = this.#probe.indirect ? this.#probe.deadlineMs : this.#probe.timeoutMs;
    for (const { untilMs } of this.#forwarded.values()) due = Math.min(due, untilMs);
    return due;
  }

  tick(): void {
    const { nowMs } = this.#shared;
    this.#expireForwarded();
    const probe = this.#probe;
    if (probe !== undefined && !probe.indirect && nowMs >= probe.timeoutMs) this.#goIndirect(probe);
    if (probe !== undefined && nowMs >= probe.deadlineMs) this.#failed(probe);
    if (this.#probe === undefined && nowMs >= this.#nextAtMs && !this.#shared.leaving) this.#start();
  }

  postpone(ms: number): void {
    if (this.#probe === undefined) return;
    this.#probe.timeoutMs += ms;
    this.#probe.deadlineMs += ms;
  }

  ping(from: Address, message: Ping): void {
    const { self, options } = this.#shared;
    if (message.node !== "" && message.node !== self.name) return;
    const to = message.sourceAddr !== undefined && message.sourcePort > 0 ? { ip: message.sourceAddr, port: message.sourcePort } : from;
    this.#dissemination.send(to, [options.encode({ kind: "ack", seqNo: message.seqNo, payload: options.ackPayload() })], { name: message.sourceNode });
  }

  indirectPing(from: Address, message: IndirectPing): void {
    const { self, options, nowMs } = this.#shared;
    if (message.target === undefined || this.#forwarded.size >= MAX_FORWARDED) return;
    const to = message.sourceAddr !== undefined && message.sourcePort > 0 ? { ip: message.sourceAddr, port: message.sourcePort } : from;
    const seqNo = this.#nextSeqNo();
    this.#forwarded.set(seqNo, { to, name: message.sourceNode, seqNo: message.seqNo, nack: message.nack, untilMs: nowMs + options.timing.probeTimeoutMs });
    const target = { ip: message.target, port: message.port === 0 ? self.port : message.port };
    this.#dissemination.send(target, [options.encode(this.#pingOf(seqNo, message.node))], { name: message.node });
  }

  ack(message: Ack): void {
    const { options, effects, nowMs } = this.#shared;
    const forwarded = this.#forwarded.get(message.seqNo);
    if (forwarded !== undefined) {
      this.#forwarded.delete(message.seqNo);
      return this.#dissemination.send(forwarded.to, [options.encode({ kind: "ack", seqNo: forwarded.seqNo, payload: undefined })], { name: forwarded.name });
    }
    const probe = this.#probe;
    if (probe === undefined || probe.seqNo !== message.seqNo || nowMs > probe.deadlineMs) return;
    if (message.payload !== undefined && !probe.indirect)
      effects.push({ kind: "round-trip", name: probe.row.name, rttMs: nowMs - probe.startedMs, payload: message.payload });
    this.#succeeded(probe);
  }

  nack(message: Nack): void {
    if (this.#probe?.seqNo === message.seqNo) this.#probe.nacks++;
  }

  streamAck(seqNo: number): void {
    if (this.#probe?.seqNo === seqNo) this.#probe.streamAcked = true;
  }

  sendFailed(to: Address): void {
    if (this.#probe !== undefined && !this.#probe.indirect && sameAddress(this.#probe.row, to)) this.#end();
  }

  #start(): void {
    const { members, self, options, nowMs, awareness } = this.#shared;
    this.#nextAtMs = nowMs + options.timing.probeIntervalMs;
    const row = members.nextToProbe(
      (each) => each !== self && (each.state === "alive" || each.state === "suspect"),
      () => this.#dropDead(),
    );
    if (row === undefined) return;
    const seqNo = this.#nextSeqNo();
    const deadlineMs = nowMs + awareness.scaled(options.timing.probeIntervalMs);
    this.#probe = {
      seqNo,
      row,
      startedMs: nowMs,
      timeoutMs: nowMs + options.timing.probeTimeoutMs,
      deadlineMs,
      indirect: false,
      nacksExpected: 0,
      nacks: 0,
      done: false,
      streamAcked: false,
    };
    const ping = options.encode(this.#pingOf(seqNo, row.name));
    if (row.state === "alive" || options.timing.plainSwim === true) return this.#dissemination.send(row, [ping], { name: row.name });
    // Tells a suspect that it is one, so that it can refute at once. Lifeguard §IV-C.
    const accusation = options.encode({ kind: "suspect", incarnation: row.incarnation, node: row.name, from: self.name });
    this.#dissemination.send(row, [ping, accusation], { name: row.name, crc: true });
  }

  #goIndirect(probe: Probe): void {
    const { members, self, options, effects } = this.#shared;
    probe.indirect = true;
    const source = { sourceAddr: self.ip, sourcePort: self.port, sourceNode: self.name };
    const helpers = members.sample(options.timing.indirectChecks, (row) => row !== self && row !== probe.row && row.state === "alive");
    for (const helper of helpers) {
      const nack = (helper.versions?.[1] ?? 0) >= NACK_VERSION && options.timing.plainSwim !== true;
      if (nack) probe.nacksExpected++;
      const message: IndirectPing = {
        kind: "indirect-ping",
        seqNo: probe.seqNo,
        target: probe.row.ip,
        port: probe.row.port,
        node: probe.row.name,
        nack,
        ...source,
      };
      this.#dissemination.send(helper, [options.encode(message)], { name: helper.name });
    }
    if ((probe.row.versions?.[1] ?? 0) < STREAM_PING_VERSION) return;
    const ping = this.#pingOf(probe.seqNo, probe.row.name);
    effects.push({ kind: "stream-ping", to: { ip: probe.row.ip, port: probe.row.port }, ping, deadlineMs: probe.deadlineMs });
  }

  #succeeded(probe: Probe): void {
    probe.done = true;
    this.#shared.awareness.change(-1);
    this.#end();
  }

  #failed(probe: Probe): void {
    const { self, awareness, effects } = this.#shared;
    this.#end();
    if (probe.streamAcked) {
      awareness.change(-1);
      effects.push({ kind: "note", note: "only-stream-works", name: probe.row.name });
      return;
    }
    // Helpers that answered nothing at all are a sign that the fault is here. Lifeguard §III-A.
    awareness.change(probe.nacksExpected > 0 ? probe.nacksExpected - Math.min(probe.nacks, probe.nacksExpected) : 1);
    effects.push({ kind: "note", note: "probe-failed", name: probe.row.name });
    this.#rules.suspect({ kind: "suspect", incarnation: probe.row.incarnation, node: probe.row.name, from: self.name });
  }

  #end(): void {
    this.#probe = undefined;
    this.#nextAtMs = Math.max(this.#nextAtMs, this.#shared.nowMs);
  }

  #expireForwarded(): void {
    const { nowMs, options } = this.#shared;
    for (const [seqNo, { to, name, seqNo: theirs, nack, untilMs }] of this.#forwarded) {
      if (untilMs > nowMs) continue;
      this.#forwarded.delete(seqNo);
      if (nack) this.#dissemination.send(to, [options.encode({ kind: "nack", seqNo: theirs })], { name });
    }
  }

  #dropDead(): void {
    const { members, nowMs, options } = this.#shared;
    const gone = members.rows().filter((row) => row.state === "dead" && nowMs - row.sinceMs > options.timing.gossipToTheDeadMs);
    members.remove(new Set(gone.map(({ name }) => name)));
  }

  #pingOf(seqNo: number, node: string): Ping {
    const { self } = this.#shared;
    return { kind: "ping", seqNo, node, sourceAddr: self.ip, sourcePort: self.port, sourceNode: self.name };
  }

  #nextSeqNo(): number {
    this.#seqNo = this.#seqNo === SEQ_NO_MAX ? 1 : this.#seqNo + 1;
    return this.#seqNo;
  }
}
