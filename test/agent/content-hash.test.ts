import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { contentHash } from "../../src/agent/content-hash.ts";
import type { LocalService } from "../../src/model/index.ts";
import { sampleService } from "../support/samples.ts";

const FOO: LocalService = sampleService("foo", { tags: ["bar", "baz"], port: 8000 });

describe("contentHash", () => {
  it("gives the number that Consul 1.8.7 gives for the same service", () => {
    assert.equal(contentHash(FOO), "6b13684bfe179e67");
  });

  it("is another one for everything that a client sees, and the same for what it does not", () => {
    const proxy = { DestinationServiceName: "db", Config: { a: 1, b: [true, { c: null }] }, Upstreams: [{ DestinationName: "x", LocalBindPort: 4 }] };
    const others: LocalService[] = [
      FOO,
      { ...FOO, tags: ["baz", "bar"] },
      { ...FOO, port: 8001 },
      { ...FOO, meta: { a: "b" } },
      { ...FOO, meta: { b: "a" } },
      { ...FOO, taggedAddresses: { lan: { address: "10.0.0.1", port: 1 } } },
      { ...FOO, weights: { passing: 2, warning: 1 } },
      { ...FOO, connect: { Native: true } },
      { ...FOO, kind: "connect-proxy" },
      { ...FOO, kind: "connect-proxy", proxy },
      { ...FOO, kind: "connect-proxy", proxy: { ...proxy, Config: { a: 2 } } },
    ];

    assert.equal(new Set(others.map(contentHash)).size, others.length);
    assert.equal(contentHash({ ...FOO, node: "elsewhere", meta: {} }), contentHash(FOO));
  });
});
