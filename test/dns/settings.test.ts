import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { serviceTtl } from "../../src/dns/settings.ts";

const TTLS = { web: 31, "*": 5, "d*": 7, "db*": 8, native: 0 };

const ROWS: readonly (readonly [ttls: Readonly<Record<string, number>>, service: string, seconds: number])[] = [
  [{}, "web", 0],
  [{}, "constructor", 0],
  [TTLS, "web", 31],
  [TTLS, "website", 5],
  [TTLS, "d", 7],
  [TTLS, "dbx", 8],
  [TTLS, "native", 0],
  [TTLS, "*", 5],
  [TTLS, "toString", 5],
];

describe("serviceTtl", () => {
  for (const [ttls, service, seconds] of ROWS) {
    it(`is ${seconds} for "${service}" of ${Object.keys(ttls).length}: a whole name before the longest beginning (Consul docs, service_ttl)`, () =>
      assert.equal(serviceTtl({ serviceTtlS: ttls }, service), seconds));
  }
});
