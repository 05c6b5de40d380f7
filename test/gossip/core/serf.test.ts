import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Member, SerfCore, type SerfEffect, type SerfMessage, type SerfOptions } from "../../../src/gossip/core/index.ts";
import { decodeSerf, decodeTags, encodeSerf, encodeTags } from "../../../src/gossip/wire/serf.ts";

const META = encodeTags(new Map([["role", "node"]]));
const bytes = (text: string): Uint8Array => Buffer.from(text);

function member(name: string, state: Member["state"] = "alive"): Member {
  return {
    name,
    ip: Uint8Array.of(10, 0, 0, 1),
    port: 7946,
    meta: META,
    versions: Uint8Array.of(1, 5, 2, 2, 5, 4),
    incarnation: 1,
    state,
    sinceMs: 0,
    accusers: [],
  };
}

/** A core named `self` that knows itself, and what it has done since the last look. */
class Bench {
  nowMs = 0;
  readonly core: SerfCore;

  constructor(options: Partial<SerfOptions> = {}) {
    this.core = new SerfCore(
      {
        name: "self",
        address: { ip: Uint8Array.of(10, 0, 0, 9), port: 7946 },
        reconnectTimeoutMs: 100_000,
        tombstoneTimeoutMs: 200_000,
        reconnectIntervalMs: 30_000,
        retransmitMult: 4,
        gossipIntervalMs: 200,
        random: () => 0,
        wrap: (message) => Buffer.concat([Uint8Array.of(8), encodeSerf(message)]),
        tagsOf: decodeTags,
        poolSize: () => 3,
        matches: (filters) => filters === undefined,
        ...options,
      },
      0,
    );
    this.member("join", member("self"));
  }

  member(change: "join" | "leave" | "update", of: Member): readonly SerfEffect[] {
    return this.core.step({ kind: "member", change, member: of }, this.nowMs);
  }

  hear(message: SerfMessage): readonly SerfEffect[] {
    return this.core.step({ kind: "message", message }, this.nowMs);
  }

  /** What would be told now. */
  told(): readonly SerfMessage[] {
    return this.core.broadcasts(10_000).map((message) => decodeSerf(message.subarray(1)));
  }

  status(name: string): string | undefined {
    return this.core.member(name)?.status;
  }
}

describe("SerfCore: members", () => {
  it("calls silence a failure, and silence after an intent to leave a leave", () => {
    const bench = new Bench();
    bench.member("join", member("a"));
    bench.member("join", member("b"));
    bench.hear({ kind: "leave", ltime: 5n, node: "b", prune: false });
    assert.equal(bench.status("b"), "leaving");
    const changes = [...bench.member("leave", member("a", "dead")), ...bench.member("leave", member("b", "left"))].map(
      (effect) => effect.kind === "member" && effect.change,
    );
    assert.deepEqual(changes, ["failed", "leave"]);
    assert.deepEqual([bench.status("a"), bench.status("b")], ["failed", "left"]);
  });

  it("turns a failed member into a left one by force, and forgets it when asked to prune", () => {
    const bench = new Bench();
    bench.member("join", member("a"));
    bench.member("leave", member("a", "dead"));
    bench.core.step({ kind: "force-leave", node: "a", prune: false }, 0);
    assert.equal(bench.status("a"), "left");
    const effects = bench.core.step({ kind: "force-leave", node: "a", prune: true }, 0);
    assert.deepEqual(
      effects.map(({ kind }) => kind),
      ["member", "forget"],
    );
    assert.equal(bench.status("a"), undefined);
  });

  it("forgets a member that is pruned while it leaves, once it has had time to say so", () => {
    const bench = new Bench();
    bench.member("join", member("a"));
    bench.core.step({ kind: "force-leave", node: "a", prune: true }, 0);
    assert.equal(bench.status("a"), "leaving");
    bench.nowMs = 15_000;
    bench.core.step({ kind: "tick" }, bench.nowMs);
    assert.equal(bench.status("a"), undefined);
  });

  it("keeps an intent about somebody unknown until it is known", () => {
    const bench = new Bench();
    bench.hear({ kind: "leave", ltime: 7n, node: "late", prune: false });
    bench.member("join", member("late"));
    assert.equal(bench.status("late"), "leaving");
  });

  it("drops intents that are older than what it knows, and passes news on once", () => {
    const bench = new Bench();
    bench.member("join", member("a"));
    bench.hear({ kind: "join", ltime: 9n, node: "a" });
    bench.told();
    bench.hear({ kind: "leave", ltime: 9n, node: "a", prune: false });
    assert.equal(bench.status("a"), "alive");
    bench.hear({ kind: "leave", ltime: 10n, node: "a", prune: false });
    assert.deepEqual(
      bench.told().filter(({ kind }) => kind === "leave"),
      [{ kind: "leave", ltime: 10n, node: "a", prune: false }],
    );
  });

  it("contradicts who says that it leaves when it does not", () => {
    const bench = new Bench();
    bench.hear({ kind: "leave", ltime: 20n, node: "self", prune: false });
    assert.deepEqual(bench.told(), [{ kind: "join", ltime: 21n, node: "self" }]);
    assert.equal(bench.status("self"), "alive");
  });

  it("tells its own leave its full number of times before it goes", () => {
    const bench = new Bench();
    bench.member("join", member("a"));
    bench.core.step({ kind: "leave" }, 0);
    const done: string[] = [];
    for (let round = 0; round < 4; round++) done.push(...bench.told().map(({ kind }) => kind));
    assert.deepEqual(done, ["leave", "leave", "leave", "leave"]);
    assert.deepEqual(bench.told(), []);
  });

  it("forgets failed and left members after their time, and tries failed ones again meanwhile", () => {
    const bench = new Bench();
    bench.member("join", member("a"));
    bench.member("leave", member("a", "dead"));
    bench.nowMs = 30_000;
    assert.deepEqual(
      bench.core.step({ kind: "tick" }, bench.nowMs).map(({ kind }) => kind),
      ["reconnect"],
    );
    bench.nowMs = 115_000;
    assert.ok(bench.core.step({ kind: "tick" }, bench.nowMs).some((effect) => effect.kind === "member" && effect.change === "reap"));
  });

  it("tries who failed of late every three seconds, and after five minutes every thirty: a cut that heals soon is over at once", () => {
    const bench = new Bench({ reconnectTimeoutMs: 3_600_000 });
    bench.member("join", member("a"));
    bench.nowMs = 10_000;
    bench.member("leave", member("a", "dead"));
    const tries: number[] = [];
    for (const last = bench.nowMs + 420_000; bench.nowMs < last; bench.nowMs = bench.core.dueMs)
      if (bench.core.step({ kind: "tick" }, bench.nowMs).some(({ kind }) => kind === "reconnect")) tries.push(bench.nowMs);
    const pauses = tries.slice(1).map((at, index) => at - (tries[index] ?? 0));
    assert.deepEqual([tries[0], new Set(pauses.slice(0, 90)), new Set(pauses.slice(-3))], [13_000, new Set([3_000]), new Set([30_000])]);
  });

  it("merges what the other side knows: its left ones leave here, its clocks are in the past", () => {
    const bench = new Bench();
    bench.member("join", member("a"));
    const state = {
      kind: "state",
      ltime: 50n,
      statusLTimes: new Map([["a", 30n]]),
      leftMembers: ["a"],
      eventLTime: 60n,
      events: undefined,
      queryLTime: 70n,
    } as const;
    bench.core.step({ kind: "merge", state, ignoreOld: true }, 0);
    assert.equal(bench.status("a"), "leaving");
    assert.deepEqual(bench.core.clocks, { member: 50n, event: 60n, query: 70n });
  });
});

