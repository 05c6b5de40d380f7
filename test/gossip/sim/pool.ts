import { Heap, type HeapItem } from "../../../src/base/heap.ts";
import {
  type Address,
  type DatagramMessage,
  GossipCore,
  type GossipEffect,
  type Member,
  type PushPullNode,
  type Timing,
} from "../../../src/gossip/core/index.ts";
import { encodeMessage } from "../../../src/gossip/wire/memberlist.ts";

export interface PoolOptions {
  readonly seed: number;
  readonly size: number;
  readonly timing: Timing;
  /** One way, without loss. */
  readonly latencyMs?: readonly [least: number, most: number];
  /** Share of datagrams that are lost; streams get through. */
  readonly loss?: number;
  /** Everybody knows everybody from the start. */
  readonly formed?: boolean;
}

interface Task extends HeapItem {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

interface Node {
  readonly name: string;
  readonly at: number;
  core: GossipCore;
  /** Killed: hears and says nothing. */
  up: boolean;
  /** Stopped until then: what comes in waits. */
  stalledUntilMs: number;
  /** It has stood still before: a stop may catch it just before a send, which then waits as well. */
  slow: boolean;
  wakeAtMs: number;
}

export interface PoolEvent {
  readonly atMs: number;
  readonly observer: string;
  readonly change: string;
  readonly member: string;
}

const VERSIONS = Uint8Array.of(1, 5, 2, 2, 5, 4);
/** How long a member that stands still now and then takes to get a message out, at most. */
const SLOW_SEND_MS = 10;
const META = Uint8Array.of(0xff, 0x80);

/** Many members on virtual time: the real core, a network of delay, loss, cuts and stalls, all from one seed. */
export class Pool {
  readonly nodes: Node[] = [];
  readonly events: PoolEvent[] = [];
  readonly notes = new Map<string, number>();
  datagrams = 0;
  bytes = 0;
  nowMs = 0;
  readonly #options: PoolOptions;
  readonly #tasks = new Heap<Task>((a, b) => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order));
  /** Messages are handed over as they are; their bytes count for sizes only. */
  readonly #decoded = new WeakMap<Uint8Array, DatagramMessage>();
  #state: number;
  #order = 0;
  readonly #known: readonly PushPullNode[];
  #cut: ((from: number, to: number) => boolean) | undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#state = options.seed * 2_654_435_761 + 1;
    this.#known = options.formed === true ? Array.from({ length: options.size }, (_, at) => entryOf(at)) : [];
    for (let at = 0; at < options.size; at++) this.#start(at);
  }

