import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { WatchSet } from "../../src/state/index.ts";
import { Bench, key, OTHER, SESSION } from "./harness.ts";

type Read = (bench: Bench) => (watch: WatchSet) => unknown;
type Change = (bench: Bench) => void;

function prepared(): Bench {
  const bench = new Bench();
  bench.node("n1");
  bench.node("n2");
  bench.service("web");
  bench.service("db", { node: "n2" });
  bench.check("c1");
  bench.check("cw", { serviceId: "web" });
  bench.session({ nodeChecks: ["c1"] });
  for (const name of ["d/1", "d/2", "e/1"]) bench.set(name);
  bench.set("gone/1");
  bench.remove("gone/1");
  return bench;
}

const get =
  (name: string): Read =>
  (bench) =>
  (watch) =>
    bench.store.kv.get(key(name), watch);
const list =
  (prefix: string): Read =>
  (bench) =>
  (watch) =>
    bench.store.kv.list(key(prefix), watch);
const keys =
  (prefix: string): Read =>
  (bench) =>
  (watch) =>
    bench.store.kv.keys(key(prefix), key("/"), watch);
const set =
  (name: string): Change =>
  (bench) =>
    bench.set(name, "new");

const nodeServices: Read = (bench) => (watch) => bench.store.catalog.nodeServices("n1", watch);
const web = { service: "web", connect: false, tags: [], nodeMeta: {} };
const health: Read = (bench) => (watch) => bench.store.health.serviceNodes(web, watch);
const catalog: Read = (bench) => (watch) => bench.store.catalog.serviceNodes(web, watch);

const CASES: readonly (readonly [say: string, read: Read, change: Change, wakes: boolean])[] = [
  ["a key, written", get("d/1"), set("d/1"), true],
  ["a key, deleted", get("d/1"), (bench) => bench.remove("d/1"), true],
  ["a key, deleted with its folder", get("d/1"), (bench) => bench.write({ verb: "delete-tree", prefix: key("d/") }), true],
  ["a key, the same again", get("d/1"), (bench) => bench.set("d/1"), false],
  ["a key, another one written", get("d/1"), set("d/2"), false],
  ["a key, a longer one written", get("d/1"), set("d/11"), false],
  ["a key, another folder deleted", get("d/1"), (bench) => bench.write({ verb: "delete-tree", prefix: key("e") }), false],
  [
    "a key, a lock refused",
    get("d/1"),
    (bench) => bench.run("kv.write", { verb: "lock", key: key("d/1"), value: Buffer.of(), flags: 0n, session: OTHER }),
    false,
  ],
  ["a missing key, created", get("d/3"), set("d/3"), true],
  ["a missing key, another folder", get("d/3"), set("e/1"), false],
  ["a prefix, a key changed", list("d/"), set("d/2"), true],
  ["a prefix, a new key", list("d/"), set("d/3"), true],
  ["a prefix, a key deleted", list("d/"), (bench) => bench.remove("d/1"), true],
  ["a prefix, a folder in it deleted", list("d"), (bench) => bench.write({ verb: "delete-tree", prefix: key("d/") }), true],
  ["a prefix, a folder above it deleted", list("d/1"), (bench) => bench.write({ verb: "delete-tree", prefix: key("d") }), true],
  ["a prefix, another folder", list("d/"), set("e/1"), false],
  ["a prefix, a key that is shorter", list("d/"), set("d"), false],
  ["keys, a value changed", keys("d/"), set("d/2"), true],
  ["everything, any key", list(""), set("e/1"), true],
  ["an unused prefix, its first key", list("x/"), set("x/1"), true],
  ["an unused prefix, any key, as nothing begins like it", list("x/"), set("e/1"), true],
  ["an emptied prefix, its first key", list("gone/"), set("gone/1"), true],
  ["a key, a node registered", get("d/1"), (bench) => bench.node("n3"), false],

  ["a session, destroyed", (b) => (w) => b.store.sessions.get(SESSION, w), (bench) => bench.run("session.destroy", { id: SESSION }), true],
  ["a session, another made", (b) => (w) => b.store.sessions.get(SESSION, w), (bench) => bench.session({ id: OTHER }), false],
  ["sessions, another made", (b) => (w) => b.store.sessions.list(w), (bench) => bench.session({ id: OTHER }), true],
  ["sessions of a node, one made there", (b) => (w) => b.store.sessions.node("N1", w), (bench) => bench.session({ id: OTHER }), true],
  ["sessions of a node, one made elsewhere", (b) => (w) => b.store.sessions.node("n1", w), (bench) => bench.session({ id: OTHER, node: "n2" }), false],

  ["a service, another instance", catalog, (bench) => bench.service("web", { node: "n2" }), true],
  ["a service, another service", catalog, (bench) => bench.service("cache"), false],
  ["a service, a check of its node", health, (bench) => bench.check("c1", { status: "warning" }), true],
  ["a service, its own check", health, (bench) => bench.check("cw", { serviceId: "web", status: "warning" }), true],
  ["a service, the same check again", health, (bench) => bench.check("cw", { serviceId: "web" }), false],
  ["a service, a check of another node", health, (bench) => bench.check("c9", { node: "n2" }), false],
  ["a service, the address of its node", health, (bench) => bench.node("n1", { address: "10.9.9.9" }), true],
  ["a service, its node deregistered", health, (bench) => bench.run("catalog.deregister", { node: "n1", serviceId: "", checkId: "" }), true],
  ["a node, a service on it", nodeServices, (bench) => bench.service("cache"), true],
  ["a node, a service elsewhere", nodeServices, (bench) => bench.service("cache", { node: "n2" }), false],
  ["nodes, one more", (b) => (w) => b.store.catalog.nodes({}, w), (bench) => bench.node("n3"), true],
  ["nodes, a service", (b) => (w) => b.store.catalog.nodes({}, w), (bench) => bench.service("cache"), false],
  ["services, one more", (b) => (w) => b.store.catalog.services({}, w), (bench) => bench.service("cache"), true],
  ["checks of a node, one changed", (b) => (w) => b.store.health.node("n1", w), (bench) => bench.check("c1", { output: "x" }), true],
  ["checks of a node, another's", (b) => (w) => b.store.health.node("n1", w), (bench) => bench.check("c1", { node: "n2" }), false],
  [
    "checks of a service, one of another",
    (b) => (w) => b.store.health.checks("web", {}, w),
    (bench) => bench.check("x", { node: "n2", serviceId: "db" }),
    false,
  ],
  ["critical checks, one turns", (b) => (w) => b.store.health.state("critical", {}, w), (bench) => bench.check("c1", { status: "critical" }), true],
  ["passing checks, one leaves", (b) => (w) => b.store.health.state("passing", {}, w), (bench) => bench.check("c1", { status: "critical" }), true],
  ["critical checks, one passes on", (b) => (w) => b.store.health.state("critical", {}, w), (bench) => bench.check("c8"), false],
];