describe("SerfCore: events and queries", () => {
  it("delivers an event once and passes it on, and drops what is too old", () => {
    const bench = new Bench();
    const event = { kind: "event", ltime: 1000n, name: "deploy", payload: bytes("v7"), coalesce: false } as const;
    assert.deepEqual(bench.hear(event), [{ kind: "event", event }]);
    assert.deepEqual(bench.hear(event), []);
    assert.equal(bench.told().length, 1);
    assert.deepEqual(bench.hear({ ...event, ltime: 400n }), []);
    assert.equal(bench.hear({ ...event, name: "other" }).length, 1);
  });

  it("stamps what it fires with its clock, which then goes on", () => {
    const bench = new Bench();
    for (const name of ["one", "two"]) bench.core.step({ kind: "fire", name, payload: bytes(""), coalesce: false }, 0);
    assert.deepEqual(
      bench
        .told()
        .map((message) => message.kind === "event" && message.ltime)
        .sort(),
      [1n, 2n],
    );
  });

  it("asks, counts each answer once, and is done when the time is up", () => {
    const bench = new Bench();
    const asking = { id: 7, name: "load", payload: undefined, filters: undefined, wantAcks: true, relayFactor: 0, timeoutMs: 3_200 };
    const own = bench.core.step({ kind: "ask", query: asking }, 0);
    assert.deepEqual(
      own.map(({ kind }) => kind),
      ["send", "asked"],
    );
    const answer = { kind: "response", ltime: 1n, id: 7, from: "a", flags: 0, payload: bytes("0.5") } as const;
    assert.equal(bench.hear(answer).length, 1);
    assert.equal(bench.hear(answer).length, 0);
    assert.equal(bench.hear({ ...answer, flags: 1 }).length, 1);
    assert.equal(bench.hear({ ...answer, ltime: 2n, from: "b" }).length, 0);
    assert.deepEqual(bench.core.step({ kind: "tick" }, 3_200), [{ kind: "asking-done", id: 7 }]);
  });

  it("passes a query on even when it means others, and answers only when it means us", () => {
    const bench = new Bench();
    const query = {
      kind: "query",
      ltime: 3n,
      id: 1,
      addr: Uint8Array.of(10, 0, 0, 2),
      port: 7946,
      sourceNode: "a",
      flags: 1,
      relayFactor: 0,
      timeoutNs: 1_000_000_000n,
      name: "q",
      payload: undefined,
    } as const;
    assert.deepEqual(bench.hear({ ...query, filters: [bytes("x")] }), []);
    assert.equal(bench.told().length, 1);
    assert.deepEqual(
      bench.hear({ ...query, id: 2, filters: undefined }).map(({ kind }) => kind),
      ["send", "asked"],
    );
  });
});
