import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LAN } from "../../../src/gossip/core/index.ts";
import { measureDetection, measureFalsePositives, measureSpread } from "./experiments.ts";
import { Pool } from "./pool.ts";

describe("gossip in numbers (npm run gossip-sim for more)", () => {
  for (const [n, loss] of [
    [30, 0],
    [100, 0.25],
  ] as const) {
    it(`spreads within 1.5 times the published model, ${n} members, ${loss * 100}% loss`, () => {
      for (const { share, measuredMs, modelMs } of measureSpread({ n, loss, seed: 7, changes: 9, shares: [0.5, 0.9] }))
        assert.ok(measuredMs <= 1.5 * modelMs, `${share}: ${measuredMs} ms, model ${modelMs} ms`);
    });
  }

  it("detects a killed member among a hundred", () => {
    const { firstMs, allMs } = measureDetection({ n: 100, loss: 0, seed: 3 });
    assert.ok(firstMs >= 8_000 && allMs <= 30_000, `${firstMs} ms, ${allMs} ms`);
  });

  it("declares nobody dead who is well, where plain SWIM does: members that stand still again and again (Lifeguard §V)", () => {
    const base = { n: 64, stalled: 24, stallMs: 8_000, betweenMs: 5, loss: 0.01, seed: 1, runMs: 120_000 };
    const plain = measureFalsePositives({ ...base, timing: { ...LAN, plainSwim: true } });
    const full = measureFalsePositives({ ...base, timing: LAN });
    assert.ok(plain.aboutHealthy > 0);
    assert.ok(full.aboutHealthy <= 0.02 * plain.aboutHealthy, `${full.aboutHealthy} of ${plain.aboutHealthy}`);
  });

  it("holds back, for a bounded time, when most of the pool seems to fail at once to a member in its worst health", () => {
    const pool = new Pool({ seed: 5, size: 12, timing: LAN, formed: true });
    pool.run(5_000);
    const from = pool.nowMs;
    pool.cut((sender, receiver) => sender === 0 || receiver === 0);
    assert.ok(pool.run(300_000, () => pool.node(0).core.aliveCount === 1));
    assert.ok((pool.notes.get("held-back") ?? 0) > 0);
    assert.ok(pool.nowMs - from < 200_000, `${pool.nowMs - from} ms`);
  });
});
