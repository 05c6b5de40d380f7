import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { KvorumError } from "../../src/base/errors.ts";
import { check, NODE, ONCE, OneNodeCatalog, service, startAgent } from "./support.ts";

const TTL = check({ ttlMs: 60_000, name: "beat" });

describe("anti-entropy", () => {
  it("writes a service with its checks at once and in one go", async () => {
    const { agent, catalog, clock } = await startAgent();
    await agent.registerService(service("web", { checks: [TTL, check({ ttlMs: 1_000, status: "passing" })] }), ONCE);
    await clock.pass(0);
    assert.deepEqual(catalog.writes, ["node", "web service:web:1=critical service:web:2=passing"]);
    assert.equal(agent.syncState, "partial");
  });

  it("tells a new status at once", async () => {
    const { agent, catalog, clock } = await startAgent();
    await agent.registerService(service("web", { checks: [TTL] }), ONCE);
    await clock.pass(0);
    await agent.report("service:web", "passing", "fine");
    await clock.pass(0);
    assert.equal(catalog.checks.get("service:web")?.output, "fine");
    assert.equal(catalog.writes.at(-1), "service:web=passing");
  });

  it("tells a new output alone only after check_update_interval, and only the last", async () => {
    const { agent, catalog, clock } = await startAgent({ settings: { checkUpdateIntervalMs: 10_000, fullSyncIntervalMs: 1_000_000 } });
    await agent.registerCheck(check({ id: "c", name: "c", ttlMs: 600_000, status: "passing" }));
    await clock.pass(0);
    const before = catalog.writes.length;
    await agent.report("c", "passing", "one");
    await agent.report("c", "passing", "two");
    await clock.pass(4_999);
    assert.equal(catalog.writes.length, before);
    await clock.pass(1);
    assert.deepEqual(catalog.writes.slice(before), ["c=passing"]);
    assert.equal(catalog.checks.get("c")?.output, "two");
  });

  it("removes what the catalog has under its node and the agent does not, but neither serfHealth nor the service consul", async () => {
    const catalog = new OneNodeCatalog();
    const other = await startAgent({ catalog });
    await other.agent.registerService(service("old", { checks: [TTL] }), ONCE);
    await other.agent.registerService(service("consul"), ONCE);
    await other.agent.registerCheck(check({ id: "serfHealth", name: "x", ttlMs: 1 }));
    await other.clock.pass(0);
    await startAgent({ catalog });
    assert.deepEqual([...catalog.services.keys()], ["consul"]);
    assert.deepEqual([...catalog.checks.keys()], ["serfHealth"]);
  });

  it("puts back what somebody took out or changed behind its back, with the next full sync", async () => {
    const { agent, catalog, clock } = await startAgent();
    await agent.registerService(service("a", { tags: ["v1"] }), ONCE);
    await agent.registerService(service("b"), ONCE);
    await clock.pass(0);
    const b = catalog.services.get("b");
    assert(b !== undefined);
    catalog.services.delete("a");
    catalog.services.set("b", { ...b, port: 99 });
    await clock.pass(59_999);
    assert.equal(catalog.services.size, 1);
    await clock.pass(1);
    assert.deepEqual(catalog.services.get("a")?.tags, ["v1"]);
    assert.equal(catalog.services.get("b")?.port, 0);
  });

  it("goes on comparing everything when the time for it comes while a change is being written", async () => {
    const { agent, catalog, clock } = await startAgent();
    await agent.registerService(service("a"), ONCE);
    await clock.pass(0);
    let answer = (): void => undefined;
    catalog.held = new Promise((resolve) => {
      answer = resolve;
    });
    await agent.registerService(service("b"), ONCE);
    await clock.pass(60_000);
    catalog.held = undefined;
    catalog.services.delete("a");
    answer();
    await clock.pass(0);
    assert.deepEqual([...catalog.services.keys()].sort(), ["a", "b"]);
  });

  it("leaves tags to others where the service allows it (enable_tag_override)", async () => {
    const { agent, catalog, clock } = await startAgent();
    await agent.registerService(service("db", { tags: ["replica"], enableTagOverride: true, checks: [TTL] }), ONCE);
    await clock.pass(0);
    const db = catalog.services.get("db");
    const beat = catalog.checks.get("service:db");
    assert(db !== undefined && beat !== undefined);
    catalog.services.set("db", { ...db, tags: ["primary"] });
    catalog.checks.set("service:db", { ...beat, serviceTags: ["primary"] });
    const before = catalog.writes.length;
    await clock.pass(120_000);
    assert.equal(catalog.writes.length, before);
    assert.deepEqual(agent.service("db")?.service.tags, ["primary"]);
  });

  it("writes the node anew when its description differs", async () => {
    const { catalog, clock } = await startAgent();
    catalog.node = { ...NODE, meta: { a: "b" } };
    await clock.pass(60_000);
    assert.deepEqual(catalog.node, NODE);
  });

  it("writes the node anew when it is described anew while it is being written", async () => {
    const { agent, catalog, clock } = await startAgent();
    await clock.pass(0);
    await agent.registerService(service("web"), ONCE);
    catalog.asked = () => agent.describe({ meta: { rack: "2" }, discardCheckOutput: false });
    await clock.pass(0);
    assert.deepEqual(catalog.node?.meta, { rack: "2" });
  });

  it("is in retry while nobody answers, and writes everything when somebody does", async () => {
    const catalog = new OneNodeCatalog();
    catalog.fault = new KvorumError("no-leader", "No cluster leader");
    const { agent, clock } = await startAgent({ catalog });
    await agent.registerService(service("web"), ONCE);
    await clock.pass(0);
    assert.equal(agent.syncState, "retry");
    catalog.fault = undefined;
    await clock.pass(3_000);
    assert.equal(agent.syncState, "partial");
    assert.deepEqual([...catalog.services.keys()], ["web"]);
  });

  it("tries again soon when a server came while it was being refused", async () => {
    const { agent, catalog, clock } = await startAgent();
    await agent.registerService(service("web"), ONCE);
    await clock.pass(0);
    catalog.services.delete("web");
    catalog.fault = new KvorumError("internal", "not yet");
    catalog.asked = () => agent.serverUp();
    await clock.pass(60_000);
    catalog.fault = undefined;
    catalog.asked = () => undefined;
    await clock.pass(6_000);
    assert.deepEqual([...catalog.services.keys()], ["web"]);
  });

  it("tries again before the interval is over what was refused, and does not hold back the rest", async () => {
    const { agent, catalog, clock } = await startAgent();
    catalog.fault = new KvorumError("permission-denied", "Permission denied");
    await agent.registerService(service("web"), ONCE);
    await clock.pass(0);
    catalog.fault = undefined;
    await agent.registerService(service("db"), ONCE);
    await clock.pass(0);
    assert.deepEqual([...catalog.services.keys()], ["web", "db"]);
  });

  it("compares everything the more rarely the more members there are (Consul docs, anti-entropy)", async () => {
    const small = await startAgent({ members: 128 });
    const large = await startAgent({ members: 512 });
    for (const { catalog } of [small, large]) catalog.node = undefined;
    await small.clock.pass(60_000);
    await large.clock.pass(179_999);
    assert.notEqual(small.catalog.node, undefined);
    assert.equal(large.catalog.node, undefined);
    await large.clock.pass(1);
    assert.notEqual(large.catalog.node, undefined);
  });
});
