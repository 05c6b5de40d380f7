import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { JsonValue } from "../../src/base/json.ts";
import { Parameters, takeCommon, takePlan, WatchCore, type WatchPlan } from "../../src/watch/index.ts";

function planOf(given: Readonly<Record<string, JsonValue>>): WatchPlan {
  const from = new Parameters(given);
  return takePlan(from, takeCommon(from));
}

function coreOf(
  given: Readonly<Record<string, JsonValue>>,
  options: { readonly seen?: { digest: string; event: string }; readonly fireAtStart?: boolean } = {},
) {
  return new WatchCore({ plan: planOf(given), digest: (text) => `<${text}>`, seen: options.seen, fireAtStart: options.fireAtStart ?? false });
}

const SERVICES = { type: "services" };

describe("a watch", () => {
  it("asks at once, hands the first answer over, and asks on from its index", () => {
    const core = coreOf(SERVICES);

    assert.deepEqual(core.step({ kind: "begin" }), [{ kind: "ask", index: undefined }]);
    assert.deepEqual(core.step({ kind: "answered", index: "7", value: { web: [] } }), [{ kind: "handle", index: "7", value: { web: [] }, text: '{"web":[]}' }]);
    assert.deepEqual(core.step({ kind: "handled" }), [
      { kind: "remember", seen: { digest: '<{"web":[]}>', event: "" } },
      { kind: "ask", index: "7" },
    ]);
  });

  it("does not fire for what was seen before a restart, unless it is told to", () => {
    const seen = { digest: '<{"web":[]}>', event: "" };

    assert.deepEqual(coreOf(SERVICES, { seen }).step({ kind: "answered", index: "7", value: { web: [] } }), [{ kind: "ask", index: "7" }]);
    assert.equal(coreOf(SERVICES, { seen }).step({ kind: "answered", index: "7", value: {} })[0]?.kind, "handle");
    assert.equal(coreOf(SERVICES, { seen, fireAtStart: true }).step({ kind: "answered", index: "7", value: { web: [] } })[0]?.kind, "handle");
  });

  it("does not fire when only the index has moved", () => {
    const core = coreOf(SERVICES);
    core.step({ kind: "answered", index: "7", value: {} });
    core.step({ kind: "handled" });

    assert.deepEqual(core.step({ kind: "answered", index: "9", value: {} }), [{ kind: "ask", index: "9" }]);
  });

  it("pauses when the index has not moved, so that an agent that does not block is not asked without end", () => {
    const core = coreOf(SERVICES);
    core.step({ kind: "answered", index: "7", value: {} });
    core.step({ kind: "handled" });

    assert.deepEqual(core.step({ kind: "answered", index: "7", value: { web: [] } }), [{ kind: "wait", ms: 1_000, failed: false }]);
    assert.deepEqual(core.step({ kind: "waited" }), [{ kind: "ask", index: "7" }]);
  });

  it("begins anew, and fires for changes alone, when the index went back (a restored store)", () => {
    const core = coreOf(SERVICES);
    core.step({ kind: "answered", index: "70", value: {} });
    core.step({ kind: "handled" });

    assert.deepEqual(core.step({ kind: "answered", index: "7", value: {} }), [{ kind: "ask", index: undefined }]);
  });

  it("waits longer after each failure, three minutes at most, then begins anew without firing for what it knows", () => {
    const core = coreOf(SERVICES);
    core.step({ kind: "answered", index: "7", value: {} });
    core.step({ kind: "handled" });
    const waits = Array.from({ length: 7 }, () => core.step({ kind: "failed" })[0]);

    assert.deepEqual(
      waits.map((wait) => (wait?.kind === "wait" ? wait.ms / 1_000 : 0)),
      [5, 20, 45, 80, 125, 180, 180],
    );
    assert.deepEqual(core.step({ kind: "waited" }), [{ kind: "ask", index: undefined }]);
    assert.deepEqual(core.step({ kind: "answered", index: "7", value: {} }), [{ kind: "ask", index: "7" }]);
    assert.deepEqual(core.step({ kind: "failed" }), [{ kind: "wait", ms: 5_000, failed: true }]);
  });

  it("shows a key as Consul's client does: one entry, or null", () => {
    const core = coreOf({ type: "key", key: "a/b c" });
    const entry = { LockIndex: 0, Key: "a", Flags: 18446744073709551615n, Value: "MQ==", CreateIndex: 1, ModifyIndex: 2 };
    const shown = '{"Key":"a","CreateIndex":1,"ModifyIndex":2,"LockIndex":0,"Flags":18446744073709551615,"Value":"MQ==","Session":""}';

    const [first] = core.step({ kind: "answered", index: "7", value: [entry] });
    core.step({ kind: "handled" });
    const [second] = core.step({ kind: "answered", index: "8", value: null });

    assert.equal(first?.kind === "handle" && first.text, shown);
    assert.equal(second?.kind === "handle" && second.text, "null");
    assert.equal(planOf({ type: "key", key: "/a/b c" }).question.path, "/v1/kv/a/b%20c");
  });

  it("does not go through a handler twice: what is not handled is not seen", () => {
    const core = coreOf(SERVICES);
    core.step({ kind: "answered", index: "7", value: {} });

    assert.throws(() => coreOf(SERVICES).step({ kind: "handled" }), /a handler that ended had begun/);
    assert.equal(core.step({ kind: "handled" })[0]?.kind, "remember");
  });
});

describe("a watch of events", () => {
  const event = (id: string): JsonValue => ({ ID: id, Name: "deploy", Payload: null, NodeFilter: "", ServiceFilter: "", TagFilter: "", Version: 1, LTime: 2 });
  const idsOf = (effect: unknown): string[] => [...JSON.stringify(effect).matchAll(/"ID":"(\w+)"/g)].map(([, id = ""]) => id);

  it("gives only those that came since, and does not fire without any", () => {
    const core = coreOf({ type: "event" });

    assert.deepEqual(core.step({ kind: "answered", index: "1", value: [] }), [{ kind: "ask", index: "1" }]);
    const [first] = core.step({ kind: "answered", index: "20", value: [event("a"), event("b")] });
    core.step({ kind: "handled" });
    const [second] = core.step({ kind: "answered", index: "3", value: [event("a"), event("b"), event("c")] });

    assert.deepEqual(idsOf(first), ["a", "b"]);
    assert.deepEqual(idsOf(second), ["c"]);
  });

  it("does not give them again after a failure or a restart, and all when the last one is not kept any more", () => {
    const seen = { digest: "", event: "b" };
    const core = coreOf({ type: "event" }, { seen });

    assert.deepEqual(core.step({ kind: "answered", index: "9", value: [event("a"), event("b")] }), [{ kind: "ask", index: "9" }]);
    core.step({ kind: "failed" });
    assert.deepEqual(core.step({ kind: "answered", index: "9", value: [event("a"), event("b")] }), [{ kind: "ask", index: "9" }]);
    assert.deepEqual(idsOf(core.step({ kind: "answered", index: "8", value: [event("x"), event("y")] })[0]), ["x", "y"]);
  });

  it("fires at the start without any, where it is told to (as Consul does)", () => {
    const [first] = coreOf({ type: "event" }, { fireAtStart: true }).step({ kind: "answered", index: "1", value: [] });

    assert.equal(first?.kind === "handle" && first.text, "[]");
  });
});