describe("WatchSet", () => {
  for (const [say, read, change, wakes] of CASES) {
    it(`${wakes ? "wakes" : "sleeps on"}: ${say}`, () => {
      const bench = prepared();
      assert.equal(
        bench.wakes(read(bench), () => change(bench)),
        wakes,
      );
    });
  }

  it("never misses: where it sleeps, value and index are what they were", () => {
    for (const [say, read, change, wakes] of CASES.filter(([, , , expected]) => !expected)) {
      const bench = prepared();
      const none = new WatchSet();
      const before = read(bench)(none) as { index: number; value: unknown };
      change(bench);
      const after = read(bench)(new WatchSet()) as { index: number; value: unknown };
      assert.deepEqual(after.value, before.value, `${say} ${wakes}`);
    }
  });

  it("wakes once for many changes of a turn, at its end", () => {
    const bench = new Bench();
    const watch = new WatchSet();
    bench.store.kv.list(key(""), watch);
    bench.store.kv.get(key("a"), watch);
    let woken = 0;
    watch.wait(() => {
      woken += 1;
    });
    for (const name of ["a", "b", "a/c"]) bench.apply("kv.write", { verb: "set", key: key(name), value: Buffer.of(), flags: 0n });
    assert.equal(woken, 0);
    bench.store.applied(bench.index);
    assert.equal(woken, 1);
    bench.set("a", "later");
    assert.equal(woken, 1);
  });

  it("says nothing once disarmed, also by another waiter's wake, and leaves nothing behind", () => {
    const bench = new Bench();
    const arm = (wake: () => void): Disposable => {
      const watch = new WatchSet();
      bench.store.kv.list(key("a"), watch);
      bench.store.catalog.nodes({}, watch);
      return watch.wait(wake);
    };
    const told: string[] = [];
    const first = arm(() => {
      told.push("first");
      second[Symbol.dispose]();
    });
    const second = arm(() => told.push("second"));
    arm(() => told.push("third"))[Symbol.dispose]();
    bench.set("a");
    assert.deepEqual(told, ["first"]);
    first[Symbol.dispose]();
    assert.equal(bench.store.hub.watched, 0);
  });

  it("must be armed in the turn of its reads, since it would miss what came between", () => {
    const bench = new Bench();
    const watch = new WatchSet();
    bench.store.kv.get(key("a"), watch);
    bench.set("a");
    assert.throws(() => watch.wait(() => {}), /armed in the turn of its reads/);
    assert.throws(() => new WatchSet().wait(() => {}), /armed after a read/);
  });
});
