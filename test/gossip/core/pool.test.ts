import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LAN } from "../../../src/gossip/core/index.ts";
import { Pool } from "../sim/pool.ts";

const formed = (size: number, seed: number, loss = 0): Pool => {
  const pool = new Pool({ seed, size, timing: LAN, loss });
  pool.joinAll();
  assert.ok(
    pool.run(60_000, () => pool.converged()),
    `pool of ${size} converges, seed=${seed}`,
  );
  return pool;
};

describe("a pool of members", () => {
  for (const size of [2, 3, 10, 60]) {
    it(`of ${size} converges from one seed member and stays quiet`, () => {
      const pool = formed(size, size);
      pool.run(60_000);
      assert.equal(pool.notes.get("suspected") ?? 0, 0);
      assert.ok(pool.converged());
    });
  }

  it("sees a killed member fail everywhere, no sooner than the shortest suspicion (SWIM §4.2)", () => {
    for (let seed = 1; seed <= 8; seed++) {
      const pool = formed(7, seed);
      const killedAt = pool.nowMs;
      pool.kill(3);
      assert.ok(
        pool.run(60_000, () => pool.allSee("m3", ["dead"])),
        `seed=${seed}`,
      );
      const took = pool.nowMs - killedAt;
      assert.ok(took >= 4_000 && took <= 40_000, `seed=${seed}: ${took} ms`);
    }
  });

  it("tells a leaver from a dead one at once", () => {
    const pool = formed(10, 5);
    const from = pool.nowMs;
    pool.leave(4);
    assert.ok(pool.run(10_000, () => pool.allSee("m4", ["left"])));
    assert.ok(pool.nowMs - from < 3_000);
    assert.deepEqual(new Set(pool.events.filter(({ atMs, member }) => atMs > from && member === "m4").map(({ change }) => change)), new Set(["leave:left"]));
  });

  it("takes a restarted process back under its old name: it refutes what is said of its past", () => {
    const pool = formed(5, 9);
    pool.kill(2);
    assert.ok(pool.run(60_000, () => pool.allSee("m2", ["dead"])));
    pool.restart(2, 0);
    assert.ok(pool.run(30_000, () => pool.converged()));
    assert.ok((pool.node(2).core.member("m2")?.incarnation ?? 0) > 1);
  });

  it("does not accuse because of a stall of its own, and a stalled member refutes when it wakes (Lifeguard §III)", () => {
    for (let seed = 1; seed <= 8; seed++) {
      const pool = formed(8, seed);
      pool.stall(1, 3_000);
      pool.run(20_000);
      assert.equal(pool.events.filter(({ change }) => change === "leave:dead").length, 0, `seed=${seed}`);
      assert.ok(pool.converged(), `seed=${seed}`);
    }
  });

  it("fails nobody at a quarter of all datagrams lost, since streams get through", () => {
    for (let seed = 1; seed <= 4; seed++) {
      const pool = formed(10, seed, 0.25);
      pool.run(120_000);
      assert.equal(pool.events.filter(({ change }) => change === "leave:dead").length, 0, `seed=${seed}`);
    }
  });

  it("declares the other side of a cut dead on both sides", () => {
    const pool = formed(8, 3);
    pool.cut((from, to) => from < 4 !== to < 4);
    assert.ok(pool.run(120_000, () => [4, 5, 6, 7].every((at) => pool.node(0).core.member(`m${at}`)?.state === "dead")));
    assert.ok([1, 2, 3].every((at) => pool.node(0).core.member(`m${at}`)?.state === "alive"));
  });

  it("gives one trace for one seed", () => {
    const trace = (seed: number): string => {
      const pool = formed(20, seed);
      pool.kill(7);
      pool.run(60_000);
      return JSON.stringify([pool.events, pool.datagrams, pool.bytes]);
    };
    assert.equal(trace(42), trace(42));
    assert.notEqual(trace(42), trace(43));
  });
});
