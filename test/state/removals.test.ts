import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HEEDS_NONE, type Heeds, type Registration } from "../../src/model/index.ts";
import { REMOVALS_KEPT, REMOVALS_SPARED } from "../../src/state/limits.ts";
import { Bench, check, done, node, service } from "./harness.ts";

const WEB: Registration = { node: node("n1"), skipNodeUpdate: true, service: service("web"), checks: [check("up", { serviceId: "web" }), check("hot")] };

function bench(): Bench {
  const made = new Bench();
  done(made.run("catalog.register", WEB));
  return made;
}

function remove(on: Bench, what: { readonly serviceId?: string; readonly checkId?: string }, at = 100): void {
  done(on.run("catalog.remove", { node: "n1", serviceId: "", checkId: "", ...what, at }));
}

function sync(on: Bench, registration: Registration, heeds: Heeds): unknown {
  const outcome = on.run("catalog.sync", { registration, heeds });
  return outcome.kind === "done" ? outcome.value : outcome.message;
}

function there({ store }: Bench): string {
  const services = (store.catalog.nodeServices("n1").value?.services ?? []).map(({ id }) => id);
  return [...services, ...store.health.node("n1").value.map(({ checkId }) => checkId)].join(",");
}

const NOTHING = { services: [], checks: [] };
const CHECK_OF_WEB: Registration = { ...WEB, service: undefined, checks: [check("up", { serviceId: "web", status: "warning" })] };

describe("what was removed from the catalog for good", () => {
  for (const [say, heeds, left, answer] of [
    ["all of it was there before", { service: 0, checks: [0, 0] }, "hot", { services: ["web"], checks: [] }],
    ["it was registered before", { service: 99, checks: [99, 99] }, "hot", { services: ["web"], checks: [] }],
    ["it was registered in that very moment", { service: 100, checks: [100, 100] }, "web,hot,up", NOTHING],
    ["it was registered later", { service: 101, checks: [101, 101] }, "web,hot,up", NOTHING],
    ["it is registered anew", { service: HEEDS_NONE, checks: [HEEDS_NONE, 0] }, "web,hot,up", NOTHING],
  ] as const) {
    it(`is written by its agent or not, a service: ${say}`, () => {
      const on = bench();
      remove(on, { serviceId: "WEB" });
      assert.equal(there(on), "hot");
      assert.deepEqual(sync(on, WEB, heeds), answer);
      assert.equal(there(on), left);
    });
  }

  it("is written by its agent or not, a check", () => {
    const on = bench();
    remove(on, { checkId: "up" });
    assert.deepEqual(sync(on, WEB, { service: 0, checks: [0, 0] }), { services: [], checks: ["up"] });
    assert.equal(there(on), "web,hot");
    assert.deepEqual(sync(on, WEB, { service: 0, checks: [101, 0] }), NOTHING);
    assert.equal(there(on), "web,hot,up");
  });

  it("takes the checks of a service with it, which then name the service", () => {
    const on = bench();
    remove(on, { serviceId: "web" });
    assert.deepEqual(sync(on, CHECK_OF_WEB, { service: HEEDS_NONE, checks: [HEEDS_NONE] }), { services: ["web"], checks: [] });
    assert.equal(there(on), "hot");
  });

  for (const [say, again] of [
    ["a registration", (on: Bench) => done(on.run("catalog.register", WEB))],
    ["a transaction", (on: Bench) => on.run("txn", { ops: [{ kind: "service", verb: "set", service: service("web"), index: 0 }] })],
  ] as const) {
    it(`is forgotten with ${say} by anybody else`, () => {
      const on = bench();
      remove(on, { serviceId: "web" });
      again(on);
      done(on.run("catalog.deregister", { node: "n1", serviceId: "web", checkId: "" }));
      assert.deepEqual(sync(on, WEB, { service: 0, checks: [0, 0] }), NOTHING);
    });
  }

  it("is also what a transaction deletes", () => {
    const on = bench();
    const ops = [
      { kind: "service", verb: "delete", service: service("web"), index: 0 },
      { kind: "check", verb: "delete", check: check("hot"), index: 0 },
    ] as const;
    assert.deepEqual(on.run("txn.remove", { ops, at: 100 }), { results: [], errors: [] });
    assert.deepEqual(sync(on, WEB, { service: 0, checks: [0, 0] }), { services: ["web"], checks: ["hot"] });
    assert.equal(there(on), "");
  });

  it("is not what its own agent takes out, nor what went with its node", () => {
    for (const serviceId of ["web", ""]) {
      const on = bench();
      done(on.run("catalog.deregister", { node: "n1", serviceId, checkId: "" }));
      assert.deepEqual(sync(on, WEB, { service: 0, checks: [0, 0] }), NOTHING);
      assert.equal(there(on), "web,hot,up");
    }
  });

  it("stays away when its node goes afterwards, until it is older than is kept", () => {
    const on = bench();
    remove(on, { serviceId: "web" });
    done(on.run("catalog.deregister", { node: "n1", serviceId: "", checkId: "" }));
    done(on.run("catalog.reap", { before: 100 }));
    assert.equal(on.store.oldestRemoval(), 100);
    assert.deepEqual(sync(on, WEB, { service: 0, checks: [0, 0] }), { services: ["web"], checks: [] });
    done(on.run("catalog.reap", { before: 101 }));
    assert.equal(on.store.oldestRemoval(), undefined);
    assert.deepEqual(sync(on, WEB, { service: 0, checks: [0, 0] }), NOTHING);
  });

  it("is nothing that was not there: no index moves, and nothing is kept", () => {
    const on = bench();
    const before = on.store.catalog.nodeServices("n1").index;
    remove(on, { serviceId: "other" });
    remove(on, { checkId: "other" });
    assert.equal(on.store.oldestRemoval(), undefined);
    assert.equal(on.store.catalog.nodeServices("n1").index, before);
  });

  it("is kept of so many, and of more the youngest", () => {
    const on = bench();
    for (let at = 1; at <= REMOVALS_KEPT + 1; at++) {
      done(on.run("catalog.register", { ...WEB, service: service(`s${at}`), checks: [] }));
      remove(on, { serviceId: `s${at}` }, at);
    }
    assert.equal(on.store.oldestRemoval(), REMOVALS_KEPT + 2 - REMOVALS_SPARED);
  });

  it("comes back with a snapshot, and one of a version that kept nothing is read as well", async () => {
    for (const keeps of [true, false]) {
      const on = bench();
      if (keeps) remove(on, { serviceId: "web" });
      else done(on.run("catalog.deregister", { node: "n1", serviceId: "web", checkId: "" }));
      const chunks = [...on.store.snapshot().chunks(), new Uint8Array()];
      const copy = new Bench();
      await copy.store.restore(async () => chunks.shift() ?? new Uint8Array(), { index: on.index });
      copy.index = on.index;
      assert.equal(copy.store.stateHash(), on.store.stateHash());
      assert.deepEqual(sync(copy, WEB, { service: 0, checks: [0, 0] }), keeps ? { services: ["web"], checks: [] } : NOTHING);
    }
  });

  it("changes nothing where the rest is refused", () => {
    const on = bench();
    remove(on, { checkId: "hot" });
    const bad = { ...WEB, checks: [...WEB.checks, check("orphan", { serviceId: "nobody" })] };
    assert.match(String(sync(on, bad, { service: 0, checks: [0, HEEDS_NONE, 0] })), /Missing service registration/);
    assert.deepEqual(sync(on, WEB, { service: 0, checks: [0, 0] }), { services: [], checks: ["hot"] });
  });
});
