import type { Clock, MonotonicMs, UnixMs } from "../../../src/platform/index.ts";
import type { EventOwner, SimEvent } from "./event.ts";
import type { Scheduler } from "./scheduler.ts";

/** Timers come a little late, never early: so what is computed from them in fractions comes out. */
const TIMER_LATE_MS = 0.01;
const WALL_START = Date.UTC(2030, 0, 1);
const KIND_ORDER = { world: 0, timer: 1, io: 2, soon: 3 } as const;

/** One life of one server: from its start to its crash or stop. A restart is a new process on the same disk. */
export class SimProcess implements Clock, EventOwner {
  readonly name: string;
  /** Of the server, from 1; the same in each of its lives. */
  readonly number: number;
  readonly #scheduler: Scheduler;
  #alive = true;
  #isStalled = false;
  #held: SimEvent[] = [];
  #wallOffsetMs = 0;
  #clock = { rate: 1, sinceMs: 0, readAs: 0 };
  readonly #onDeath: (() => void)[] = [];

  constructor(scheduler: Scheduler, name: string, number: number) {
    this.#scheduler = scheduler;
    this.name = name;
    this.number = number;
  }

  get alive(): boolean {
    return this.#alive;
  }

  get stalled(): boolean {
    return this.#isStalled;
  }

  now(): MonotonicMs {
    const { rate, sinceMs, readAs } = this.#clock;
    return (readAs + (this.#scheduler.now - sinceMs) * rate) as MonotonicMs;
  }

  /** How fast its monotonic clock runs against true time from now on; everything but 1 is a lie that raft does not have to bear. */
  runClockAt(rate: number): void {
    if (rate !== this.#clock.rate) this.#clock = { rate, sinceMs: this.#scheduler.now, readAs: this.now() };
  }

  wall(): UnixMs {
    return (WALL_START + Math.floor(this.#scheduler.now + this.#wallOffsetMs)) as UnixMs;
  }

  stepWall(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }

  after(ms: number, run: () => void): Disposable {
    const event = this.plan(ms / this.#clock.rate + TIMER_LATE_MS, "timer", run);
    return {
      [Symbol.dispose]: () => {
        event.run = undefined;
      },
    };
  }

  soon(run: () => void): void {
    this.plan(0, "soon", run);
  }

  plan(delayMs: number, kind: SimEvent["kind"], run: () => void): SimEvent {
    return this.#scheduler.plan(delayMs, kind, this, run);
  }

  /** The event loop stands still: what happens meanwhile is looked at afterwards, in one burst. */
  stall(ms: number): void {
    if (this.stalled || !this.#alive) return;
    this.#isStalled = true;
    this.#scheduler.world(ms, () => this.#wake());
  }

  /** No event of this life happens any more. */
  kill(): void {
    if (!this.#alive) return;
    this.#alive = false;
    this.#held = [];
    for (const dies of this.#onDeath) dies();
  }

  /** Called in the turn of the crash. */
  whenDead(run: () => void): void {
    this.#onDeath.push(run);
  }

  admits(event: SimEvent): boolean {
    if (!this.#alive) return false;
    if (!this.#isStalled) return true;
    this.#held.push(event);
    return false;
  }

  #wake(): void {
    this.#isStalled = false;
    const held = this.#held;
    this.#held = [];
    held.sort((a, b) => KIND_ORDER[a.kind] - KIND_ORDER[b.kind] || a.at - b.at || a.order - b.order);
    for (const event of held) this.#scheduler.replan(event);
  }
}
