import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { askKeys } from "../../src/agent/index.ts";
import { KvorumError } from "../../src/base/errors.ts";
import type { Gossip, KeyResult, PoolMember } from "../../src/gossip/index.ts";

const RESULT: KeyResult = { nodes: 2, answers: 2, errors: 0, messages: new Map(), keys: new Map(), primaryKeys: new Map() };
const KEY = new Uint8Array(16);
const QUESTION = { operation: "list", key: new Uint8Array(), relayFactor: 2, wan: true, datacenter: "dc1" } as const;
const RANGE = { min: 1, max: 5, current: 2 };

function member(name: string, status: PoolMember["status"]): PoolMember {
  return { name, ip: "10.0.0.1", port: 8301, tags: new Map(), status, protocol: RANGE, delegate: RANGE, goneSinceMs: undefined };
}

/** A pool that gives one result, and notes what it is asked. */
function pool(result: Partial<KeyResult> | Error, encrypted = true) {
  const asked: unknown[] = [];
  const answer =
    (verb: string) =>
    async (...asks: readonly unknown[]) => {
      asked.push([verb, ...asks]);
      if (result instanceof Error) throw result;
      return { ...RESULT, ...result };
    };
  const keys: Gossip["keys"] = { list: answer("list"), install: answer("install"), use: answer("use"), remove: answer("remove") };
  return { asked, encrypted, keys, members: () => [member("a", "alive"), member("b", "alive"), member("c", "failed")] };
}

describe("askKeys (Consul api-docs, operator/keyring)", () => {
  it("gives what the members hold", async () => {
    const of = pool({ keys: new Map([["K", 2]]), primaryKeys: new Map([["K", 1]]) });
    assert.deepEqual(await askKeys(of, QUESTION), {
      wan: true,
      datacenter: "dc1",
      segment: "",
      messages: {},
      keys: { K: 2 },
      primaryKeys: { K: 1 },
      nodes: 2,
      error: "",
    });
    assert.deepEqual(of.asked, [["list", { relayFactor: 2 }]]);
  });

  it("sends a key to each verb of the pool", async () => {
    for (const operation of ["install", "use", "remove"] as const) {
      const of = pool({});
      assert.equal((await askKeys(of, { ...QUESTION, operation, key: KEY })).error, "");
      assert.deepEqual(of.asked, [[operation, KEY, { relayFactor: 2 }]]);
    }
  });

  it("tells how many refused, and how many are missing", async () => {
    const refused = await askKeys(pool({ errors: 1, messages: new Map([["b", "no"]]) }), { ...QUESTION, operation: "use", key: KEY });
    assert.deepEqual([refused.error, refused.messages], ["1/2 nodes reported failure", { b: "no" }]);
    assert.equal((await askKeys(pool({ answers: 1 }), QUESTION)).error, "1/2 nodes reported success");
  });

  it("does not trouble the members with a key of an odd size", async () => {
    const of = pool({});
    const { error, messages } = await askKeys(of, { ...QUESTION, operation: "install", key: new Uint8Array(3) });
    assert.equal(error, "2/2 nodes reported failure");
    assert.deepEqual(messages, { a: "key size must be 16, 24 or 32 bytes", b: "key size must be 16, 24 or 32 bytes" });
    assert.deepEqual(of.asked, []);
  });

  it("lets members without encryption refuse any key", async () => {
    const of = pool({ errors: 2 }, false);
    await askKeys(of, { ...QUESTION, operation: "install", key: new Uint8Array(3) });
    assert.deepEqual(of.asked, [["install", new Uint8Array(16), { relayFactor: 2 }]]);
  });

  it("answers with the failure of a pool that cannot be asked", async () => {
    const { error, nodes } = await askKeys(pool(new KvorumError("unavailable", "closed")), QUESTION);
    assert.deepEqual([error, nodes], ["closed", 2]);
  });
});
