import { asIndex, asNodeId, asTerm, type Index, type NodeId } from "../../src/base/ids.ts";
import type { Clock, Logger, Metrics, MonotonicMs, UnixMs } from "../../src/platform/index.ts";
import type { Entry, LogWrite, RaftNode, RaftOptions, RaftStorage, RaftTransport, ServerEntry, SnapshotMeta, StateMachine } from "../../src/raft/index.ts";
import { startRaft } from "../../src/raft/index.ts";

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

const SILENT: Logger = { named: () => SILENT, trace: () => {}, debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

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

export interface Place {
  readonly name: string;
  readonly disk: FakeDisk;
  machine: ListMachine;
  metrics: SeenMetrics;
  node: RaftNode | undefined;
  failures: unknown[];
}

/** Servers with in-memory ports on one fake clock. Messages take `latencyMs` and keep their order. */
export class World {
  readonly clock = new FakeClock();
  readonly places = new Map<string, Place>();
  readonly cut = new Set<string>();
  readonly sent: { readonly from: string; readonly to: string; readonly message: unknown }[] = [];
  readonly #handlers = new Map<string, { readonly handler: (from: NodeId, message: unknown) => void; readonly unreachable: (id: NodeId) => void }>();
  latencyMs = 1;
  #random = 12345;

  #chance(): number {
    this.#random = (this.#random * 1103515245 + 12345) % 2147483648;
    return this.#random;
  }

  /** The server of this name will find this disk. */
  lend(name: string, disk: FakeDisk): void {
    this.places.set(name, { name, disk, machine: new ListMachine(), metrics: new SeenMetrics(), node: undefined, failures: [] });
  }

  /** As if it had come off the wire. */
  inject(to: string, from: string, message: unknown): void {
    this.#handlers.get(to)?.handler(asNodeId(from), message);
  }

  async start(name: string, more: Partial<RaftOptions> = {}): Promise<RaftNode> {
    const disk = this.places.get(name)?.disk ?? new FakeDisk();
    const machine = new ListMachine();
    const metrics = new SeenMetrics();
    const place: Place = { name, disk, machine, metrics, node: undefined, failures: [] };
    this.places.set(name, place);
    const node = await startRaft({
      id: asNodeId(name),
      storage: disk.open(),
      transport: this.#transport(name),
      machine,
      clock: this.clock,
      random: { int: (below) => this.#chance() % below, bytes: (count) => new Uint8Array(count) },
      log: SILENT,
      metrics,
      raftMultiplier: 1,
      onDiskFailure: (error) => place.failures.push(error),
      ...more,
    });
    place.node = node;
    return node;
  }

  /** As kill -9 and a closed socket: nothing more is said or written. */
  kill(name: string): void {
    this.#handlers.delete(name);
    const place = this.at(name);
    const disk = Object.assign(new FakeDisk(), { hardState: place.disk.hardState, entries: [...place.disk.entries], snapshots: [...place.disk.snapshots] });
    place.disk.hold();
    void place.node?.[Symbol.asyncDispose]();
    place.disk.free();

    this.places.set(name, { ...place, disk, node: undefined });
    for (const { unreachable } of this.#handlers.values()) unreachable(asNodeId(name));
  }

  /** Three voters, bootstrapped by the first. */
  static async of(...names: string[]): Promise<World> {
    const world = new World();
    for (const name of names) await world.start(name);
    const servers = names.map((name): ServerEntry => ({ id: asNodeId(name), address: `${name}:8300`, suffrage: "voter", name }));
    for (const name of names) await Promise.all([world.node(name).bootstrap(servers), world.clock.settle()]);
    await world.leader();
    return world;
  }

  at(name: string): Place {
    const place = this.places.get(name);
    if (place === undefined) throw new Error(`No server ${name}`);
    return place;
  }

  node(name: string): RaftNode {
    const { node } = this.at(name);
    if (node === undefined) throw new Error(`${name} is down`);
    return node;
  }

  /** Runs until there is exactly one leader that all running servers agree on. */
  async leader(): Promise<string> {
    for (let ms = 0; ms < 10_000; ms += 10) {
      await this.clock.run(10);
      const running = [...this.places.values()].filter((place) => place.node !== undefined);
      const views = new Set(running.map((place) => place.node?.status().leader?.id));
      const [leader] = views;
      if (views.size === 1 && leader !== undefined && this.at(leader).node?.status().role === "leader") return leader;
    }
    throw new Error("no leader");
  }

  /** Runs until the promise settles. */
  async finish<T>(promise: Promise<T>, limitMs = 10_000): Promise<T> {
    let done = false;
    const watched = promise.finally(() => {
      done = true;
    });
    watched.catch(() => {}); // it is awaited below
    for (let ms = 0; ms < limitMs; ms += 5) {
      await this.clock.settle();
      if (done) return watched;
      await this.clock.run(5);
    }
    throw new Error("does not finish");
  }

  async until(condition: () => boolean, limitMs = 10_000): Promise<void> {
    for (let ms = 0; ms < limitMs; ms += 5) {
      if (condition()) return;
      await this.clock.run(5);
    }
    throw new Error("does not come true");
  }

  propose(name: string, text: string): Promise<unknown> {
    return this.node(name).propose(Buffer.from(text));
  }

  async close(): Promise<void> {
    for (const place of this.places.values()) {
      const closed = place.node?.[Symbol.asyncDispose]();
      place.disk.free();
      await closed;
    }
  }

  #transport(name: string): RaftTransport {
    return {
      send: (to, _, message) => {
        this.sent.push({ from: name, to, message });
        if (this.cut.has(`${name}>${to}`)) return;
        this.clock.after(this.latencyMs, () => {
          const station = this.#handlers.get(to);
          if (station === undefined) this.#handlers.get(name)?.unreachable(to);
          else if (!this.cut.has(`${name}>${to}`)) station.handler(asNodeId(name), message);
        });
      },
      receive: (handler, unreachable) => void this.#handlers.set(name, { handler, unreachable }),
    };
  }
}

export { asIndex };
