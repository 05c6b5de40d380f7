import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Bench, check, done, key, node, OTHER, SESSION, service } from "./harness.ts";

function bench(): Bench {
  const made = new Bench();
  made.node("n1");
  made.check("up");
  made.check("down", { status: "critical" });
  made.service("web");
  made.check("web-up", { serviceId: "web" });
  return made;
}

describe("sessions (Consul api-docs, session)", () => {
  for (const { say, given, message } of [
    { say: "an unknown node", given: { node: "n9" }, message: "Missing node registration" },
    { say: "an unknown check", given: { nodeChecks: ["up", "nope"] }, message: "Missing check 'nope' registration" },
    { say: "a critical check", given: { nodeChecks: ["down"] }, message: "Check 'down' is in critical state" },
    { say: "an unknown check of a service", given: { serviceChecks: [{ id: "nope", namespace: "" }] }, message: "Missing check 'nope' registration" },
    { say: "an unknown check in the old list", given: { checks: ["nope"] }, message: "Missing check 'nope' registration" },
    { say: "an id that is no UUID", given: { id: "x" }, message: "failed session lookup: index error: UUID must be 36 characters" },
  ]) {
    it(`is refused for ${say}`, () => {
      const store = bench();
      const before = store.store.stateHash();
      assert.deepEqual(store.session(given), { kind: "refused", message });
      assert.equal(store.store.stateHash(), before);
      assert.deepEqual(store.events, []);
    });
  }

  it("is made, listed by node in any case, and told of", () => {
    const store = bench();
    assert.deepEqual(store.session({ node: "N1", nodeChecks: ["UP"] }), { kind: "done", value: SESSION });
    assert.deepEqual(store.store.sessions.node("n1").value, store.store.sessions.list().value);
    assert.equal(store.store.sessions.get(SESSION.toUpperCase()).value?.createIndex, store.index);
    assert.equal(store.store.sessions.list().index, store.index);
    assert.deepEqual(
      store.events.map(({ kind }) => kind),
      ["session-created"],
    );
  });

  it("is made once, though the command comes twice", () => {
    const store = bench();
    store.session();
    const before = store.store.stateHash();
    assert.deepEqual(store.session({ name: "again", nodeChecks: ["up"] }), { kind: "done", value: SESSION });
    assert.equal(store.store.stateHash(), before);
  });

  it("answers to a malformed id with an error, and to an unknown one with nothing", () => {
    assert.throws(() => bench().store.sessions.get("x"), { code: "internal", message: "failed session lookup: index error: UUID must be 36 characters" });
    assert.throws(() => bench().store.sessions.get("11111111-2222-3333-4444-55555555555g"), /Invalid UUID: encoding\/hex: invalid byte: U\+0067 'g'/);
    assert.deepEqual(bench().store.sessions.get(OTHER), { index: 1, value: undefined });
    done(bench().run("session.destroy", { id: OTHER }));
  });

  for (const behavior of ["release", "delete"] as const) {
    it(`behaviour ${behavior}: its end ${behavior}s its keys at the same index, and tells their lock-delay`, () => {
      const store = bench();
      store.session({ behavior, lockDelayNs: 120e9 });
      store.session({ id: OTHER });
      store.lock("a");
      store.lock("b");
      store.lock("c", OTHER);
      store.events.length = 0;
      store.run("session.destroy", { id: SESSION });

      const { value, index } = store.store.kv.list(key(""));
      assert.deepEqual(
        value.map((entry) => [entry.key, entry.session]),
        behavior === "delete"
          ? [["c", OTHER]]
          : [
              ["a", ""],
              ["b", ""],
              ["c", OTHER],
            ],
      );
      assert.equal(index, store.index);
      const delayNs = 60e9;
      assert.deepEqual(
        store.events.filter(({ kind }) => kind !== "tombstone"),
        [
          { kind: "session-ended", id: SESSION },
          { kind: "lock-freed", key: "a", delayNs },
          { kind: "lock-freed", key: "b", delayNs },
        ],
      );
      assert.deepEqual(
        store.events.some(({ kind }) => kind === "tombstone"),
        behavior === "delete",
      );
      assert.equal(store.lock("a", OTHER), true);
    });
  }

  it("has no lock-delay of 0, and none after a release by its holder", () => {
    const store = bench();
    store.session({ lockDelayNs: 0 });
    store.lock("a");
    store.run("session.destroy", { id: SESSION });
    assert.equal(
      store.events.some(({ kind }) => kind === "lock-freed"),
      false,
    );
  });

  for (const { say, end } of [
    { say: "its check turns critical", end: (store: Bench) => store.check("up", { status: "critical" }) },
    { say: "its check is removed", end: (store: Bench) => done(store.run("catalog.deregister", { node: "n1", serviceId: "", checkId: "up" })) },
    { say: "the service of its check is removed", end: (store: Bench) => done(store.run("catalog.deregister", { node: "n1", serviceId: "web", checkId: "" })) },
    { say: "its node is removed", end: (store: Bench) => done(store.run("catalog.deregister", { node: "n1", serviceId: "", checkId: "" })) },
    { say: "its node is renamed", end: (store: Bench) => store.node("n1", { id: "aaaaaaaa-0000-0000-0000-000000000001" }) },
    { say: "it is destroyed", end: (store: Bench) => done(store.run("session.destroy", { id: SESSION })) },
  ]) {
    it(`ends when ${say}`, () => {
      const store = bench();
      store.session({ nodeChecks: ["up"], serviceChecks: [{ id: "web-up", namespace: "" }] });
      store.lock("l");
      end(store);
      if (say.includes("renamed")) store.node("other", { id: "aaaaaaaa-0000-0000-0000-000000000001" });
      assert.deepEqual(store.store.sessions.list(), { index: store.index, value: [] });
      assert.equal(store.store.kv.get(key("l")).value?.session, "");
      assert.equal(store.store.kv.get(key("l")).index, store.index);
    });
  }

  for (const { say, change } of [
    { say: "a warning", change: (store: Bench) => store.check("up", { status: "warning" }) },
    { say: "another check that is critical", change: (store: Bench) => store.check("down", { status: "critical", output: "x" }) },
    { say: "a check of that name on another node", change: (store: Bench) => store.check("up", { node: "n2", status: "critical" }) },
  ]) {
    it(`lives through ${say}`, () => {
      const store = bench();
      store.node("n2");
      store.session({ nodeChecks: ["up"] });
      change(store);
      assert.equal(store.store.sessions.list().value.length, 1);
    });
  }

  it("ends with a check that is registered critical once more, though that changes nothing else", () => {
    const store = bench();
    store.session({ nodeChecks: ["up"] });
    store.run("txn", {
      ops: [
        { kind: "check", verb: "set", check: check("up", { status: "critical" }), index: 0 },
        { kind: "node", verb: "set", node: node("n1"), index: 0 },
        { kind: "service", verb: "set", service: service("web"), index: 0 },
      ],
    });
    assert.deepEqual(store.store.sessions.list().value, []);
  });
});
