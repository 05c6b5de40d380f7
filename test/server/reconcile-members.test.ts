import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { asNodeId } from "../../src/base/ids.ts";
import { Scope } from "../../src/base/scope.ts";

import type { ServerContext } from "../../src/server/context.ts";
import { MemberReconciler } from "../../src/server/leader/reconcile-members.ts";
import type { Member } from "../../src/server/ports.ts";
import { Bench, node } from "../state/harness.ts";
import { HandClock } from "../support/hand-clock.ts";
import { until } from "../support/until.ts";

const OLD = asNodeId("aaaaaaaa-0000-0000-0000-000000000001");
const NEW = asNodeId("bbbbbbbb-0000-0000-0000-000000000002");

function member(id: Member["id"]): Member {
  const rest = { voter: false, failedForMs: 0, version: "1.8.7", expect: 0, bootstrap: false } as const;
  return { id, name: "n1", address: "10.0.0.1:8301", server: false, status: "alive", ...rest };
}

/** Reconciles one member with a store into which its agent, if it has one, writes right before the leader's own registration comes through. */
async function reconcile(bench: Bench, id: Member["id"], hasAgent = true): Promise<void> {
  const nothing = (): void => {};
  const quick = { ...node("n1", { id, address: "10.0.0.1", meta: { rack: "r7" } }) };
  const term = new Scope();
  const warnings: unknown[] = [];
  const context = {
    settings: { datacenter: "dc1", nodeName: "s1" },
    platform: { clock: new HandClock() },
    logger: { info: nothing, warn: (...words: unknown[]) => warnings.push(words) },
    meters: { reconcile: { observe: nothing }, reconcileMember: { observe: nothing } },
    state: bench.store,
    members: { pooled: true, members: () => [member(id)], onChange: () => ({ [Symbol.dispose]: nothing }) },
    raft: {
      async propose(command: Uint8Array): Promise<unknown> {
        const mine = bench.store.health.node("n1").value.length === 0 && bench.store.catalog.node("n1").value === undefined;
        if (mine && hasAgent) bench.run("catalog.register", { node: quick, skipNodeUpdate: false, service: undefined, checks: [] });
        bench.index += 1;
        const result = bench.store.apply(bench.index, command);
        bench.store.applied(bench.index);
        return result;
      },
    },
  };
  // What a reconciler of one member asks for; the rest of a server is not there.
  new MemberReconciler(context as unknown as ServerContext).trigger(term);
  await until("the member is registered", () => warnings.length > 0 || bench.store.health.node("n1").value.some(({ status }) => status === "passing"));
  assert.deepEqual(warnings, []);
  await term[Symbol.asyncDispose]();
}

describe("MemberReconciler", () => {
  it("leaves the metadata of an agent that registered itself while the leader was about to", async () => {
    const bench = new Bench();
    await reconcile(bench, NEW);
    assert.deepEqual(bench.store.catalog.node("n1").value?.meta, { rack: "r7" });
  });

  it("leaves it too where the agent's machine takes the name of another one", async () => {
    const bench = new Bench();
    bench.node("n1", { id: OLD, address: "10.0.0.9", meta: { rack: "r1" } });
    await reconcile(bench, NEW);
    const { id, address, meta } = bench.store.catalog.node("n1").value ?? assert.fail();
    assert.deepEqual([id, address, meta], [NEW, "10.0.0.1", { rack: "r7" }]);
  });

  it("says nothing of a member that says nothing of itself, a plain serf agent", async () => {
    const bench = new Bench();
    await reconcile(bench, NEW, false);
    const { address, taggedAddresses, meta } = bench.store.catalog.node("n1").value ?? assert.fail();
    assert.deepEqual([address, taggedAddresses, meta], ["10.0.0.1", undefined, undefined]);
  });
});
