import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate } from "node:timers/promises";
import { CoordinateReports, describeMember } from "../../src/agent/index.ts";
import { KvorumError } from "../../src/base/errors.ts";
import type { Coordinate } from "../../src/base/network-coordinate.ts";
import type { Backend } from "../../src/model/index.ts";
import { TestLog } from "../http/scripted-backend.ts";
import { HandClock } from "../support/hand-clock.ts";

const COORDINATE: Coordinate = { vec: [0, 0, 0, 0, 0, 0, 0, 0], error: 1.5, adjustment: 0, height: 1e-5 };

function start(options: { readonly members?: number; readonly failing?: boolean; readonly known?: boolean } = {}) {
  const clock = new HandClock();
  const sent: unknown[] = [];
  const call = async (method: string, request: object) => {
    sent.push([method, request]);
    if (options.failing) throw new KvorumError("no-leader", "No cluster leader");
  };
  const reports = new CoordinateReports({
    nodeName: "n1",
    coordinate: () => (options.known === false ? undefined : COORDINATE),
    members: () => options.members ?? 3,
    intervalMinMs: 15_000,
    ratePerSecond: 64,
    backend: { call: call as Backend["call"] },
    platform: { clock, random: { int: (below) => below - 1, bytes: (count) => new Uint8Array(count) } },
    logger: new TestLog().logger,
  });
  return { clock, sent, reports };
}

describe("CoordinateReports", () => {
  it("tells the servers between once and twice the interval", async () => {
    const { clock, sent } = start();
    clock.turn(29_998);
    assert.deepEqual(sent, []);
    clock.turn(29_999);
    assert.deepEqual(sent, [["Coordinate.Update", { update: { node: "n1", segment: "", coord: COORDINATE }, options: { datacenter: "", token: "" } }]]);
    await setImmediate();
    clock.turn(60_000);
    assert.equal(sent.length, 2);
  });

  it("is rarer in a large pool", () => {
    const { clock, sent } = start({ members: 6_400 });
    clock.turn(199_998);
    assert.equal(sent.length, 0);
    clock.turn(199_999);
    assert.equal(sent.length, 1);
  });

  it("goes on after a failure, and stops when it is disposed", async () => {
    const { clock, sent, reports } = start({ failing: true });
    for (const at of [30_000, 60_000]) {
      clock.turn(at);
      await setImmediate();
    }
    assert.equal(sent.length, 2);
    reports[Symbol.dispose]();
    clock.turn(200_000);
    assert.equal(sent.length, 2);
  });

  it("says nothing while nothing is known", () => {
    const { clock, sent } = start({ known: false });
    clock.turn(30_000);
    assert.deepEqual(sent, []);
  });
});

describe("describeMember (Consul api-docs, agent/members)", () => {
  it("has Serf's numbers", () => {
    const described = describeMember({
      name: "n1",
      ip: "10.0.0.1",
      port: 8301,
      tags: new Map([["role", "consul"]]),
      status: "failed",
      protocol: { min: 1, max: 5, current: 2 },
      delegate: { min: 2, max: 5, current: 4 },
      goneSinceMs: 5,
    });
    assert.deepEqual(described, {
      name: "n1",
      address: "10.0.0.1",
      port: 8301,
      tags: { role: "consul" },
      status: 4,
      protocolMin: 1,
      protocolMax: 5,
      protocolCur: 2,
      delegateMin: 2,
      delegateMax: 5,
      delegateCur: 4,
    });
  });
});
