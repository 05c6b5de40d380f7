import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { freeLoopback } from "../support/addresses.ts";
import { removeFolder, scratchFolder } from "../support/processes.ts";
import { PROGRAM } from "../support/programs.ts";
import { ServerProcess } from "../support/server-process.ts";
import { until } from "../support/until.ts";

describe("an agent's watches", { timeout: 400_000 }, () => {
  let folder = "";
  let server: ServerProcess;
  const noting = (name: string): readonly string[] => ["sh", "-c", `echo $CONSUL_INDEX $(cat) >> ${join(folder, name)}`];
  const noted = (name: string): string => (existsSync(join(folder, name)) ? readFileSync(join(folder, name), "utf8") : "");

  before(async () => {
    folder = scratchFolder("watching");
    server = new ServerProcess({
      program: PROGRAM,
      name: "watching",
      address: `${await freeLoopback()}.1`,
      folder,
      flags: ["-bootstrap-expect=1"],
      config: {
        watches: [
          { type: "key", key: "limit", args: noting("key") },
          { type: "service", service: "web", passingonly: true, args: noting("service") },
          { type: "event", name: "deploy", args: noting("event") },
        ],
      },
    });
    server.start();
    await until("a leader", async () => (await server.api.leader()) !== "");
  });
  after(async () => {
    await server.kill();
    removeFolder(folder);
  });

  it("tell keys, services and events to their handlers, once each, and nothing anew after a restart", async () => {
    await until("the first state is told", () => noted("key") !== "" && noted("service") !== "");
    await server.api.ask("PUT", "/v1/kv/limit", { body: "10" });
    await server.api.ask("PUT", "/v1/agent/service/register", { body: JSON.stringify({ Name: "web", Port: 80 }) });
    await server.api.ask("PUT", "/v1/event/fire/deploy", { body: "v2" });
    await until("all is told", () => noted("key").includes('"MTA="') && noted("service").includes('"Port":80') && noted("event").includes('"djI="'));
    await server.stop();
    server.start();
    await until("a leader again", async () => (await server.api.leader()) !== "");
    await server.api.ask("PUT", "/v1/kv/limit", { body: "11" });
    await until("the change is told", () => noted("key").includes('"MTE="'));

    assert.deepEqual(
      noted("key")
        .trim()
        .split("\n")
        .map((line) => /"Value":"(\w+=?)"|null/.exec(line)?.[1] ?? "null"),
      ["null", "MTA=", "MTE="],
    );
    assert.match(noted("key"), /^\d+ null\n\d+ \{"Key":"limit","CreateIndex":\d+,"ModifyIndex":\d+,"LockIndex":0,"Flags":0,"Value":"MTA=","Session":""\}\n/);
    assert.equal(noted("event").trim().split("\n").length, 1);
  });

  it("follow a reload, and stay as they are when the new configuration is at fault", async () => {
    const file = join(folder, "config.json");
    const config = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
    writeFileSync(file, JSON.stringify({ ...config, watches: [{ type: "bogus", args: ["true"] }] }));
    const refused = await server.api.ask("PUT", "/v1/agent/reload");
    writeFileSync(file, JSON.stringify({ ...config, watches: [{ type: "keyprefix", prefix: "lim", args: noting("prefix") }] }));
    const taken = await server.api.ask("PUT", "/v1/agent/reload");
    await until("the new one has begun", () => noted("prefix") !== "");

    assert.deepEqual([refused.status, taken.status], [500, 200]);
    assert.match(refused.body.toString(), /Unsupported watch type: bogus/);
  });
});
