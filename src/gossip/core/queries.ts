import type { BroadcastQueue } from "./broadcasts.ts";
import { SeenBuffer } from "./event-buffer.ts";
import { LamportClock } from "./lamport.ts";
import type { LamportTime, Query, QueryResponse } from "./messages.ts";
import type { Asking, SerfEffect, SerfOptions } from "./serf-types.ts";

const FLAG_ACK = 1;
const FLAG_NO_BROADCAST = 2;
const RESPONSE_ACK = 1;
const NANOS_PER_MS = 1_000_000n;
/** A default timeout is gossip interval × this × ceil(log10(alive + 1)). */
const TIMEOUT_MULT = 16;

/** How long a query waits for answers when nobody says. */
export function defaultQueryTimeoutMs(gossipIntervalMs: number, alive: number): number {
  return gossipIntervalMs * TIMEOUT_MULT * Math.ceil(Math.log10(alive + 1));
}

interface Open {
  readonly ltime: LamportTime;
  readonly deadlineMs: number;
  readonly acked: Set<string>;
  readonly answered: Set<string>;
}
interface Context {
  readonly options: SerfOptions;
  readonly queue: BroadcastQueue;
  readonly emit: (effect: SerfEffect) => void;
  readonly firstTime: LamportTime | undefined;
}

/** Questions to everybody and their answers. Serf, queries. */
export class Queries {
  readonly clock: LamportClock;
  readonly #context: Context;
  readonly #seen = new SeenBuffer<number>((a, b) => a === b);
  readonly #open = new Map<number, Open>();
  readonly #minTime: LamportTime;

  constructor(context: Context) {
    this.#context = context;
    this.#minTime = context.firstTime === undefined ? 0n : context.firstTime + 1n;
    this.clock = new LamportClock(context.firstTime === undefined ? 1n : context.firstTime + 1n);
  }

  get dueMs(): number {
    let due = Number.POSITIVE_INFINITY;
    for (const { deadlineMs } of this.#open.values()) due = Math.min(due, deadlineMs);
    return due;
  }

  ask(asking: Asking, nowMs: number): void {
    const { options, queue } = this.#context;
    const { id, name, payload, filters, relayFactor } = asking;
    const query: Query = {
      kind: "query",
      ltime: this.clock.increment(),
      id,
      addr: options.address.ip,
      port: options.address.port,
      sourceNode: options.name,
      filters,
      flags: asking.wantAcks ? FLAG_ACK : 0,
      relayFactor,
      timeoutNs: BigInt(Math.round(asking.timeoutMs)) * NANOS_PER_MS,
      name,
      payload,
    };
    this.#open.set(id, { ltime: query.ltime, deadlineMs: nowMs + asking.timeoutMs, acked: new Set(), answered: new Set() });
    this.#handle(query, nowMs);
    queue.add({ bytes: options.wrap(query) });
  }

  /** Passed on whether or not it means us, so that everybody hears it. */
  receive(query: Query, nowMs: number): void {
    if (this.#handle(query, nowMs) && (query.flags & FLAG_NO_BROADCAST) === 0) this.#context.queue.add({ bytes: this.#context.options.wrap(query) });
  }

  answer(query: Query, payload: Uint8Array): void {
    this.#reply(query, payload, 0);
  }

  response(message: QueryResponse): void {
    const open = this.#open.get(message.id);
    if (open === undefined || open.ltime !== message.ltime) return;
    const ack = (message.flags & RESPONSE_ACK) !== 0;
    const heard = ack ? open.acked : open.answered;
    if (heard.has(message.from)) return;
    heard.add(message.from);
    this.#context.emit({ kind: "answered", id: message.id, from: message.from, ack, payload: message.payload });
  }

  tick(nowMs: number): void {
    for (const [id, { deadlineMs }] of this.#open) {
      if (deadlineMs > nowMs) continue;
      this.#open.delete(id);
      this.#context.emit({ kind: "asking-done", id });
    }
  }

  /** True when it is news. */
  #handle(query: Query, nowMs: number): boolean {
    this.clock.witness(query.ltime);
    if (query.ltime < this.#minTime || !this.#seen.add(query.ltime, query.id, this.clock.now)) return false;
    if (!this.#context.options.matches(query.filters)) return true;
    if ((query.flags & FLAG_ACK) !== 0) this.#reply(query, undefined, RESPONSE_ACK);
    this.#context.emit({ kind: "asked", query, deadlineMs: nowMs + Number(query.timeoutNs / NANOS_PER_MS) });
    return true;
  }

  #reply(query: Query, payload: Uint8Array | undefined, flags: number): void {
    const { options, emit } = this.#context;
    const response: QueryResponse = { kind: "response", ltime: query.ltime, id: query.id, from: options.name, flags, payload };
    const to = { ip: query.addr ?? new Uint8Array(), port: query.port };
    emit({ kind: "send", to, message: options.wrap(response) });
    if (query.relayFactor > 0) emit({ kind: "relay", to, toName: query.sourceNode, message: response, factor: query.relayFactor });
  }
}
