import { asTerm, type Index, type NodeId } from "../../src/base/ids.ts";
import type { Clock, Logger, Metrics, MonotonicMs, UnixMs } from "../../src/platform/index.ts";
import type { Entry, LogWrite, RaftStorage, SnapshotMeta, StateMachine } from "../../src/raft/index.ts";

/** Lets all promises that can go on do so. */
export const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A clock whose hands the test turns. */
export class FakeClock implements Clock {
  #now = 1000;
  #timers: { readonly at: number; readonly run: () => void }[] = [];
  #soon: (() => void)[] = [];

  now(): MonotonicMs {
    return this.#now as MonotonicMs;
  }
  wall(): UnixMs {
    return (1e12 + this.#now) as UnixMs;
  }
  after(ms: number, run: () => void): Disposable {
    const timer = { at: this.#now + ms, run };
    this.#timers.push(timer);
    return {
      [Symbol.dispose]: () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      },
    };
  }
  soon(run: () => void): void {
    this.#soon.push(run);
  }

  /** Nothing runs meanwhile: as when the process is stopped. */
  freeze(ms: number): void {
    this.#now += ms;
  }

  /** Runs what is due now and what follows at once. */
  async settle(): Promise<void> {
    for (let round = 0; round < 200; round++) {
      await breathe();
      const soon = this.#soon;
      this.#soon = [];
      for (const run of soon) run();
      const due = this.#timers.filter((timer) => timer.at <= this.#now);
      this.#timers = this.#timers.filter((timer) => timer.at > this.#now);
      for (const timer of due) timer.run();
      if (soon.length === 0 && due.length === 0 && this.#soon.length === 0) return;
    }
  }

  async run(ms: number, step = 5): Promise<void> {
    for (let gone = 0; gone < ms; gone += step) {
      this.#now += step;
      await this.settle();
    }
  }
}

export const SILENT: Logger = { named: () => SILENT, trace: () => {}, debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Metrics that a test can look at. */
export class SeenMetrics implements Metrics {
  readonly values = new Map<string, number>();
  #count(name: string, amount: number): void {
    this.values.set(name, (this.values.get(name) ?? 0) + amount);
  }
  counter(name: string): { add(amount: number): void } {
    this.values.set(name, 0);
    return { add: (amount) => this.#count(name, amount) };
  }
  gauge(name: string): { set(value: number): void } {
    this.values.set(name, 0);
    return { set: (value) => void this.values.set(name, value) };
  }
  histogram(name: string): { observe(value: number): void } {
    this.values.set(name, 0);
    return { observe: () => this.#count(name, 1) };
  }
}

/** A disk that outlives its server. `gate` holds or fails writes. */
export class FakeDisk {
  hardState = { term: asTerm(0), votedFor: undefined as NodeId | undefined };
  entries: Entry[] = [];
  snapshots: { readonly meta: SnapshotMeta; readonly content: Buffer }[] = [];
  writes: LogWrite[] = [];
  cuts: Index[] = [];
  gate: () => Promise<void> = () => Promise.resolve();
  snapshotGate: () => Promise<void> = () => Promise.resolve();

  #held: ((error: Error) => void)[] = [];

  /** Writes neither succeed nor fail until `free`. */
  hold(): void {
    this.gate = () =>
      new Promise((_, reject) => {
        this.#held.push(reject);
      });
  }

  /** What was held fails now. */
  free(): void {
    for (const reject of this.#held.splice(0)) reject(new Error("the test is over"));
  }

  open(): RaftStorage {
    return {
      log: {
        load: async () => ({ hardState: this.hardState, snapshot: this.snapshots.at(-1)?.meta, entries: [...this.entries] }),
        write: async (batch) => {
          await this.gate();
          this.writes.push(batch);
          this.#write(batch);
        },
        compact: async (upTo) => {
          this.cuts.push(upTo);
          this.entries = this.entries.filter((entry) => entry.index > upTo);
        },
        [Symbol.asyncDispose]: async () => {},
      },
      snapshots: {
        create: async (meta) => {
          await this.snapshotGate();
          const chunks: Uint8Array[] = [];
          return {
            write: async (chunk) => void chunks.push(Uint8Array.from(chunk)),
            commit: async () => void this.snapshots.push({ meta, content: Buffer.concat(chunks) }),
            abort: async () => {},
          };
        },
        latest: async () => {
          const newest = this.snapshots.at(-1);
          if (newest === undefined) return undefined;
          const { meta, content } = newest;
          return { meta, sizeBytes: content.length, readAt: async (offset, length) => content.subarray(offset, offset + length), close: async () => {} };
        },
      },
      [Symbol.asyncDispose]: async () => {},
    };
  }

  #write({ hardState, truncateFrom, entries }: LogWrite): void {
    if (hardState !== undefined) this.hardState = { term: hardState.term, votedFor: hardState.votedFor };
    if (truncateFrom !== undefined) this.entries = this.entries.filter((entry) => entry.index < truncateFrom);
    const last = this.entries.at(-1);
    const first = entries[0];
    if (last !== undefined && first !== undefined && first.index !== last.index + 1) throw new Error(`gap on disk: ${first.index} after ${last.index}`);
    this.entries.push(...entries);
  }
}

/** Keeps the commands as text; the result of a command is how many there are. */
export class ListMachine implements StateMachine {
  list: string[] = [];
  turns: number[] = [];
  index = 0;
  restores = 0;
  onApply: () => void = () => {};

  apply(index: Index, data: Uint8Array): unknown {
    this.onApply();
    this.list.push(Buffer.from(data).toString());
    this.index = index;
    return this.list.length;
  }
  applied(upTo: Index): void {
    this.turns.push(upTo);
  }
  snapshot(): { chunks(): Iterable<Uint8Array>; release(): void } {
    const content = Buffer.from(JSON.stringify(this.list));
    return {
      chunks: function* () {
        for (let at = 0; at < content.length; at += 100) yield content.subarray(at, at + 100);
      },
      release: () => {},
    };
  }
  async restore(read: () => Promise<Uint8Array>, meta: SnapshotMeta): Promise<void> {
    const parts: Uint8Array[] = [];
    for (let part = await read(); part.length > 0; part = await read()) parts.push(part);
    this.list = JSON.parse(Buffer.concat(parts).toString()) as string[];
    this.index = meta.index;
    this.restores++;
  }
}
