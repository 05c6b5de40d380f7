import type { RaftEvent } from "../../../src/raft/core/events.ts";
import { DEFAULT_TIMING } from "../../../src/raft/core/index.ts";
import type { RaftMessage } from "../../../src/raft/core/messages.ts";
import { bootstrapped, type Disk, id, Server, type Settings, text, voters } from "./server.ts";

export { bootstrapped, type Disk, emptyDisk, id, Server, server, text, voters } from "./server.ts";

export interface Letter {
  readonly from: string;
  readonly to: string;
  readonly message: RaftMessage;
}

/** Some servers and the letters between them, delivered when the test says so. */
export class Cluster {
  readonly servers = new Map<string, Server>();
  letters: Letter[] = [];
  /** Servers whose disks stand still. */
  readonly stuck = new Set<string>();
  /** Pairs `a>b` that nothing passes between. */
  readonly cut = new Set<string>();
  /** Sees each letter as it is sent; false drops it. */
  watch: (letter: Letter) => boolean = () => true;

  constructor(disks: Readonly<Record<string, Disk>>, settings: Settings = {}) {
    for (const [name, disk] of Object.entries(disks)) {
      this.servers.set(name, new Server(name, disk, settings));
      this.step(name, { kind: "start" });
    }
  }

  /** So many voters, named a, b, c …, bootstrapped. */
  static of(size: number, settings: Settings = {}): Cluster {
    const names = [..."abcdefg"].slice(0, size);
    const disks = names.map((name) => [name, bootstrapped(voters(...names))] as const);
    return new Cluster(Object.fromEntries(disks), settings);
  }

  at(name: string): Server {
    const found = this.servers.get(name);
    if (found === undefined) throw new Error(`No server ${name}`);
    return found;
  }

  step(name: string, event: RaftEvent): void {
    this.post(name, this.at(name).step(event));
  }

  post(from: string, out: readonly { readonly to: string; readonly message: RaftMessage }[]): void {
    for (const { to, message } of out) {
      const letter = { from, to, message };
      if (!this.cut.has(`${from}>${to}`) && this.watch(letter)) this.letters.push(letter);
    }
  }

  deliver(letter: Letter): void {
    if (this.servers.has(letter.to) && !this.cut.has(`${letter.from}>${letter.to}`)) {
      this.step(letter.to, { kind: "receive", from: id(letter.from), message: letter.message });
    }
  }

  /** Syncs and delivers until nothing moves. */
  settle(): this {
    for (let rounds = 0; rounds < 10_000; rounds++) if (!this.nudge()) return this;
    throw new Error("does not settle");
  }

  /** Delivers one letter, or syncs one disk; false when there is nothing to do. */
  nudge(): boolean {
    const letter = this.letters.shift();
    if (letter !== undefined) {
      this.deliver(letter);
      return true;
    }
    const busy = [...this.servers.values()].find((each) => each.writes.length > 0 && !this.stuck.has(each.name));
    if (busy === undefined) return false;
    this.post(busy.name, busy.sync());
    return true;
  }

  tick(name: string, times = 1, elapsed = 1): void {
    for (let n = 0; n < times; n++) this.step(name, { kind: "tick", elapsed });
  }

  /** Everybody ticks and settles, so many times. */
  run(ticks: number): this {
    for (let n = 0; n < ticks; n++) {
      for (const name of this.servers.keys()) this.tick(name);
      this.settle();
    }
    return this;
  }

  /** Has this server win an election, by waiting it out. */
  elect(name: string): this {
    this.tick(name, 2 * DEFAULT_TIMING.electionTicks);
    for (const [other, each] of this.servers)
      if (other !== name) for (let n = 0; n < DEFAULT_TIMING.withholdTicks; n++) this.post(other, each.step({ kind: "tick", elapsed: 1 }));
    this.tick(name, 2 * DEFAULT_TIMING.electionTicks);
    this.settle();
    if (this.at(name).core.role !== "leader") throw new Error(`${name} is ${this.at(name).core.role}`);
    return this;
  }

  propose(name: string, ...commands: string[]): this {
    this.step(name, { kind: "propose", commands: commands.map(text) });
    return this;
  }

  isolate(name: string): void {
    for (const other of this.servers.keys()) {
      this.cut.add(`${name}>${other}`);
      this.cut.add(`${other}>${name}`);
    }
  }

  heal(): void {
    this.cut.clear();
  }

  get leaders(): string[] {
    return [...this.servers.values()].filter((each) => each.core.role === "leader").map((each) => each.name);
  }
}
