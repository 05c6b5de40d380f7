import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { freeLoopback } from "../support/addresses.ts";
import { removeFolder, scratchFolder } from "../support/processes.ts";
import { PROGRAM } from "../support/programs.ts";
import { ServerProcess } from "../support/server-process.ts";
import { until } from "../support/until.ts";

describe("a reload of a running agent", { timeout: 120_000 }, () => {
  let folder: string;
  let server: ServerProcess;
  const more = (settings: Readonly<Record<string, unknown>> | string): void =>
    writeFileSync(join(folder, "more.json"), typeof settings === "string" ? settings : JSON.stringify(settings));
  const logged = (text: string): Promise<unknown> => until(`the log has: ${text}`, () => server.process.log().includes(text));
  const reloads = (): number => server.process.log().split("Configuration read anew").length - 1;

  before(async () => {
    folder = scratchFolder("reload");
    more({ node_meta: { rack: "1" } });
    const config = { bootstrap: true, performance: { raft_multiplier: 1, leave_drain_time: "1ms" } };
    server = new ServerProcess({ program: PROGRAM, name: "s1", address: `${await freeLoopback()}.1`, folder: join(folder, "s1"), config });
    server.start([`-config-file=${join(folder, "more.json")}`]);
    await server.answers();
    await until("it leads", async () => ((await server.api.json("GET", "/v1/status/leader")) as string) !== "");
  });
  after(async () => {
    await server.kill();
    removeFolder(folder);
  });

  it("takes over what can change, and names what waits for the next start", async () => {
    await until("the catalog has the metadata", async () => (await meta())["rack"] === "1");
    more({
      node_meta: { rack: "2" },
      service: { name: "web" },
      telemetry: { prefix_filter: ["-consul.raft"] },
      ports: { dns: 18_600 },
      datacenter: "dc9",
    });

    assert.equal((await server.api.ask("PUT", "/v1/agent/reload")).status, 200);

    await until("the catalog follows", async () => (await meta())["rack"] === "2");
    const self = (await server.api.json("GET", "/v1/agent/self")) as { readonly Meta: object; readonly Config: { readonly Datacenter: string } };
    assert.deepEqual(self.Meta, { "consul-network-segment": "", rack: "2" });
    assert.equal(self.Config.Datacenter, "dc1");
    await until("the service is there", async () => JSON.stringify(await server.api.json("GET", "/v1/agent/services")).includes('"web"'));
    assert.ok(!JSON.stringify(await server.api.json("GET", "/v1/agent/metrics")).includes("consul.raft."));
    await logged('Settings have changed that count only from the next start on: settings="datacenter, ports.dns"');
  });

  it("leaves everything as it was when a file is at fault, and says why", async () => {
    more('{"node_meta": {"rack": "3"}, "log_level": 5}');
    const answer = await server.api.ask("PUT", "/v1/agent/reload");
    assert.equal(answer.status, 500);
    assert.match(String(answer.body), /more\.json: 1 error\(s\) decoding:\n\n\* 'log_level' expected type 'string', got unconvertible type 'float64'/);

    server.process.signal("SIGHUP");

    await logged("Fault in the configuration that was to be read anew");
    assert.equal((await meta())["rack"], "2");
  });

  it("passes over a definition that is at fault, takes the rest, and says so", async () => {
    more({ node_meta: { rack: "4" }, services: [{ name: "web" }, { name: "odd", check: { ttl: "1s", status: "odd" } }] });
    const answer = await server.api.ask("PUT", "/v1/agent/reload");
    assert.equal(answer.status, 500);
    assert.match(String(answer.body), /Failed reloading services and checks: .*"odd"/);
    assert.deepEqual(Object.keys((await server.api.json("GET", "/v1/agent/services")) as object), ["web"]);
    await until("the catalog follows", async () => (await meta())["rack"] === "4");
  });

  it("changes limits: calls too many are answered with 429 and nothing else, connections too many are closed", async () => {
    more({ limits: { rpc_rate: 0.001, rpc_max_burst: 2, http_max_conns_per_client: 1 } });
    const before = reloads();
    server.process.signal("SIGHUP");
    await until("it was read", () => reloads() > before);

    // Its own bookkeeping takes of the same burst.
    let answer = await server.api.ask("GET", "/v1/kv/x");
    for (let tries = 0; answer.status === 404 && tries < 3; tries++) answer = await server.api.ask("GET", "/v1/kv/x");
    assert.equal(answer.status, 429);
    assert.equal(String(answer.body), "");
    assert.equal((await server.api.ask("GET", "/v1/agent/self")).status, 200);
    const closed = await Promise.all(
      [1, 2, 3].map(
        () =>
          new Promise<boolean>((done) => {
            const socket = connect({ host: server.address, port: 8500 });
            socket.once("error", () => done(true));
            socket.once("close", () => done(true));
            socket.once("data", () => {
              socket.destroy();
              done(false);
            });
            socket.write("GET /v1/agent/self HTTP/1.1\r\nHost: x\r\n\r\n");
          }),
      ),
    );
    assert.ok(closed.includes(true));
  });

  const meta = async (): Promise<Readonly<Record<string, string>>> => {
    const found = (await server.api.json("GET", "/v1/catalog/node/s1")) as { readonly Node: { readonly Meta: Readonly<Record<string, string>> } } | null;
    return found?.Node.Meta ?? {};
  };
});
