import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { KvRead, KvWrite, TxnOp } from "../../src/model/index.ts";
import { Bench, bytes, check, key, node, OTHER, SESSION, service } from "./harness.ts";

const kv = (op: KvWrite | KvRead): TxnOp => ({ kind: "kv", op });
const set = (name: string, value: string): TxnOp => kv({ verb: "set", key: key(name), value: bytes(value), flags: 0n });
const get = (name: string): TxnOp => kv({ verb: "get", key: key(name) });

function prepared(): Bench {
  const bench = new Bench();
  bench.node();
  bench.service("web");
  bench.check("c");
  bench.session();
  bench.session({ id: OTHER });
  bench.set("a", "1");
  bench.lock("l");
  return bench;
}
function errorsOf(bench: Bench, ...ops: readonly TxnOp[]): readonly string[] {
  return bench.run("txn", { ops }).errors.map(({ opIndex, what }) => `${opIndex}: ${what}`);
}

describe("transactions (Consul api-docs, txn)", () => {
  it("does all at one index, each seeing those before; writes give no value", () => {
    const bench = prepared();
    const { results, errors } = bench.run("txn", {
      ops: [set("t/1", "x"), get("t/1"), set("t/2", "y"), kv({ verb: "get-tree", prefix: key("t/") }), kv({ verb: "delete", key: key("a") })],
    });

    assert.deepEqual(errors, []);
    assert.deepEqual(
      results.map((result) => result.kind === "kv" && [result.entry.key, result.entry.value, result.withValue, result.entry.modifyIndex]),
      [
        ["t/1", "x", false, bench.index],
        ["t/1", "x", true, bench.index],
        ["t/2", "y", false, bench.index],
        ["t/1", "x", true, bench.index],
        ["t/2", "y", true, bench.index],
      ],
    );
    assert.equal(bench.store.kv.get(key("a")).value, undefined);
  });

  it("undoes all when one fails, wakes nobody, tells nothing, and names every failure", () => {
    const bench = prepared();
    bench.events.length = 0;
    const before = bench.store.stateHash();
    let answer: unknown;
    const woken = bench.wakes(
      (watch) => [bench.store.kv.list(key(""), watch), bench.store.catalog.nodes({}, watch), bench.store.sessions.list(watch)],
      () => {
        answer = bench.run("txn", {
          ops: [
            set("a", "2"),
            get("no"),
            { kind: "node", verb: "set", node: node("n2"), index: 0 },
            { kind: "node", verb: "delete", node: node("n1"), index: 0 },
            { kind: "refused", what: 'unknown KV verb "nope"' },
            kv({ verb: "delete-tree", prefix: key("") }),
          ],
        });
      },
    );

    assert.deepEqual(answer, {
      results: [],
      errors: [
        { opIndex: 1, what: `key "no" doesn't exist` },
        { opIndex: 4, what: 'unknown KV verb "nope"' },
      ],
    });
    assert.equal(bench.store.stateHash(), before);
    assert.equal(woken, false);
    assert.deepEqual(bench.events, []);
    assert.equal(bench.set("a", "3"), true);
    assert.equal(bench.store.kv.list(key("")).value.length, 2);
  });

  const value = { value: bytes("x"), flags: 0n };
  const failures: readonly (readonly [string, TxnOp, string])[] = [
    ["cas", kv({ verb: "cas", key: key("a"), ...value, index: 0 }), 'failed to set key "a", index is stale'],
    ["delete-cas", kv({ verb: "delete-cas", key: key("a"), index: 1 }), 'failed to delete key "a", index is stale'],
    ["lock", kv({ verb: "lock", key: key("l"), ...value, session: OTHER }), 'failed to lock key "l", lock is already held'],
    ["lock without a session", kv({ verb: "lock", key: key("x"), ...value, session: "" }), "missing session"],
    ["unlock", kv({ verb: "unlock", key: key("a"), ...value, session: SESSION }), `failed to unlock key "a", lock isn't held, or is held by another session`],
    ["get", get("caf\u00e9\n"), `key "caf\u00e9\\n" doesn't exist`],
    ["check-not-exists", kv({ verb: "check-not-exists", key: key("a") }), 'key "a" exists'],
    ["check-index", kv({ verb: "check-index", key: key("a"), index: 3 }), 'failed index check for key "a", current modify index 6 != 3'],
    ["check-index, missing", kv({ verb: "check-index", key: key("no"), index: 3 }), `failed to check index, key "no" doesn't exist`],
    ["check-session", kv({ verb: "check-session", key: key("a"), session: OTHER }), `failed session check for key "a", current session "" != "${OTHER}"`],
    ["check-session, missing", kv({ verb: "check-session", key: key("no"), session: OTHER }), `failed to check session, key "no" doesn't exist`],
    ["node get", { kind: "node", verb: "get", node: node("no"), index: 0 }, `node "no" doesn't exist`],
    ["node cas 0", { kind: "node", verb: "cas", node: node("n1"), index: 0 }, 'failed to set node "n1", index is stale'],
    ["node cas, missing", { kind: "node", verb: "cas", node: node("no"), index: 4 }, 'failed to set node "no", index is stale'],
    ["node delete-cas", { kind: "node", verb: "delete-cas", node: node("n1"), index: 9 }, 'failed to delete node "n1", index is stale'],
    ["node delete-cas, missing", { kind: "node", verb: "delete-cas", node: node("no"), index: 0 }, 'failed to delete node "no", index is stale'],
    ["service get", { kind: "service", verb: "get", service: service("no"), index: 0 }, `service "no" on node "n1" doesn't exist`],
    ["service set", { kind: "service", verb: "set", service: service("x", { node: "no" }), index: 0 }, "Missing node registration"],
    ["service cas", { kind: "service", verb: "cas", service: service("web"), index: 9 }, 'failed to set service "web" on node "n1", index is stale'],
    [
      "service delete-cas",
      { kind: "service", verb: "delete-cas", service: service("web"), index: 9 },
      'failed to delete service "web" on node "n1", index is stale',
    ],
    ["check get", { kind: "check", verb: "get", check: check("no"), index: 0 }, `check "no" on node "n1" doesn't exist`],
    ["check set", { kind: "check", verb: "set", check: check("x", { serviceId: "no" }), index: 0 }, "Missing service registration"],
    ["check cas", { kind: "check", verb: "cas", check: check("c"), index: 9 }, 'failed to set check "c" on node "n1", index is stale'],
    ["check delete-cas", { kind: "check", verb: "delete-cas", check: check("c"), index: 9 }, 'failed to delete check "c" on node "n1", index is stale'],
  ];
  for (const [say, op, what] of failures) {
    it(`says what is wrong with ${say}, in Consul's words`, () => {
      const bench = prepared();
      const before = bench.store.stateHash();
      assert.deepEqual(errorsOf(bench, set("new", "x"), op), [`1: ${what}`]);
      assert.equal(bench.store.stateHash(), before);
    });
  }

  it("gives nodes, services and checks as they stand after it", () => {
    const bench = prepared();
    const { results, errors } = bench.run("txn", {
      ops: [
        { kind: "node", verb: "set", node: node("m", { id: "aaaa1111-bbbb-2222-cccc-333344445555" }), index: 0 },
        { kind: "service", verb: "cas", service: service("api", { node: "m", tags: ["t"] }), index: 0 },
        { kind: "check", verb: "set", check: check("k", { node: "m", serviceId: "api", status: "" }), index: 0 },
        { kind: "node", verb: "get", node: node("", { id: "aaaa1111-bbbb-2222-cccc-333344445555" }), index: 0 },
        { kind: "check", verb: "delete", check: check("c"), index: 0 },
        { kind: "service", verb: "delete", service: service("none"), index: 0 },
        kv({ verb: "delete-cas", key: key("none"), index: 5 }),
        kv({ verb: "check-not-exists", key: key("none") }),
      ],
    });
    assert.deepEqual(errors, []);
    assert.deepEqual(
      results.map((result) => result.kind),
      ["node", "service", "check", "node"],
    );
    const made = results[2];
    assert.ok(made?.kind === "check");
    assert.deepEqual([made.check.status, made.check.serviceName, made.check.serviceTags, made.check.createIndex], ["critical", "api", ["t"], bench.index]);
  });

  it("reads by the same code, without writing", () => {
    const bench = prepared();
    const before = bench.store.stateHash();
    assert.deepEqual(bench.store.readTxn([get("a"), kv({ verb: "check-session", key: key("l"), session: SESSION })]).value.errors, []);
    assert.deepEqual(bench.store.readTxn([get("no")]).value.errors, [{ opIndex: 0, what: `key "no" doesn't exist` }]);
    assert.equal(bench.store.stateHash(), before);
    assert.throws(() => bench.store.readTxn([set("a", "b")]), /read-only transaction/);
  });

  it("says nothing of a cas on a node or check that is refused after its condition held (seen on Consul 1.8.7)", () => {
    const bench = prepared();
    const orphan = { ...check("orphan"), node: "nowhere" };

    assert.deepEqual(bench.run("txn", { ops: [{ kind: "check", verb: "cas", index: 0, check: orphan }] }), { results: [], errors: [] });
    assert.deepEqual(errorsOf(bench, { kind: "check", verb: "set", index: 0, check: orphan }), ["0: Missing node registration"]);
  });

  it("names what is wrong with a node's id that it is asked to read", () => {
    const bench = prepared();
    const odd = { ...node("n9"), id: "bad" };

    assert.deepEqual(errorsOf(bench, { kind: "node", verb: "get", index: 0, node: odd }), [
      "0: node lookup by ID failed, wrong UUID: uuid string is wrong length for 'bad'",
    ]);
  });

  it("refuses metadata of a service that Consul refuses", () => {
    const bench = prepared();
    const odd = { ...service("web"), meta: { "a b": "1" } };

    assert.deepEqual(errorsOf(bench, { kind: "service", verb: "set", index: 0, service: odd }), [
      `0: Invalid Service Meta for node ${odd.node} and serviceID ${odd.id}: Couldn't load metadata pair ('a b', '1'): Key contains invalid characters`,
    ]);
  });
});
