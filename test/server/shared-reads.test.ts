import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { maxSharedReads } from "../../src/server/limits.ts";
import { SharedReads } from "../../src/server/shared-reads.ts";
import { WatchSet } from "../../src/state/index.ts";
import { Bench } from "../state/harness.ts";
import { READ } from "./cluster.ts";

const BLOCKING = { ...READ, minIndex: 1 };

function bench() {
  const state = new Bench();
  state.node();
  state.service("web");
  const shared = new SharedReads(state.store);
  let reads = 0;
  const of = (service: string, options: typeof READ | typeof BLOCKING = BLOCKING) => {
    const request = { service, connect: false, tags: [], nodeMeta: {} };
    return shared.share({ method: "Health.ServiceNodes", request, options }, (watch) => {
      reads++;
      return state.store.health.serviceNodes(request, watch);
    });
  };
  return { state, shared, of, reads: () => reads };
}

describe("SharedReads", () => {
  it("reads once for all that wait for the same, as long as nothing has changed", () => {
    const { state, of, reads } = bench();
    const first = of("web")();

    assert.equal(of("web")(), first);
    assert.equal(reads(), 1);
    of("db")();
    assert.equal(reads(), 2);
    state.set("anything");
    assert.notEqual(of("web")(), first);
  });

  it("wakes everybody who shares a reading", () => {
    const { state, of } = bench();
    const woken: string[] = [];
    for (const name of ["a", "b"]) {
      const watch = new WatchSet();
      of("web")(watch);
      watch.wait(() => woken.push(name));
    }

    state.check("c", { serviceId: "web" });
    assert.deepEqual(woken, ["a", "b"]);
  });

  it("leaves reads that do not wait as they are, and holds no more than it may", () => {
    const { of, reads } = bench();
    of("web", READ)();
    of("web", READ)();
    assert.equal(reads(), 2);

    for (let at = 0; at <= maxSharedReads; at++) of(`s${at}`)();
    of("s0")();
    assert.equal(reads(), 2 + maxSharedReads + 2);
  });
});
