import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sendThroughPool, UserEvents, type UserEventsOptions } from "../../src/agent/index.ts";
import { BadRequestError, KvorumError } from "../../src/base/errors.ts";
import { encodeUserEvent } from "../../src/gossip/index.ts";
import type { Backend } from "../../src/model/index.ts";
import { TestLog } from "../http/scripted-backend.ts";

const NOTHING = { payload: new Uint8Array(), nodeFilter: "", serviceFilter: "", tagFilter: "" };
const ID = "15d63cc5-7ac7-ccc0-1572-9b45bddd3d37";

/** An agent whose own events come back to it, as from a pool of one. */
function agent(changes: Partial<UserEventsOptions> = {}): { readonly events: UserEvents; readonly asked: unknown[] } {
  const asked: unknown[] = [];
  let ltime = 0n;
  const call = async (method: string, request: { readonly name: string; readonly payload: Uint8Array; readonly options: object }) => {
    asked.push([method, request.options]);
    events.receive({ ...request, ltime: ++ltime });
  };
  const events = new UserEvents({
    nodeName: "n1",
    services: () => [],
    backend: { call: call as Backend["call"] },
    random: { int: () => 0, bytes: (count) => new Uint8Array(count).fill(7) },
    logger: new TestLog().logger,
    ...changes,
  });
  return { events, asked };
}

describe("UserEvents", () => {
  it("sends an event through a server of the datacenter, and keeps it when it comes back", async () => {
    const { events, asked } = agent();
    const fired = await events.fire({ ...NOTHING, name: "deploy", payload: Buffer.from("v2"), datacenter: "dc2", token: "t" });
    assert.deepEqual(asked, [["Event.Fire", { datacenter: "dc2", token: "t" }]]);
    assert.equal(fired.id, "07070707-0707-0707-0707-070707070707");
    assert.equal(fired.ltime, 0n);
    const [kept] = events.recent();
    assert.deepEqual([kept?.id, kept?.name, Buffer.from(kept?.payload ?? []).toString(), kept?.version, kept?.ltime], [fired.id, "deploy", "v2", 1, 1n]);
  });

  const refused: readonly (readonly [Partial<typeof NOTHING & { name: string }>, string])[] = [
    [{ name: "" }, "User event missing name"],
    [{ tagFilter: "a" }, "Cannot provide tag filter without service filter"],
    [{ nodeFilter: "(" }, "Invalid node filter: error parsing regexp: missing closing ): `(`"],
    [{ serviceFilter: "[a" }, "Invalid service filter: error parsing regexp: missing closing ]: `[a`"],
    [{ serviceFilter: "a", tagFilter: "*" }, "Invalid tag filter: error parsing regexp: missing argument to repetition operator: `*`"],
  ];
  for (const [wanted, message] of refused)
    it(`refuses ${JSON.stringify(wanted)}, and sends nothing`, async () => {
      const { events, asked } = agent();
      await assert.rejects(events.fire({ ...NOTHING, name: "x", datacenter: "", token: "", ...wanted }), { message });
      assert.deepEqual(asked, []);
    });

  it("keeps the last 256, oldest first", async () => {
    const { events } = agent();
    for (let at = 0; at < 300; at++) await events.fire({ ...NOTHING, name: `e${at}`, datacenter: "", token: "" });
    const names = events.recent().map(({ name }) => name);
    assert.equal(names.length, 256);
    assert.deepEqual([names[0], names.at(-1)], ["e44", "e299"]);
  });

  const services = [{ name: "web", tags: ["v1", "blue"] }];
  const filters: readonly (readonly [Partial<typeof NOTHING>, boolean])[] = [
    [{}, true],
    [{ nodeFilter: "^n[0-9]$" }, true],
    [{ nodeFilter: "n2" }, false],
    [{ nodeFilter: "(" }, false],
    [{ serviceFilter: "w.b" }, true],
    [{ serviceFilter: "api" }, false],
    [{ serviceFilter: "web", tagFilter: "^v\\d$" }, true],
    [{ serviceFilter: "web", tagFilter: "green" }, false],
    [{ nodeFilter: "n2", serviceFilter: "web" }, false],
  ];
  for (const [filter, means] of filters)
    it(`is ${means ? "" : "not "}meant by ${JSON.stringify(filter)}`, () => {
      const { events } = agent({ services: () => services });
      events.receive({ ...encodeUserEvent({ ...NOTHING, id: ID, name: "x", ...filter }), ltime: 1n });
      assert.equal(events.recent().length, means ? 1 : 0);
    });

  it("is soon done with a filter that stops other engines", () => {
    const { events } = agent({ nodeName: "a".repeat(60) });
    const began = performance.now();
    events.receive({ ...encodeUserEvent({ ...NOTHING, id: ID, name: "x", nodeFilter: "(a+)+$b" }), ltime: 1n });
    assert.deepEqual(events.recent(), []);
    assert.ok(performance.now() - began < 30_000);
  });

  it("passes over events of the servers, and what cannot be read", () => {
    const { events } = agent();
    events.receive({ name: "consul:new-leader", payload: Buffer.from("n1"), ltime: 1n });
    events.receive({ name: "consul:event:x", payload: Buffer.from([0xc1]), ltime: 2n });
    assert.deepEqual(events.recent(), []);
  });

  it("wakes who waits once, and nobody who has stopped", async () => {
    const { events } = agent();
    const woken: string[] = [];
    events.onNext(() => void woken.push("a"));
    const gone = events.onNext(() => void woken.push("b"));
    gone[Symbol.dispose]();
    for (let at = 0; at < 2; at++) await events.fire({ ...NOTHING, name: "x", datacenter: "", token: "" });
    assert.deepEqual(woken, ["a"]);
  });
});

describe("sendThroughPool", () => {
  const refusals: readonly (readonly [size: number, error: KvorumError, why: string])[] = [
    [600, new BadRequestError("x"), "user event exceeds configured limit of 512 bytes before encoding"],
    [500, new BadRequestError("x"), "encoded user event exceeds configured limit of 512 bytes after encoding"],
    [1, new KvorumError("unavailable", "the pool is closed"), "the pool is closed"],
  ];
  for (const [size, error, why] of refusals)
    it(`tells as Consul does: ${why}`, () => {
      const pool = {
        fireEvent: () => {
          throw error;
        },
      };
      const message = `1 error occurred:\n\t* error broadcasting event to segment "": ${why}\n\n`;
      assert.throws(() => sendThroughPool(pool, "x", new Uint8Array(size)), { code: "internal", message });
    });
});
