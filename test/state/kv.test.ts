import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { KvEntry } from "../../src/model/index.ts";
import { Bench, bytes, key, OTHER, SESSION } from "./harness.ts";

function entry(bench: Bench, name: string): KvEntry {
  const { value } = bench.store.kv.get(key(name));
  assert.ok(value !== undefined, `${name} is there`);
  return value;
}
function withSessions(...ids: readonly string[]): Bench {
  const bench = new Bench();
  bench.node();
  for (const id of ids) bench.session({ id });
  return bench;
}

describe("writes to keys (Consul api-docs, KV store)", () => {
  it("sets a value with flags; createIndex stays, modifyIndex moves", () => {
    const bench = new Bench();
    bench.set("a", "1", 18446744073709551615n);
    bench.set("a", "2", 18446744073709551615n);

    assert.deepEqual(entry(bench, "a"), { key: "a", value: "2", flags: 18446744073709551615n, lockIndex: 0, session: "", createIndex: 1, modifyIndex: 2 });
  });

  it("does not write what is there already: no index moves and nobody wakes", () => {
    const bench = new Bench();
    bench.set("a", "1", 7n);
    const woken = bench.wakes(
      (watch) => [bench.store.kv.get(key("a"), watch), bench.store.kv.list(key(""), watch), bench.store.kv.list(key("zz"), watch)],
      () => bench.set("a", "1", 7n),
    );

    assert.equal(woken, false);
    assert.equal(bench.store.kv.get(key("a")).index, 1);
    assert.equal(bench.store.kv.get(key("missing")).index, 1);
  });

  it("keeps bytes that are no text", () => {
    const bench = new Bench();
    bench.write({ verb: "set", key: key("b"), value: Uint8Array.of(0, 255, 128, 13), flags: 0n });
    assert.equal(entry(bench, "b").value, "\x00\xff\x80\r");
  });

  for (const { say, setup, index, applied } of [
    { say: "0 on a missing key", setup: [], index: 0, applied: true },
    { say: "0 on an existing key", setup: ["x"], index: 0, applied: false },
    { say: "the right index", setup: ["x"], index: 1, applied: true },
    { say: "an index that was", setup: ["x", "y"], index: 1, applied: false },
    { say: "an index on a missing key", setup: [], index: 5, applied: false },
  ]) {
    it(`cas: ${say} → ${applied}`, () => {
      const bench = new Bench();
      for (const value of setup) bench.set("k", value);
      assert.equal(bench.write({ verb: "cas", key: key("k"), value: bytes("new"), flags: 0n, index }), applied);
      assert.equal(bench.store.kv.get(key("k")).value?.value, applied ? "new" : setup.at(-1));
    });
  }

  for (const { say, exists, index, applied } of [
    { say: "a missing key", exists: false, index: 9, applied: true },
    { say: "0 on an existing key", exists: true, index: 0, applied: false },
    { say: "the right index", exists: true, index: 1, applied: true },
    { say: "a wrong index", exists: true, index: 2, applied: false },
  ]) {
    it(`delete-cas: ${say} → ${applied}`, () => {
      const bench = new Bench();
      if (exists) bench.set("k");
      assert.equal(bench.write({ verb: "delete-cas", key: key("k"), index }), applied);
      assert.equal(bench.store.kv.get(key("k")).value === undefined, applied);
    });
  }

  it("delete-tree takes all that begins with the prefix, and nothing else", () => {
    const bench = withSessions(SESSION);
    for (const name of ["t/1", "t/2", "t", "tt", "s"]) bench.set(name);
    bench.lock("t/3");
    bench.write({ verb: "delete-tree", prefix: key("t/") });
    assert.deepEqual(bench.store.kv.keys(key(""), key("")).value, ["s", "t", "tt"]);

    bench.set("t/3", "again");
    const { modifyIndex } = entry(bench, "t/3");
    bench.run("session.destroy", { id: SESSION });
    assert.equal(entry(bench, "t/3").modifyIndex, modifyIndex, "the lock went with the key");
  });
});

describe("locks (Consul api-docs, KV store: acquire, release)", () => {
  it("takes, refuses to others, counts each new holder, gives back", () => {
    const bench = withSessions(SESSION, OTHER);
    assert.equal(bench.lock("l"), true);
    assert.equal(entry(bench, "l").lockIndex, 1);
    assert.equal(bench.lock("l", OTHER), false);
    assert.equal(bench.lock("l"), true);
    assert.equal(entry(bench, "l").lockIndex, 1);
    const unlock = { verb: "unlock", key: key("l"), value: bytes("free"), flags: 0n } as const;
    assert.equal(bench.write({ ...unlock, session: OTHER }), false);
    assert.equal(bench.write({ ...unlock, session: SESSION }), true);
    assert.deepEqual([entry(bench, "l").session, entry(bench, "l").lockIndex, entry(bench, "l").value], ["", 1, "free"]);
    assert.equal(bench.lock("l", OTHER), true);
    assert.equal(entry(bench, "l").lockIndex, 2);
  });

  it("stays with its holder through a plain set, whose lock index falls to 0, as in 1.8.7", () => {
    const bench = withSessions(SESSION);
    bench.lock("l");
    bench.set("l", "plain");
    assert.deepEqual([entry(bench, "l").session, entry(bench, "l").lockIndex], [SESSION, 0]);
    bench.set("l", "plain");
    assert.equal(entry(bench, "l").modifyIndex, bench.index - 1, "the same again is no write");
  });

  for (const [session, message] of [
    ["", "missing session"],
    ["nope", "failed session lookup: index error: UUID must be 36 characters"],
    [OTHER, `invalid session "${OTHER}"`],
  ] as const) {
    it(`refuses session "${session}"`, () => {
      const bench = withSessions(SESSION);
      const before = bench.store.stateHash();
      const outcome = bench.run("kv.write", { verb: "lock", key: key("l"), value: bytes(""), flags: 0n, session });
      assert.deepEqual(outcome, { kind: "refused", message });
      assert.equal(bench.store.stateHash(), before);
    });
  }
});

