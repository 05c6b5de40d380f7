import { unreachable } from "../../base/assert.ts";
import { BroadcastQueue } from "./broadcasts.ts";
import { eventSlots, SeenBuffer, type SeenEvent } from "./event-buffer.ts";
import { LamportClock } from "./lamport.ts";
import { RELAY_BYTES_MAX } from "./limits.ts";
import { sameBytes } from "./members.ts";
import type { LamportTime, SerfMessage, SerfState, UserEvent } from "./messages.ts";
import { Queries } from "./queries.ts";
import { SerfMembers } from "./serf-members.ts";
import type { SerfEffect, SerfEvent, SerfMember, SerfOptions } from "./serf-types.ts";

/** Messages that wait to be told; above this the most often told ones are dropped. Consul: at least this, or twice the members. */
const QUEUE_MAX = 4096;
const QUEUE_CHECK_MS = 30_000;
/** memberlist's type byte of a user message. */
const USER = 8;

/**
 * Serf 0.9.4 above the membership core: intents to join and leave ordered by Lamport time, user events, queries, and what is
 * kept of members that are gone.
 */
export class SerfCore {
  readonly #options: SerfOptions;
  readonly #clock: LamportClock;
  readonly #eventClock: LamportClock;
  readonly #intents: BroadcastQueue;
  readonly #events: BroadcastQueue;
  readonly #asked: BroadcastQueue;
  readonly #members: SerfMembers;
  readonly #queries: Queries;
  readonly #seenEvents = new SeenBuffer<SeenEvent>((a, b) => a.name === b.name && sameBytes(a.payload, b.payload));
  #minEventTime: LamportTime;
  #queuesCheckedMs: number;
  #effects: SerfEffect[] = [];
  #nowMs: number;

