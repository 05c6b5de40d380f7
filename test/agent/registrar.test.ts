import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import type { JsonValue } from "../../src/base/json.ts";
import { type ServiceDefinition, writeAgentServices } from "../../src/model/index.ts";
import { check, ONCE, service, startAgent } from "./support.ts";

const folders: string[] = [];
async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), "kvorum-agent-"));
  folders.push(made);
  return made;
}
after(() => Promise.all(folders.map((each) => rm(each, { recursive: true }))));

const TTL = check({ ttlMs: 60_000 });
const IN = { enable: true, reason: "", token: "" };

describe("what was registered with an agent", () => {
  it("is there again after a restart: services, sidecars, checks, maintenance", async () => {
    const place = await folder();
    const first = await startAgent({ folder: place });
    await first.agent.registerService(service("web", { port: 80, checks: [TTL], connect: { native: false, sidecar: service("") } }), ONCE);
    await first.agent.registerCheck(check({ id: "disk", name: "disk", http: "http://x/", intervalMs: 10_000 }));
    await first.agent.serviceMaintenance("web", { ...IN, reason: "moving" });
    await first.agent[Symbol.asyncDispose]();

    const { agent } = await startAgent({ folder: place });
    assert.deepEqual(
      agent
        .services()
        .map(({ id }) => id)
        .sort(),
      ["web", "web-sidecar-proxy"],
    );
    assert.deepEqual(
      agent
        .checks()
        .map(({ checkId }) => checkId)
        .sort(),
      ["_service_maintenance:web", "disk", "service:web", "service:web-sidecar-proxy:1", "service:web-sidecar-proxy:2"],
    );
    assert.equal(agent.checks('CheckID == "_service_maintenance:web"')[0]?.notes, "moving");
    await agent.deregisterService("web");
    assert.deepEqual(
      [...agent.services(), ...agent.checks()].map((each) => ("checkId" in each ? each.checkId : each.id)),
      ["disk"],
    );
    await agent[Symbol.asyncDispose]();
    assert.deepEqual(await readdir(join(place, "services")), []);
  });

  it("is critical after a restart until it has been looked at; a report of a TTL check holds for the rest of its time", async () => {
    const place = await folder();
    const first = await startAgent({ folder: place });
    await first.agent.registerService(service("web", { checks: [TTL, check({ ttlMs: 10_000, status: "passing" })] }), ONCE);
    await first.agent.report("service:web:1", "warning", "hm");
    await first.agent[Symbol.asyncDispose]();

    await first.clock.pass(50_000);
    const { agent, clock } = await startAgent({ folder: place, clock: first.clock });
    const statuses = (): readonly string[] => agent.checks().map(({ status, output }) => `${status} ${output}`.trim());
    assert.deepEqual(statuses().toSorted(), ["critical", "warning hm"]);
    await clock.pass(9_999);
    assert.equal(agent.checks('Output == "hm"').length, 1);
    await clock.pass(1);
    assert.equal(agent.checks('Output == "hm"').length, 0);
  });

  it("passes over a file that cannot be read", async () => {
    const place = await folder();
    const first = await startAgent({ folder: place });
    await first.agent.registerService(service("web"), ONCE);
    await first.agent[Symbol.asyncDispose]();
    await writeFile(join(place, "services", "0".repeat(64)), "{ torn");
    const { agent } = await startAgent({ folder: place });
    assert.equal(agent.services().length, 1);
  });

  it("loses nothing of a check's state when it is registered anew", async () => {
    const { agent } = await startAgent();
    await agent.registerService(service("web", { checks: [TTL] }), ONCE);
    await agent.report("service:web", "passing", "fine");
    await agent.registerService(service("web", { port: 81, checks: [TTL] }), ONCE);
    assert.deepEqual(
      agent.checks().map(({ status, output }) => [status, output]),
      [["passing", "fine"]],
    );
    assert.deepEqual(
      agent.transitions("service:web")?.map(({ from, to, output }) => [from, to, output]),
      [["critical", "passing", "fine"]],
    );
  });

  it("keeps maintenance when its checks are replaced", async () => {
    const { agent } = await startAgent();
    await agent.registerService(service("web", { checks: [TTL, TTL] }), ONCE);
    await agent.serviceMaintenance("web", IN);
    await agent.registerService(service("web", { checks: [TTL] }), { replaceExistingChecks: true });
    assert.deepEqual(
      agent
        .checks()
        .map(({ checkId }) => checkId)
        .sort(),
      ["_service_maintenance:web", "service:web"],
    );
  });

  it("gives a check that is named several times the state of the last, and of the one before where there was one", async () => {
    const { agent } = await startAgent();
    const several = (...statuses: readonly string[]) =>
      agent.registerService(service("web", { checks: statuses.map((status) => check({ id: "k", ttlMs: 60_000, status })) }), ONCE);
    const status = () => agent.checks()[0]?.status;
    await several("", "warning");
    assert.equal(status(), "warning");
    await several("", "passing");
    assert.equal(status(), "warning");
  });

  it("leaves a check that stays name and tags of its service as they were; the catalog has them as they are", async () => {
    const { agent, clock, catalog } = await startAgent();
    await agent.registerService(service("web", { id: "w", tags: ["a"], checks: [TTL] }), ONCE);
    await agent.registerService(service("site", { id: "w", tags: ["b"] }), ONCE);
    await clock.pass(0);
    assert.deepEqual(
      agent.checks().map(({ serviceName, serviceTags }) => [serviceName, serviceTags]),
      [["web", ["a"]]],
    );
    assert.deepEqual(
      [...catalog.services.values()].map(({ service: name }) => name),
      ["site"],
    );
  });

  it("has changed nothing when it is refused", async () => {
    const { agent } = await startAgent();
    const script = check({ args: ["true"], intervalMs: 1_000 });
    await assert.rejects(agent.registerService(service("web", { checks: [TTL, script] }), ONCE), /Scripts are disabled on this agent from remote calls/);
    assert.deepEqual([...agent.services(), ...agent.checks()], []);
  });
});