describe("indexes of keys and prefixes (the daemon's cluster store stands on them)", () => {
  it("is the key's own for a key, whatever happens elsewhere", () => {
    const bench = new Bench();
    bench.set("a");
    bench.set("b");
    assert.equal(bench.store.kv.get(key("a")).index, 1);
  });

  it("is 1 in an empty store, and the whole table's for what is not there", () => {
    const bench = new Bench();
    assert.equal(bench.store.kv.get(key("a")).index, 1);
    assert.equal(bench.store.kv.list(key("")).index, 1);
    bench.node();
    bench.set("x");
    bench.node("n2");
    assert.equal(bench.store.kv.get(key("a")).index, 2);
    assert.equal(bench.store.kv.list(key("never/")).index, 2);
  });

  it("is the newest write or deletion under a prefix, and does not fall when the last key goes", () => {
    const bench = new Bench();
    bench.set("d/1");
    bench.set("d/2");
    bench.set("e/1");
    assert.equal(bench.store.kv.list(key("d/")).index, 2);
    bench.remove("d/1");
    assert.equal(bench.store.kv.list(key("d/")).index, 4);
    bench.set("e/1", "changed");
    bench.remove("d/2");
    bench.set("e/2");
    assert.deepEqual(bench.store.kv.list(key("d/")), { index: 6, value: [] });
    assert.equal(bench.store.kv.list(key("d/1")).index, 4);
    assert.equal(bench.store.kv.list(key("e/")).index, 7);
  });

  it("is that of a delete-tree for all above it", () => {
    const bench = new Bench();
    bench.set("p/d/1");
    bench.set("p/x");
    bench.write({ verb: "delete-tree", prefix: key("p/d/") });
    bench.set("q");
    assert.equal(bench.store.kv.list(key("p/")).index, 3);
    assert.equal(bench.store.kv.list(key("p/d/")).index, 3);
    assert.equal(bench.store.kv.list(key("p/x")).index, 2);
  });

  it("falls back to what is there once tombstones were reaped, and forgets no newer ones", () => {
    const bench = new Bench();
    bench.set("d/1");
    bench.set("d/2");
    bench.remove("d/2");
    bench.set("f");
    bench.remove("f");
    assert.deepEqual(
      bench.events.map((event) => event.kind === "tombstone" && event.index),
      [3, 5],
    );
    bench.run("kv.reap", { upTo: 3 });
    assert.equal(bench.store.kv.list(key("d/")).index, 1);
    assert.equal(bench.store.kv.list(key("f")).index, 5);
  });
});

describe("lists", () => {
  const bench = new Bench();
  for (const name of ["a", "b/c", "b/d/e", "b/d/f", "bb", "z/", "z/1", "\u00e9", "\ufb01"]) bench.set(name);

  for (const { prefix, separator, keys } of [
    { prefix: "", separator: "/", keys: ["a", "b/", "bb", "z/", key("\u00e9"), key("\ufb01")] },
    { prefix: "b", separator: "/", keys: ["b/", "bb"] },
    { prefix: "b/", separator: "/", keys: ["b/c", "b/d/"] },
    { prefix: "b/d/", separator: "/", keys: ["b/d/e", "b/d/f"] },
    { prefix: "z/", separator: "/", keys: ["z/", "z/1"] },
    { prefix: "", separator: "b", keys: ["a", "b", "z/", "z/1", key("\u00e9"), key("\ufb01")] },
    { prefix: "b/", separator: "", keys: ["b/c", "b/d/e", "b/d/f"] },
    { prefix: "none", separator: "/", keys: [] },
  ]) {
    it(`keys of "${prefix}" to "${separator}"`, () => assert.deepEqual(bench.store.kv.keys(key(prefix), key(separator)).value, keys));
  }

  it("orders keys by their bytes, not by their letters", () => {
    const odd = new Bench();
    // In UTF-16 the first of the two would come last.
    for (const name of ["\ud83d\ude00", "\uff5e", "z", "A"]) odd.set(name);
    assert.deepEqual(odd.store.kv.keys(key(""), key("")).value, ["A", "z", key("\uff5e"), key("\ud83d\ude00")]);
  });
});
