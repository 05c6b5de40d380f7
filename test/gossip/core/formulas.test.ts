import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { CoordinateClient, distanceSeconds, ORIGIN } from "../../../src/gossip/core/coordinates.ts";
import type { Coordinate } from "../../../src/gossip/core/messages.ts";
import {
  expectedConfirmations,
  LAN,
  pushPullScaledMs,
  retransmitLimit,
  suspicionMaxMs,
  suspicionMinMs,
  suspicionTotalMs,
  WAN,
} from "../../../src/gossip/core/timing.ts";

// Computed by memberlist 0.2.2 and serf 0.9.4 themselves.
const read = <T>(name: string): T => JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), "utf8")) as T;

describe("gossip timing, against memberlist's own figures", () => {
  const timing = read<{
    pushPullScale: { intervalMs: number; n: number; resultMs: number }[];
    remainingSuspicion: { confirmations: number; elapsedMs: number; k: number; maxMs: number; minMs: number; remainingMs: number }[];
    retransmitLimit: { limit: number; mult: number; n: number }[];
    suspicionTimeout: { intervalMs: number; maxMs: number; minMs: number; mult: number; n: number }[];
  }>("timing");

  it("spreads push/pulls with the size of the pool", () => {
    for (const { intervalMs, n, resultMs } of timing.pushPullScale) assert.equal(pushPullScaledMs(intervalMs, n), resultMs, `n=${n}`);
  });
  it("shortens a suspicion with every confirmation (Lifeguard, §IV-B)", () => {
    for (const { elapsedMs, remainingMs, ...suspicion } of timing.remainingSuspicion) {
      assert.equal(Math.max(suspicionTotalMs(suspicion) - elapsedMs, Math.min(remainingMs, 0)), remainingMs, JSON.stringify(suspicion));
    }
  });
  it("tells a broadcast as often as the size of the pool asks (SWIM, §4.1)", () => {
    for (const { limit, mult, n } of timing.retransmitLimit) assert.equal(retransmitLimit(mult, n), limit, `n=${n}`);
  });
  it("bounds a suspicion from below and above (SWIM, §4.2)", () => {
    for (const { intervalMs, mult, n, minMs, maxMs } of timing.suspicionTimeout) {
      const knobs = { ...LAN, probeIntervalMs: intervalMs, suspicionMult: mult };
      assert.ok(Math.abs(suspicionMinMs(knobs, n) - minMs) < 1, `min, n=${n}`);
      assert.ok(Math.abs(suspicionMaxMs(knobs, n) - maxMs) < 6, `max, n=${n}`);
    }
  });
  it("expects no confirmations where nobody is left to give them", () => {
    assert.deepEqual(
      [2, 3, 4, 5].map((n) => expectedConfirmations(LAN, n)),
      [0, 0, 2, 2],
    );
    assert.equal(expectedConfirmations(WAN, 5), 0);
  });
});

interface WireCoordinate {
  readonly Vec: number[];
  readonly Error: number;
  readonly Adjustment: number;
  readonly Height: number;
}
const own = ({ Vec, Error: error, Adjustment, Height }: WireCoordinate): Coordinate => ({ vec: Vec, error, adjustment: Adjustment, height: Height });

function assertClose(actual: Coordinate, expected: Coordinate, step: number): void {
  const close = (a: number, b: number, what: string): void =>
    assert.ok(Math.abs(a - b) <= 1e-9 * Math.max(1e-6, Math.abs(b)), `step ${step}, ${what}: ${a} is not ${b}`);
  close(actual.error, expected.error, "error");
  close(actual.adjustment, expected.adjustment, "adjustment");
  close(actual.height, expected.height, "height");
  for (const [at, each] of expected.vec.entries()) close(actual.vec[at] ?? Number.NaN, each, `vec ${at}`);
}

describe("CoordinateClient, against Serf's own figures", () => {
  const file = read<{
    distance: { a: WireCoordinate; b: WireCoordinate; seconds: number };
    start: WireCoordinate;
    steps: { after?: WireCoordinate; node: string; other?: WireCoordinate; rttSeconds: number }[];
  }>("coordinates");

  it("estimates the distance", () => {
    assert.equal(distanceSeconds(own(file.distance.a), own(file.distance.b)), file.distance.seconds);
  });
  it(`follows ${file.steps.length} updates step by step`, () => {
    const client = new CoordinateClient(() => 0.75, own(file.start));
    for (const [at, { node, other, rttSeconds, after }] of file.steps.entries()) {
      assert.equal(other !== undefined && client.update(node, own(other), rttSeconds), after !== undefined, `step ${at}`);
      if (after !== undefined) assertClose(client.coordinate, own(after), at);
    }
  });
  it("refuses samples that make no sense, and stays where it was", () => {
    const client = new CoordinateClient(() => 0.5);
    for (const other of [
      { ...ORIGIN, error: Number.NaN },
      { ...ORIGIN, vec: [0] },
      { ...ORIGIN, height: Number.POSITIVE_INFINITY },
    ])
      assert.equal(client.update("a", other, 0.01), false);
    for (const rtt of [-1, 11, Number.NaN]) assert.equal(client.update("a", ORIGIN, rtt), false);
    assert.deepEqual(client.coordinate, ORIGIN);
  });
});
