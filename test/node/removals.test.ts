import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { LocalAgent } from "../../src/agent/index.ts";
import { KvorumError } from "../../src/base/errors.ts";
import type { RequestOf } from "../../src/model/index.ts";
import { Removals } from "../../src/node/removals.ts";
import { ScriptedBackend, TestLog } from "../http/scripted-backend.ts";
import { check, service } from "../state/harness.ts";

const OPTIONS = { datacenter: "", token: "" };

function world(script: ConstructorParameters<typeof ScriptedBackend>[0] = {}) {
  const inner = new ScriptedBackend(script);
  const removed: unknown[] = [];
  // of a whole agent only this is asked
  const local = { doubt: (what: unknown) => removed.push(what) } as unknown as LocalAgent;
  const backend = new Removals(inner, { nodeName: "n1", local }, new TestLog().logger);
  const fired = (): readonly RequestOf<"Event.Fire">[] =>
    inner.asked.filter(({ method }) => method === "Event.Fire").map(({ request }) => request as RequestOf<"Event.Fire">);
  return { backend, local, removed, fired };
}

describe("a removal from the catalog", () => {
  it("of this node reaches its own agent", async () => {
    const { backend, removed, fired } = world();
    await backend.call("Catalog.Deregister", { node: "N1", serviceId: "web", checkId: "", options: OPTIONS });
    assert.deepEqual(removed, [{ serviceId: "web", checkId: "" }]);
    assert.deepEqual(fired(), []);
  });

  it("of another node reaches the agent there, and no other", async () => {
    const { backend, fired } = world();
    await backend.call("Catalog.Deregister", { node: "n2", serviceId: "", checkId: "disk", options: OPTIONS });
    const [event] = fired();
    assert(event !== undefined);
    const there = world();
    Removals.receive(event, "n2", there.local);
    Removals.receive(event, "n3", there.local);
    assert.deepEqual(there.removed, [{ node: "n2", serviceId: "", checkId: "disk" }]);
  });

  it("by a transaction is told as well", async () => {
    const { backend, removed } = world();
    const ops = [
      { kind: "service", verb: "delete", service: service("web"), index: 0 },
      { kind: "check", verb: "delete-cas", check: check("disk"), index: 4 },
      { kind: "check", verb: "set", check: check("fan"), index: 0 },
    ] as const;
    await backend.call("Txn.Apply", { ops, options: OPTIONS });
    assert.deepEqual(removed, [
      { serviceId: "web", checkId: "" },
      { serviceId: "", checkId: "disk" },
    ]);
  });

  it("of a whole node is told to nobody: whoever lives there comes back", async () => {
    const { backend, removed, fired } = world();
    await backend.call("Catalog.Deregister", { node: "n2", serviceId: "", checkId: "", options: OPTIONS });
    assert.deepEqual([...removed, ...fired()], []);
  });

  it("stands when nobody could be told", async () => {
    const { backend } = world({
      "Event.Fire": () => {
        throw new KvorumError("internal", "the pool is gone");
      },
    });
    await backend.call("Catalog.Deregister", { node: "n2", serviceId: "web", checkId: "", options: OPTIONS });
  });

  it("that nobody of us told is passed over", () => {
    const { local, removed } = world();
    for (const payload of ["", "{", "[]", '{"Node":1}', '{"Node":"n1","ServiceID":"web"}'])
      Removals.receive({ name: "kvorum:removed", payload: Buffer.from(payload) }, "n1", local);
    Removals.receive({ name: "other", payload: Buffer.from('{"Node":"n1","ServiceID":"web","CheckID":""}') }, "n1", local);
    assert.deepEqual(removed, []);
  });
});