describe("a service at a unix socket", () => {
  it("says so in the catalog", async () => {
    const { agent, catalog, clock } = await startAgent();
    await agent.registerService(service("db", { socketPath: "/run/db.sock" }), ONCE);
    await clock.pass(0);
    assert.deepEqual(
      [...catalog.services.values()].map(({ socketPath }) => socketPath),
      ["/run/db.sock"],
    );
    assert.match(writeAgentServices(agent.services()), /"Address":"","SocketPath":"\/run\/db.sock"/);
  });
});

describe("sidecars (Consul docs, sidecar service registration)", () => {
  it("get a port of the range, keep it, and are refused when none is left", async () => {
    const { agent } = await startAgent();
    const withSidecar = (name: string) => agent.registerService(service(name, { port: 80, connect: { native: false, sidecar: service("") } }), ONCE);
    await withSidecar("a");
    await withSidecar("b");
    await withSidecar("a");
    const port = (id: string) => agent.service(`${id}-sidecar-proxy`)?.service.port;
    assert.deepEqual([port("a"), port("b")], [21_000, 21_001]);
    await assert.rejects(withSidecar("c"), /No ports left for sidecars in the configured range \[21000, 21001\]/);
    assert.equal(agent.service("c"), undefined);
  });

  it("keep their kind and what they say of Connect; of the rest only checks and metadata are looked at", async () => {
    const { agent } = await startAgent();
    const withSidecar = (changes: Partial<ServiceDefinition>) =>
      agent.registerService(service("a", { port: 80, connect: { native: false, sidecar: service("", changes) } }), ONCE);
    const proxy = { Upstreams: [{ DestinationName: "" }] };
    await withSidecar({ kind: "mesh-gateway", proxy, weights: { passing: 0, warning: 0 }, connect: { native: true, sidecar: undefined } });
    const made = agent.service("a-sidecar-proxy")?.service;
    assert.deepEqual([made?.kind, made?.connect, made?.weights], ["mesh-gateway", { Native: true }, { passing: 1, warning: 0 }]);
    await assert.rejects(withSidecar({ meta: { "consul-x": "y" } }), {
      code: "internal",
      message: "Bad request: Invalid SidecarService: Couldn't load metadata pair ('consul-x', 'y'): Key prefix 'consul-' is reserved for internal use",
    });
  });

  it("go with their service; a service of the same name that came by itself stays", async () => {
    const { agent } = await startAgent();
    await agent.registerService(service("a", { port: 80 }), ONCE);
    await agent.registerService(service("a-sidecar-proxy", { port: 81 }), ONCE);
    await agent.deregisterService("a");
    assert.deepEqual(
      agent.services().map(({ id }) => id),
      ["a-sidecar-proxy"],
    );
  });
});

