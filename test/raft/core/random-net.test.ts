import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Entry } from "../../../src/raft/core/types.ts";
import { bootstrapped, Cluster, emptyDisk, id, type Server, voters } from "./cluster.ts";

/** Small numbers from one seed (xorshift). */
function chance(seed: number): (below: number) => number {
  let state = (seed * 2654435761 + 88675123) >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % below;
  };
}

/** Raft paper, figure 3, as checks on all that was ever seen. */
class Checker {
  readonly #leaderOf = new Map<number, string>();
  readonly #committed = new Map<number, Entry>();

  look(servers: Iterable<Server>): void {
    const all = [...servers];
    for (const server of all) {
      const { core } = server;
      if (core.role !== "leader") continue;
      const known = this.#leaderOf.get(core.term) ?? server.name;
      assert.equal(known, server.name, `election safety: term ${core.term} has two leaders`);
      this.#leaderOf.set(core.term, server.name);
      if (!core.holdsLease(1)) continue;
      for (const other of all) {
        assert.ok(
          other.core.role !== "leader" || other.core.term <= core.term,
          `lease: ${server.name} holds it in term ${core.term}, ${other.name} leads term ${other.core.term}`,
        );
      }
    }
  }

  /** State machine safety: what is committed at an index is the same for ever. */
  committed(server: Server, from: number): void {
    for (let index = Math.max(from, server.core.firstIndex); index <= server.core.commitIndex; index++) {
      const entry = server.core.entryAt(index);
      if (entry === undefined) continue;
      const known = this.#committed.get(index);
      if (known === undefined) this.#committed.set(index, entry);
      else assert.deepEqual(plain(entry), plain(known), `state machine safety: index ${index} on ${server.name}`);
    }
  }

  /** Leader completeness: a leader has everything committed in earlier terms. */
  complete(server: Server): void {
    for (const [index, entry] of this.#committed) {
      if (entry.term >= server.core.term || index < server.core.firstIndex) continue;
      assert.equal(server.core.entryAt(index)?.term, entry.term, `leader completeness: ${server.name} lacks index ${index}`);
    }
  }

  matching(a: Server, b: Server): void {
    let agreed = false;
    for (let index = Math.min(a.core.lastIndex, b.core.lastIndex); index >= Math.max(a.core.firstIndex, b.core.firstIndex); index--) {
      const [left, right] = [a.core.entryAt(index), b.core.entryAt(index)];
      if (left?.term === right?.term) agreed = true;
      if (agreed) assert.deepEqual(left && plain(left), right && plain(right), `log matching: index ${index} of ${a.name} and ${b.name}`);
    }
  }
}

function plain(entry: Entry): unknown {
  return entry.kind === "command" ? { ...entry, data: Buffer.from(entry.data).toString() } : entry;
}

const NAMES = ["a", "b", "c", "d"];

class Storm {
  readonly cluster: Cluster;
  readonly checker = new Checker();
  readonly #pick: (below: number) => number;
  readonly #seen = new Map<string, number>();
  #proposed = 0;
  #reads = 0;

  constructor(seed: number) {
    this.#pick = chance(seed);
    const random = (_: string, below: number): number => this.#pick(below);
    const three = voters("a", "b", "c");
    this.cluster = new Cluster(
      { a: bootstrapped(three), b: bootstrapped(three), c: bootstrapped(three), d: emptyDisk() },
      { random, tail: { entries: 4, bytes: 2000 } },
    );
  }

  #name(): string {
    return NAMES[this.#pick(NAMES.length)] ?? "a";
  }

  act(): void {
    const { cluster } = this;
    const roll = this.#pick(1000);
    const name = this.#name();
    if (roll < 560) this.#mail();
    else if (roll < 720) cluster.post(name, cluster.at(name).sync());
    else if (roll < 860) for (const each of NAMES) cluster.tick(each, 1, 1);
    else if (roll < 950) cluster.propose(name, `${++this.#proposed}`);
    else if (roll < 960) this.#crash(name);
    else if (roll < 970) this.#snapshot(name);
    else if (roll < 980) this.#change(name);
    else if (roll < 984) cluster.step(name, { kind: "transfer", to: undefined });
    else if (roll < 988) cluster.step(name, { kind: "read", batch: ++this.#reads });
    else if (roll < 992) cluster.step(name, { kind: "unreachable", id: id(this.#name()) });
    else if (roll < 994) cluster.step(name, { kind: "stalled", what: "loop" });
    else if (roll < 997) cluster.isolate(name);
    else cluster.heal();
    this.#check();
  }

  #mail(): void {
    const { letters } = this.cluster;
    if (letters.length === 0) return;
    const at = this.#pick(3) === 0 ? this.#pick(letters.length) : 0;
    const [letter] = letters.splice(at, 1);
    if (letter === undefined) return;
    const fate = this.#pick(20);
    if (fate === 0) return;
    if (fate === 1) letters.push(letter);
    this.cluster.deliver(letter);
  }

  #crash(name: string): void {
    const { cluster } = this;
    // What was on its way to a process dies with its connections.
    cluster.letters = cluster.letters.filter((letter) => letter.to !== name);
    cluster.at(name).crash();
    this.#seen.set(name, 0);
    cluster.step(name, { kind: "start" });
  }

  #snapshot(name: string): void {
    const saved = this.cluster.at(name).snapshot();
    if (saved !== undefined) this.cluster.step(name, saved);
  }

  #change(name: string): void {
    const which = this.#name();
    const kinds = ["add-learner", "promote", "demote", "remove"] as const;
    const kind = kinds[this.#pick(4)] ?? "promote";
    const change = kind === "add-learner" ? { kind, id: id(which), address: `${which}:8300`, name: which } : { kind, id: id(which) };
    this.cluster.step(name, { kind: "change", change });
  }

  #check(): void {
    this.checker.look(this.cluster.servers.values());
    for (const server of this.cluster.servers.values()) {
      const seen = this.#seen.get(server.name) ?? 0;
      if (server.core.commitIndex === seen) continue;
      this.checker.committed(server, seen);
      this.#seen.set(server.name, server.core.commitIndex);
    }
  }

  deepCheck(): void {
    const all = [...this.cluster.servers.values()];
    for (const a of all) {
      if (a.core.role === "leader") this.checker.complete(a);
      for (const b of all) if (a.name < b.name) this.checker.matching(a, b);
    }
  }

  /** Calm weather: the cluster must find a leader and agree. */
  calm(): void {
    const { cluster } = this;
    cluster.heal();
    cluster.letters = [];
    cluster.run(600);
    assert.equal(cluster.leaders.length, 1, "one leader in calm weather");
    const leader = cluster.at(cluster.leaders[0] ?? "");
    cluster.propose(leader.name, "last").settle().run(20);
    for (const server of leader.core.configuration.servers) {
      assert.deepEqual(cluster.at(server.id).content, leader.content, `${server.id} has caught up`);
    }
    assert.equal(leader.content.at(-1), "last");
  }
}

describe("RaftCore in a random network (Raft paper, figure 3)", () => {
  const { RAFT_SEED, RAFT_SEEDS } = process.env;
  const first = Number(RAFT_SEED ?? 1);
  for (let seed = first; seed < first + Number(RAFT_SEEDS ?? (RAFT_SEED === undefined ? 60 : 1)); seed++) {
    it(`keeps its five promises, and the lease, seed=${seed}`, () => {
      const storm = new Storm(seed);
      for (let n = 0; n < 6000; n++) {
        storm.act();
        if (n % 100 === 0) storm.deepCheck();
      }
      storm.deepCheck();
      storm.calm();
    });
  }
});
