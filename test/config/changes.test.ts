import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { restartNeeded } from "../../src/config/index.ts";

describe("restartNeeded", () => {
  const cases: readonly (readonly [before: object, after: object, keys: readonly string[]])[] = [
    [{}, {}, []],
    [{ node_name: "a" }, { node_name: "b" }, ["node_name"]],
    [{}, { retry_join: ["x"] }, ["retry_join"]],
    [{ retry_join: ["x"] }, { retry_join: ["x"] }, []],
    [{ ports: { http: 1, dns: 2 } }, { ports: { http: 3, dns: 2 } }, ["ports.http"]],
    [{ ports: { http: 1 } }, {}, ["ports.http"]],
    [{ log_level: "info", node_meta: { a: "1" } }, { log_level: "warn", node_meta: { b: "2" } }, []],
    [{ service: { name: "a" }, checks: [] }, { service: { name: "b" }, watches: [{}] }, []],
    [{ limits: { rpc_rate: 1, kv_max_value_size: 1 } }, { limits: { rpc_rate: 2, kv_max_value_size: 2 } }, ["limits.kv_max_value_size"]],
    [{ telemetry: { prefix_filter: [] } }, { telemetry: { prefix_filter: ["-a"], statsd_address: "x:1" } }, ["telemetry.statsd_address"]],
  ];
  for (const [before, after, keys] of cases)
    it(`names ${JSON.stringify(keys)} from ${JSON.stringify(before)} to ${JSON.stringify(after)}`, () =>
      assert.deepEqual(restartNeeded(before as never, after as never), keys));
});
