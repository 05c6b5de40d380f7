import { messageOf } from "../../../src/base/errors.ts";
import { Heap } from "../../../src/base/heap.ts";
import { type EventKind, type EventOwner, earlier, type SimEvent } from "./event.ts";
import { hashText } from "./random.ts";

/** A seed that went wrong: what rule was broken, and when. */
export class SimFailure extends Error {
  override readonly name = "SimFailure";
}

/**
 * Virtual time. One event runs at a time; after it, promises run out (one real `setImmediate`), then comes the next.
 * So whatever the code awaits, as long as every wait comes from the simulated ports, one seed gives one run.
 */
export class Scheduler {
  readonly #queue = new Heap<SimEvent>(earlier);
  readonly #onLine: ((line: string) => void) | undefined;
  #now = 0;
  #order = 0;
  #stamp = 0;
  #hash = 0;
  #events = 0;
  #failure: SimFailure | undefined;

  constructor(onLine?: (line: string) => void) {
    this.#onLine = onLine;
  }

  /** Milliseconds since the run began. */
  get now(): number {
    return this.#now;
  }

  get events(): number {
    return this.#events;
  }

  /** What happened so far in 32 bits: two runs of one seed agree in it at every event. */
  get traceHash(): number {
    return this.#hash >>> 0;
  }

  get tracing(): boolean {
    return this.#onLine !== undefined;
  }

  /** A number above all that were given before: orders what happens at one virtual time. */
  stamp(): number {
    this.#stamp++;
    return this.#stamp;
  }

  plan(delayMs: number, kind: EventKind, owner: EventOwner | undefined, run: () => void): SimEvent {
    const event: SimEvent = { at: this.#now + Math.max(0, delayMs), order: this.#order, kind, owner, run, heapAt: -1 };
    this.#order++;
    this.#queue.add(event);
    return event;
  }

  /** In the world outside of all servers. */
  world(delayMs: number, run: () => void): SimEvent {
    return this.plan(delayMs, "world", undefined, run);
  }

  /** Resolves after `ms` of virtual time. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.world(ms, resolve));
  }

  /** Puts an event that was held back up again, behind all that is planned for now. */
  replan(event: SimEvent): void {
    event.at = this.#now;
    event.order = this.#order;
    this.#order++;
    this.#queue.add(event);
  }

  /** Mixes a fact into the trace hash; with tracing on, the line is printed. */
  note(fact: number, line?: () => string): void {
    this.#hash = (Math.imul(this.#hash ^ fact, 0x85ebca6b) + Math.imul(this.#hash, 5) + 0x7ed55d16) | 0;
    if (line !== undefined) this.#onLine?.(`${this.#now.toFixed(3).padStart(12)} ${line()}`);
  }

  /** A line for people; also part of the trace hash. */
  tell(line: string): void {
    this.note(hashText(line), () => line);
  }

  /** Ends the run: a rule was broken. The first failure stays. */
  fail(rule: string, what: string): void {
    if (this.#failure !== undefined) return;
    this.#failure = new SimFailure(`${rule}: ${what} (at ${this.#now.toFixed(3)} ms)`);
    this.tell(`FAILED ${this.#failure.message}`);
  }

  get failure(): SimFailure | undefined {
    return this.#failure;
  }

  /** Lets virtual time pass; stops early when `done` says so. Rejects with the failure when a rule is broken. */
  run(forMs: number, done?: () => boolean): Promise<void> {
    const until = this.#now + forMs;
    return new Promise((resolve, reject) => {
      const turn = (): void => {
        if (this.#failure !== undefined) reject(this.#failure);
        else if (done?.() === true) resolve();
        else if (this.#one(until)) setImmediate(turn);
        else {
          this.#now = until;
          resolve();
        }
      };
      setImmediate(turn);
    });
  }

  /** Runs the next event that is not cancelled, dead or held; false when there is none before `until`. */
  #one(until: number): boolean {
    for (;;) {
      const event = this.#queue.peek();
      if (event === undefined || event.at > until) return false;
      this.#queue.pop();
      if (event.run === undefined || (event.owner !== undefined && !event.owner.admits(event))) continue;
      this.#now = event.at;
      this.#events++;
      this.note(event.at * 1024 + event.kind.length + (event.owner?.number ?? 0) * 16);
      this.#guarded(event.run);
      return true;
    }
  }

  #guarded(run: () => void): void {
    try {
      run();
    } catch (error) {
      const stack = error instanceof Error ? (error.stack ?? "") : "";
      this.fail("uncaught error", `${messageOf(error)}\n${stack}`);
    }
  }
}
