import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { KvorumError } from "../../src/base/errors.ts";
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
});