  constructor(options: SerfOptions, nowMs: number) {
    const queue = (): BroadcastQueue => new BroadcastQueue(options.retransmitMult, options.poolSize);
    const emit = (effect: SerfEffect): void => void this.#effects.push(effect);
    this.#options = options;
    this.#nowMs = nowMs;
    this.#queuesCheckedMs = nowMs;
    this.#clock = new LamportClock(after(options.clocks?.member));
    this.#eventClock = new LamportClock(after(options.clocks?.event));
    this.#minEventTime = options.clocks === undefined ? 0n : options.clocks.event + 1n;
    [this.#intents, this.#asked, this.#events] = [queue(), queue(), queue()];
    this.#members = new SerfMembers({ options, clock: this.#clock, intents: this.#intents, emit }, nowMs);
    this.#queries = new Queries({ options, queue: this.#asked, emit, firstTime: options.clocks?.query });
  }

  get clocks(): { readonly member: LamportTime; readonly event: LamportTime; readonly query: LamportTime } {
    return { member: this.#clock.now, event: this.#eventClock.now, query: this.#queries.clock.now };
  }

  get dueMs(): number {
    if (this.#effects.length > 0) return this.#nowMs;
    return Math.min(this.#members.dueMs, this.#queries.dueMs, this.#queuesCheckedMs + QUEUE_CHECK_MS);
  }

  members(): readonly SerfMember[] {
    return this.#members.all();
  }

  member(name: string): SerfMember | undefined {
    return this.#members.get(name);
  }

  /** What waits to be told, in the room that is left of a datagram: intents before queries before events. */
  broadcasts(roomBytes: number): readonly Uint8Array[] {
    const taken: Uint8Array[] = [];
    let room = roomBytes;
    for (const queue of [this.#intents, this.#asked, this.#events]) {
      for (const message of queue.take(room)) {
        taken.push(message);
        room -= message.length + 2;
      }
    }
    return taken;
  }

  /** Messages that wait to be told. */
  get queued(): { readonly intents: number; readonly queries: number; readonly events: number } {
    return { intents: this.#intents.size, queries: this.#asked.size, events: this.#events.size };
  }

  /** Gives what this event brings about, and what came about since the last one: `broadcasts` may have told something for the last time. */
  step(event: SerfEvent, nowMs: number): readonly SerfEffect[] {
    this.#nowMs = nowMs;
    this.#take(event);
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  /** Serf's part of a push/pull. */
  localState(): SerfState {
    return {
      kind: "state",
      ltime: this.#clock.now,
      ...this.#members.intents(),
      eventLTime: this.#eventClock.now,
      events: eventSlots(this.#seenEvents),
      queryLTime: this.#queries.clock.now,
    };
  }

  #take(event: SerfEvent): void {
    switch (event.kind) {
      case "tick":
        return this.#tick();
      case "member":
        return this.#members.membership(event.change, event.member, this.#nowMs);
      case "message":
        return this.#message(event.message);
      case "merge":
        return this.#merge(event.state, event.ignoreOld);
      case "joined":
        return this.#members.announceJoin(this.#nowMs);
      case "leave":
        return this.#members.announceLeave(this.#nowMs);
      case "force-leave":
        return this.#members.forceLeave(event.node, event.prune, this.#nowMs);
      case "fire":
        return this.#fire(event);
      case "ask":
        return this.#queries.ask(event.query, this.#nowMs);
      case "answer":
        return this.#queries.answer(event.query, event.payload);
      default:
        return unreachable(event);
    }
  }

  #message(message: SerfMessage): void {
    switch (message.kind) {
      case "join":
      case "leave":
        if (this.#members.intent(message, this.#nowMs)) this.#intents.add({ bytes: this.#options.wrap(message) });
        return;
      case "event":
        if (this.#deliver(message)) this.#events.add({ bytes: this.#options.wrap(message) });
        return;
      case "query":
        return this.#queries.receive(message, this.#nowMs);
      case "response":
        return this.#queries.response(message);
      case "relay":
        if (message.inner.length === 0 || message.inner.length > RELAY_BYTES_MAX) return;
        return void this.#effects.push({
          kind: "send",
          to: { ip: message.ip ?? new Uint8Array(), port: message.port },
          message: Uint8Array.of(USER, ...message.inner),
        });
      case "state":
      case "conflict":
      case "key-request":
      case "key-response":
        return; // these are parts of push/pulls, queries and answers; alone they say nothing
      default:
        return unreachable(message);
    }
  }

  #fire(event: { readonly name: string; readonly payload: Uint8Array; readonly coalesce: boolean }): void {
    const message: UserEvent = { kind: "event", ltime: this.#eventClock.increment(), name: event.name, payload: event.payload, coalesce: event.coalesce };
    this.#deliver(message);
    this.#events.add({ bytes: this.#options.wrap(message) });
  }

  /** True when it is news. */
  #deliver(event: UserEvent): boolean {
    this.#eventClock.witness(event.ltime);
    if (event.ltime < this.#minEventTime) return false;
    if (!this.#seenEvents.add(event.ltime, { name: event.name, payload: event.payload }, this.#eventClock.now)) return false;
    this.#effects.push({ kind: "event", event });
    return true;
  }

  #merge(state: SerfState, ignoreOld: boolean): void {
    for (const [clock, time] of [
      [this.#clock, state.ltime],
      [this.#eventClock, state.eventLTime],
      [this.#queries.clock, state.queryLTime],
    ] as const) {
      if (time > 0n) clock.witness(time - 1n);
    }
    this.#members.merge(state, this.#nowMs);
    if (ignoreOld && state.eventLTime > this.#minEventTime) this.#minEventTime = state.eventLTime;
    for (const slot of state.events ?? []) {
      for (const { name, payload } of slot?.events ?? []) this.#deliver({ kind: "event", ltime: slot?.ltime ?? 0n, name, payload, coalesce: false });
    }
  }

  #tick(): void {
    this.#members.tick(this.#nowMs);
    this.#queries.tick(this.#nowMs);
    if (this.#nowMs < this.#queuesCheckedMs + QUEUE_CHECK_MS) return;
    this.#queuesCheckedMs = this.#nowMs;
    const most = Math.max(QUEUE_MAX, 2 * this.#options.poolSize());
    for (const queue of [this.#intents, this.#asked, this.#events]) queue.prune(most);
  }
}

function after(time: LamportTime | undefined): LamportTime {
  return time === undefined ? 1n : time + 1n;
}