  /** A whole number from 0 to below - 1 (mulberry32). */
  random = (below: number): number => {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * below);
  };

  node(at: number): Node {
    const node = this.nodes[at];
    if (node === undefined) throw new RangeError(`no node ${at}`);
    return node;
  }

  /** Everybody joins the first one. */
  joinAll(): void {
    for (const node of this.nodes.slice(1)) this.#exchange(node, this.node(0), true);
  }

  kill(at: number): void {
    this.node(at).up = false;
  }

  /** A new process under the old name and address; it joins by way of `via`. */
  restart(at: number, via: number): void {
    const node = this.node(at);
    node.core = this.#core(at);
    node.up = true;
    this.#exchange(node, this.node(via), true);
    this.#arm(node);
  }

  stall(at: number, ms: number): void {
    this.node(at).stalledUntilMs = this.nowMs + ms;
    this.node(at).slow = true;
    this.#at(this.nowMs + ms, () => this.#wake(this.node(at), ms));
  }

  /** A change of a member's tags, which spreads by gossip. */
  update(at: number): void {
    this.#perform(this.node(at), this.node(at).core.step({ kind: "update-meta", meta: Uint8Array.of(...META, this.random(256)) }, this.nowMs));
  }

  leave(at: number): void {
    this.#perform(this.node(at), this.node(at).core.step({ kind: "leave" }, this.nowMs));
  }

  /** Nothing passes where `cut` says so; `undefined` heals. */
  cut(cut: ((from: number, to: number) => boolean) | undefined): void {
    this.#cut = cut;
  }

  run(ms: number, until: () => boolean = () => false): boolean {
    const end = this.nowMs + ms;
    for (let task = this.#tasks.peek(); task !== undefined && task.atMs <= end; task = this.#tasks.peek()) {
      this.#tasks.pop();
      this.nowMs = task.atMs;
      task.run();
      if (until()) return true;
    }
    this.nowMs = end;
    return until();
  }

  /** Whether every member that is up sees `name` in one of `states`. */
  allSee(name: string, states: readonly Member["state"][]): boolean {
    return this.nodes.every((node) => !node.up || node.name === name || states.includes(node.core.member(name)?.state ?? "dead"));
  }

  /** Whether everybody up sees everybody up as alive. */
  converged(): boolean {
    const up = this.nodes.filter((node) => node.up);
    return up.every((node) => up.every((other) => node.core.member(other.name)?.state === "alive"));
  }

  #start(at: number): void {
    const node: Node = { name: nameOf(at), at, core: this.#core(at), up: true, stalledUntilMs: 0, slow: false, wakeAtMs: Number.POSITIVE_INFINITY };
    this.nodes.push(node);
    this.#arm(node);
  }

  #core(at: number): GossipCore {
    return new GossipCore(
      {
        name: nameOf(at),
        address: addressOf(at),
        meta: META,
        versions: VERSIONS,
        timing: this.#options.timing,
        random: this.random,
        encode: (message) => {
          const bytes = encodeMessage(message);
          this.#decoded.set(bytes, message);
          return bytes;
        },
        ackPayload: () => undefined,
        moreBroadcasts: () => [],
        reservedBytes: () => 0,
        known: this.#known,
      },
      this.nowMs,
    );
  }

  #arm(node: Node): void {
    const due = Math.max(node.core.dueMs, this.nowMs);
    if (due >= node.wakeAtMs) return;
    node.wakeAtMs = due;
    this.#at(due, () => {
      if (node.wakeAtMs !== due) return;
      node.wakeAtMs = Number.POSITIVE_INFINITY;
      if (node.up && this.nowMs >= node.stalledUntilMs) this.#perform(node, node.core.step({ kind: "tick" }, this.nowMs));
    });
  }

  /** What waited in the sockets comes first, and the time that was lost counts against nobody. */
  #wake(node: Node, ms: number): void {
    if (!node.up) return;
    // a program that does not know of stalls comes back into its timers
    if (this.#options.timing.plainSwim === true) return this.#perform(node, node.core.step({ kind: "tick" }, this.nowMs));
    this.#perform(node, node.core.step({ kind: "stalled", ms }, this.nowMs));
    this.#at(this.nowMs + 1, () => this.#perform(node, node.core.step({ kind: "tick" }, this.nowMs)));
  }

  #perform(node: Node, effects: readonly GossipEffect[]): void {
    for (const effect of effects) this.#effect(node, effect);
    if (node.up) this.#arm(node);
  }

  #effect(node: Node, effect: GossipEffect): void {
    switch (effect.kind) {
      case "send":
        return this.#send(node, effect.to, effect.messages);
      case "push-pull":
        return this.#exchange(node, this.node(indexOf(effect.to)), false);
      case "stream-ping": {
        const other = this.node(indexOf(effect.to));
        return this.#deliver(node, other, () =>
          this.#deliver(other, node, () => this.#perform(node, node.core.step({ kind: "stream-ack", seqNo: effect.ping.seqNo }, this.nowMs))),
        );
      }
      case "member":
        this.events.push({ atMs: this.nowMs, observer: node.name, change: `${effect.change}:${effect.member.state}`, member: effect.member.name });
        return;
      case "note":
        this.notes.set(effect.note, (this.notes.get(effect.note) ?? 0) + 1);
        return;
      case "left":
        node.up = false;
        return;
      case "conflict":
      case "refused":
      case "merge-refused":
        this.notes.set(effect.kind, (this.notes.get(effect.kind) ?? 0) + 1);
        return;
      default:
        return;
    }
  }

  #send(node: Node, to: Address, parts: readonly Uint8Array[]): void {
    this.datagrams++;
    for (const part of parts) this.bytes += part.length;
    if (this.random(1_000_000) < (this.#options.loss ?? 0) * 1_000_000) return;
    const messages = parts.map((part) => this.#decoded.get(part)).filter((message) => message !== undefined);
    const other = this.node(indexOf(to));
    this.#deliver(node, other, () => this.#perform(other, other.core.step({ kind: "datagram", from: addressOf(node.at), messages }, this.nowMs)));
  }

  #exchange(node: Node, other: Node, join: boolean): void {
    const mine = node.core.localState();
    this.#deliver(node, other, () => {
      const theirs = other.core.localState();
      this.#perform(other, other.core.step({ kind: "merge", join, nodes: mine }, this.nowMs));
      this.#deliver(other, node, () => this.#perform(node, node.core.step({ kind: "merge", join, nodes: theirs }, this.nowMs)));
    });
  }

  /** After the network's delay, and after the receiver's own stall. */
  #deliver(from: Node, to: Node, run: () => void, sent = false): void {
    if (!from.up || this.#cut?.(from.at, to.at) === true) return;
    if (from.slow && !sent) {
      const leave = (): void => {
        if (this.nowMs < from.stalledUntilMs) this.#at(from.stalledUntilMs, () => this.#deliver(from, to, run, true));
        else this.#deliver(from, to, run, true);
      };
      return this.#at(this.nowMs + this.random(SLOW_SEND_MS), leave);
    }
    const [least, most] = this.#options.latencyMs ?? [1, 5];
    const arrive = (): void => {
      if (!to.up) return;
      if (this.nowMs < to.stalledUntilMs) this.#at(to.stalledUntilMs, run);
      else run();
    };
    this.#at(this.nowMs + least + this.random(most - least + 1), arrive);
  }

  #at(atMs: number, run: () => void): void {
    this.#tasks.add({ atMs, order: this.#order++, run, heapAt: -1 });
  }
}

function entryOf(at: number): PushPullNode {
  const { ip: addr, port } = addressOf(at);
  return { name: nameOf(at), addr, port, meta: META, incarnation: 1, state: "alive", versions: VERSIONS };
}

function nameOf(at: number): string {
  return `m${at}`;
}

function addressOf(at: number): Address {
  return { ip: Uint8Array.of(10, (at >> 16) & 0xff, (at >> 8) & 0xff, at & 0xff), port: 8301 };
}

function indexOf(address: Address): number {
  const [, a = 0, b = 0, c = 0] = address.ip;
  return (a << 16) | (b << 8) | c;
}
