import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { JsonObject } from "../../src/base/json.ts";
import { decodeWatches } from "../../src/watch/index.ts";

const key = { type: "key", key: "a" };
const http = { ...key, handler_type: "http" };

/** Asked of Consul 1.8.7 one by one. */
const FAULTS: readonly (readonly [definition: JsonObject, message: string])[] = [
  [{ type: "key" }, "Failed to parse watch (map[string]interface {}{}): Must specify a single key to watch"],
  [key, "Must define a watch handler"],
  [{ ...key, handler: "x", args: ["y"] }, "Only one watch handler allowed"],
  [{ ...http, args: ["x"], http_handler_config: { path: "http://x" } }, "Only one watch handler allowed"],
  [{ type: "bogus" }, "Failed to parse watch (map[string]interface {}{}): Unsupported watch type: bogus"],
  [{}, 'Failed to parse watch (map[string]interface {}{"handler_type":"script"}): Watch type must be specified'],
  [{ ...key, args: [1] }, "Watch args must be a list of strings"],
  [{ ...key, handler: 1 }, "Watch handler must be a string"],
  [http, `Failed to parse watch (map[string]interface {}{"key":"a"}): Handler type 'http' requires 'http_handler_config' to be set`],
  [
    { ...http, http_handler_config: {} },
    `Failed to parse watch (map[string]interface {}{"http_handler_config":map[string]interface {}{}, "key":"a"}): Failed to parse 'http_handler_config': Requires 'path' to be set`,
  ],
  [
    { ...http, http_handler_config: { path: "http://x", timeout: "y" } },
    `Failed to parse watch (map[string]interface {}{"http_handler_config":map[string]interface {}{"path":"http://x", "timeout":"y"}, "key":"a"}): Failed to parse 'http_handler_config': Failed to parse timeout: time: invalid duration "y"`,
  ],
  [{ ...key, handler_type: "bogus" }, "Handler type 'bogus' not recognized"],
  [{ ...key, args: ["true"], bogus: 1 }, 'Failed to parse watch (map[string]interface {}{"bogus":1}): Invalid parameters: [bogus]'],
  [{ type: "key", key: 1 }, 'Failed to parse watch (map[string]interface {}{"key":1}): Expecting key to be a string'],
  [{ type: "service", service: "a", tag: 1 }, 'Failed to parse watch (map[string]interface {}{"tag":1}): Expecting tag to be a string or []string'],
  [
    { type: "service", service: "a", passingonly: "x" },
    'Failed to parse watch (map[string]interface {}{"passingonly":"x"}): Expecting passingonly to be a boolean',
  ],
  [{ type: "checks", service: "a", state: "x" }, "Failed to parse watch (map[string]interface {}{}): Cannot specify service and state"],
  [{ type: "services", stale: "x" }, 'Failed to parse watch (map[string]interface {}{"stale":"x"}): Expecting stale to be a boolean'],
  [{ type: "connect_leaf", service: "a", args: ["true"] }, "Watch type connect_leaf is not allowed in agent config"],
  [{ type: "connect_roots", args: ["true"] }, "Watch type connect_roots is not allowed in agent config"],
];

describe("watches of a configuration", () => {
  for (const [definition, message] of FAULTS) {
    it(`refuses ${JSON.stringify(definition)}`, () => {
      assert.throws(() => decodeWatches([definition]), { name: "WatchFault", code: "config", message });
    });
  }

  it("refuses what is ours and cannot be meant, and more watches than an agent takes", () => {
    assert.throws(() => decodeWatches([{ ...key, args: ["true"], handler_timeout: "soon" }]), /Failed to parse handler_timeout/);
    assert.throws(() => decodeWatches([{ ...key, args: ["true"], handler_timeout: "0s" }]), /Failed to parse handler_timeout/);
    assert.throws(() => decodeWatches([{ ...key, args: ["true"], fire_on_start: "yes" }]), /Expecting fire_on_start to be a boolean/);
    assert.throws(() => decodeWatches([{ ...key, args: [] }]), /Must define a watch handler/);
    assert.throws(() => decodeWatches(Array.from({ length: 1_025 }, () => ({ ...key, args: ["true"] }))), /1024 are the most/);
  });

  it("takes an HTTP handler as JSON and as HCL have it, with what Consul takes for granted", () => {
    const config = { path: "http://x", header: { A: ["b", "c"] } };
    const [json, hcl] = decodeWatches([
      { ...http, http_handler_config: config },
      { ...http, http_handler_config: [{ ...config, header: [config.header], method: "PUT", timeout: "1s", tls_skip_verify: true }] },
    ]);
    const headers = [
      ["A", "b"],
      ["A", "c"],
    ];

    assert.deepEqual(json?.handler, { kind: "web", url: "http://x", method: "POST", headers, timeoutMs: 10_000, skipVerify: false });
    assert.deepEqual(hcl?.handler, { kind: "web", url: "http://x", method: "PUT", headers, timeoutMs: 1_000, skipVerify: true });
  });

  it("knows a definition again however its members are ordered, and tells equal ones apart", () => {
    const [first, second, third] = decodeWatches([
      { ...key, args: ["a"] },
      { args: ["a"], key: "a", type: "key" },
      { ...key, args: ["b"] },
    ]);

    assert.equal(new Set([first?.id, second?.id, third?.id]).size, 3);
    assert.equal(decodeWatches([{ args: ["a"], key: "a", type: "key" }])[0]?.id, first?.id);
  });

  it("asks what Consul asks", () => {
    const asked = (definition: JsonObject): string => {
      const question = decodeWatches([{ ...definition, args: ["true"] }])[0]?.plan.question;
      return `${question?.path} ${JSON.stringify(question?.query)}`;
    };

    assert.equal(
      asked({ type: "service", service: "w", tag: ["a", "b"], passingonly: true, stale: true, datacenter: "dc2" }),
      '/v1/health/service/w {"stale":true,"passing":"1","tag":["a","b"],"dc":"dc2"}',
    );
    assert.equal(asked({ type: "checks" }), '/v1/health/state/any {"stale":false}');
    assert.equal(asked({ type: "checks", state: "critical" }), '/v1/health/state/critical {"stale":false}');
    assert.equal(asked({ type: "checks", service: "w" }), '/v1/health/checks/w {"stale":false}');
    assert.equal(asked({ type: "keyprefix", prefix: "a/" }), '/v1/kv/a/ {"stale":false,"recurse":true}');
    assert.equal(asked({ type: "nodes" }), '/v1/catalog/nodes {"stale":false}');
    assert.equal(asked({ type: "event", name: "x" }), '/v1/event/list {"name":"x"}');
    assert.equal(asked({ type: "agent_service", service_id: "w1" }), "/v1/agent/service/w1 {}");
  });
});
