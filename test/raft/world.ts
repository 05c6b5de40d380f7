import { asNodeId, type NodeId } from "../../src/base/ids.ts";
import { type RaftNode, type RaftOptions, type RaftTransport, type ServerEntry, startRaft } from "../../src/raft/index.ts";
import { FakeClock, FakeDisk, ListMachine, SeenMetrics, SILENT } from "./fakes.ts";

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
