import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { DnsOptions, LocalReads } from "../../src/dns/index.ts";
import type { RequestOf } from "../../src/model/index.ts";
import { ask } from "./asking.ts";
import { instancesOf, TestDns } from "./support.ts";

const HERE = instancesOf("web", 1);
const ASKED = instancesOf("web", 2);
const CACHED = instancesOf("web", 3);

/** A state that has one instance of everything and heard from the leader so long ago. */
function state(lastContactMs: number): LocalReads & { reads: number } {
  return {
    reads: 0,
    read(_method, _request) {
      this.reads += 1;
      // Only the one method is asked of it here.
      return { value: HERE as never, meta: { index: 1, lastContactMs, knownLeader: true }, watch: () => ({ [Symbol.dispose]: () => {} }) };
    },
    contact: () => ({ lastContactMs, knownLeader: true }),
    execute: () => undefined,
  };
}

async function found(dns: TestDns): Promise<number | undefined> {
  return (await ask({ server: "127.0.0.1", port: dns.port, text: "A web.service.consul" }))?.answer.length;
}

describe("DNS on a server", () => {
  it("reads the state at hand now and then, for as many questions as come before it changes; what is asked but once is not kept", async () => {
    const local = state(0);
    await using dns = await TestDns.start({ web: ASKED }, {}, { local });
    assert.equal(await found(dns), 1);
    assert.equal(await dns.counted("kept"), 0);
    for (let round = 0; round < 100; round++) assert.equal(await found(dns), 1);
    assert.ok(local.reads < 20, `${local.reads} reads`);
    assert.ok((await dns.counted("kept")) > 80);
    assert.equal(await dns.counted("stale_queries"), 0);
  });

  it("counts answers from a state that has not heard from the leader for five seconds, as Consul does", async () => {
    await using dns = await TestDns.start({ web: ASKED }, {}, { local: state(6_000) });
    assert.equal(await found(dns), 1);
    assert.equal(await dns.counted("stale_queries"), 1);
  });

  it("asks the leader when its state is older than max_stale, or allow_stale is off", async () => {
    for (const settings of [{ maxStaleMs: 5_000 }, { allowStale: false }]) {
      await using dns = await TestDns.start({ web: ASKED }, settings, { local: state(6_000) });
      assert.equal(await found(dns), 2);
    }
  });
});

describe("DNS with use_cache", () => {
  it("asks the agent's cache, for answers no older than cache_max_age", async () => {
    const wishes: (number | undefined)[] = [];
    const cache: DnsOptions["cache"] = {
      get: async (_method, _request: RequestOf<"Health.ServiceNodes"> | RequestOf<"Query.Execute">, { maxAgeMs }) => {
        wishes.push(maxAgeMs);
        return { answer: { value: CACHED, meta: { index: 1, lastContactMs: 0, knownLeader: true } } as never };
      },
    };
    await using dns = await TestDns.start({ web: ASKED }, { useCache: true, cacheMaxAgeMs: 7_000 }, { local: state(0), cache });
    assert.equal(await found(dns), 3);
    dns.configure({ useCache: true });
    assert.equal(await found(dns), 3);
    dns.configure({});
    assert.equal(await found(dns), 1);
    assert.deepEqual(wishes, [7_000, undefined]);
  });
});
