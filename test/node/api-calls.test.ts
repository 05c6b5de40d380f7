import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { KvorumError } from "../../src/base/errors.ts";
import { Later } from "../../src/base/later.ts";
import type { Look, ResponseOf } from "../../src/model/index.ts";
import { ApiCalls } from "../../src/node/api-calls.ts";
import { RealMetrics } from "../../src/platform/metrics.ts";
import { backendOf, READ } from "../rpc/helpers.ts";
import { HandClock } from "../support/hand-clock.ts";

describe("ApiCalls", () => {
  it("counts what is asked of the catalog, and what came of it, under Consul's names", async () => {
    const metrics = new RealMetrics({ clock: new HandClock(), prefix: "consul", hostName: undefined });
    const inner = backendOf({
      "Catalog.Datacenters": () => Promise.resolve(["dc1"]),
      "Catalog.Services": () => Promise.reject(new KvorumError("no-leader", "No cluster leader")),
    });
    const calls = new ApiCalls(inner, metrics);

    assert.deepEqual(await calls.call("Catalog.Datacenters", {}), ["dc1"]);
    await assert.rejects(calls.call("Catalog.Services", { nodeMeta: {}, options: READ }), { code: "no-leader" });
    await assert.rejects(calls.call("Session.List", { options: READ }), { code: "not-found" });

    const counted = metrics.report().Counters.flatMap(({ Name, Sum }) => (Sum > 0 ? [[Name, Sum]] : []));
    assert.deepEqual(counted, [
      ["consul.client.api.catalog_datacenters", 1],
      ["consul.client.api.catalog_services", 1],
      ["consul.client.api.success.catalog_datacenters", 1],
      ["consul.client.rpc.error.catalog_services", 1],
    ]);
  });

  it("passes reads without a promise on, and counts those of the catalog", () => {
    const metrics = new RealMetrics({ clock: new HandClock(), prefix: "consul", hostName: undefined });
    const now: ResponseOf<"Catalog.Services"> = { value: {}, meta: { index: 7, lastContactMs: 0, knownLeader: true } };
    const soon = new Later<typeof now>();
    const never = new Later<typeof now>();
    const outcomes: Record<string, () => unknown> = {
      now: () => now,
      soon: () => soon,
      never: () => never,
      thrown: () => {
        throw new KvorumError("internal", "No");
      },
      call: () => undefined,
    };
    const look = ((_method, { options }: { options: { filter: string } }) => outcomes[options.filter]?.()) as Look;
    const calls = new ApiCalls({ ...backendOf({}), look }, metrics);
    const ask = (filter: string) => calls.look("Catalog.Services", { nodeMeta: {}, options: { ...READ, filter } });
    const told: unknown[] = [];
    const hear = (answer: ReturnType<typeof ask>): void => {
      assert.ok(answer instanceof Later);
      answer.on(
        (value) => told.push(value),
        (error) => told.push(error),
      );
    };

    assert.equal(ask("now"), now);
    assert.equal(ask("call"), undefined);
    assert.throws(() => ask("thrown"), { code: "internal" });
    hear(ask("soon"));
    hear(ask("never"));
    soon.settle(now);
    never.fail("gone");
    assert.deepEqual(told, [now, "gone"]);
    assert.equal(calls.look("KV.Keys", { prefix: "" as never, separator: "" as never, options: { ...READ, filter: "now" } }), now);

    const counted = metrics.report().Counters.flatMap(({ Name, Sum }) => (Sum > 0 ? [[Name, Sum]] : []));
    assert.deepEqual(counted, [
      ["consul.client.api.catalog_services", 4],
      ["consul.client.api.success.catalog_services", 2],
      ["consul.client.rpc.error.catalog_services", 2],
    ]);
  });
});