describe("definitions of the configuration", () => {
  const web = {
    name: "web",
    port: 80,
    tagged_addresses: { lan: { address: "10.0.0.2", port: 1 } },
    meta: { my_key: "v" },
    check: { id: "own", ttl: "10s", deregister_critical_service_after: "10m" },
  };

  it("are registered, and read anew: what is said no more goes, what was registered by clients stays", async () => {
    const { agent, clock } = await startAgent({ definitions: { services: [web, { name: "db" }], checks: [{ name: "disk", ttl: "10s", status: "passing" }] } });
    await agent.registerService(service("own"), ONCE);
    await agent.report("own", "passing", "fine");
    assert.deepEqual(agent.service("web")?.service.meta, { my_key: "v" });
    assert.deepEqual(agent.service("web")?.service.taggedAddresses?.["lan"], { address: "10.0.0.2", port: 1 });
    await clock.pass(6_000);
    await agent.configure({ services: [web], checks: [] });
    assert.deepEqual(
      agent.services().map(({ id }) => id),
      ["web", "own"],
    );
    assert.deepEqual(
      agent.checks().map(({ checkId, status }) => `${checkId} ${status}`),
      ["own passing"],
    );
    await clock.pass(4_000); // its time has gone on: reading anew is no report
    assert.deepEqual(
      agent.checks().map(({ status }) => status),
      ["critical"],
    );
  });

  it("go on with the last report of a check of the node, for the rest of its time (seen on Consul 1.8.7)", async () => {
    const folderOfBoth = await folder();
    const definitions = { services: [{ name: "db", check: { id: "db", ttl: "1m" } }], checks: [{ name: "disk", ttl: "1m" }] };
    const first = await startAgent({ folder: folderOfBoth, definitions });
    for (const id of ["disk", "db"]) await first.agent.report(id, "warning", "hm");
    await first.agent[Symbol.asyncDispose]();
    await first.clock.pass(50_000);
    const { agent, clock } = await startAgent({ folder: folderOfBoth, clock: first.clock, definitions });
    const statuses = () =>
      agent
        .checks()
        .map(({ checkId, status, output }) => `${checkId} ${status} ${output}`.trim())
        .sort();
    assert.deepEqual(statuses(), ["db critical", "disk warning hm"]);
    await clock.pass(10_000);
    assert.equal(agent.checks('CheckID == "disk"')[0]?.status, "critical");
  });

  it("go before what was kept of a client's under the same id", async () => {
    const place = await folder();
    const first = await startAgent({ folder: place });
    await first.agent.registerService(service("web", { port: 1 }), ONCE);
    await first.agent[Symbol.asyncDispose]();
    const { agent } = await startAgent({ folder: place, definitions: { services: [web], checks: [] } });
    assert.equal(agent.service("web")?.service.port, 80);
    await agent[Symbol.asyncDispose]();
    assert.deepEqual(await readdir(join(place, "services")), []);
  });

  it("that are at fault are passed over", async () => {
    const { agent } = await startAgent({
      definitions: { services: [{ port: 80 }, { name: "ok" }, { name: "nowhere", address: "0.0.0.0" }], checks: [{ name: "z", ttl: "1s", status: "bogus" }] },
    });
    assert.deepEqual([...agent.services(), ...agent.checks()].length, 1);
  });

  const fatal: readonly (readonly [services: readonly JsonValue[], checks: readonly JsonValue[], words: string])[] = [
    [[], [{ name: "x" }], "Failed to register check 'x': Check is not valid: TTL must be > 0 for TTL checks"],
    [[], [{ name: "x", http: "y" }], "Failed to register check 'x': Check is not valid: Interval must be > 0 for Script, HTTP, or TCP checks"],
    [[], [{ name: "y", args: ["true"], interval: "10s" }], "Failed to register check 'y': Scripts are disabled on this agent; to enable"],
    [[{ name: "a", check: { name: "c" } }], [], 'Failed to validate checks for service "a": TTL must be > 0 for TTL checks'],
    [[{ name: "a", check: { args: ["true"], interval: "1s" } }], [], 'Failed to register service "a": Scripts are disabled on this agent; to enable'],
  ];
  for (const [services, checks, words] of fatal) {
    it(`end the start where Consul's ends: ${words}`, async () => {
      await assert.rejects(startAgent({ definitions: { services, checks } }), (error: Error) => error.message.startsWith(words));
    });
  }
});
