import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { COMMANDS } from "../../src/cli/commands.ts";
import { removeFolder, scratchFolder } from "../support/processes.ts";

const SCRIPT = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), "docker", "entrypoint.sh");

describe("the entrypoint of the image", () => {
  let folder = "";

  before(() => {
    folder = scratchFolder("image");
    const program = join(folder, "program");
    writeFileSync(program, '#!/bin/sh\nfor word in "$@"; do printf "[%s]" "$word"; done\n');
    chmodSync(program, 0o755);
  });
  after(() => removeFolder(folder));

  function start(argv: readonly string[], env: Readonly<Record<string, string>> = {}): string {
    const own = { KVORUM_PROGRAM: join(folder, "program"), CONSUL_DATA_DIR: join(folder, "data"), CONSUL_CONFIG_DIR: join(folder, "config") };
    const { stdout, stderr, status } = spawnSync("sh", [SCRIPT, ...argv], { encoding: "utf8", env: { PATH: process.env["PATH"] ?? "", ...own, ...env } });
    assert.equal(status, 0, stderr);
    return stdout;
  }
  const folders = (): string => `[-data-dir=${join(folder, "data")}][-config-dir=${join(folder, "config")}]`;

  it("hands the arguments of Consul's image to agent, with its folders", () => {
    assert.equal(start(["agent", "-dev", "-join=10.0.0.1"]), `[agent]${folders()}[-dev][-join=10.0.0.1]`);
    assert.equal(start(["-server", "-bootstrap"]), `[agent]${folders()}[-server][-bootstrap]`);
  });

  it("binds to the interfaces that the environment names", () => {
    const out = start(["agent"], { CONSUL_BIND_INTERFACE: "eth0", CONSUL_CLIENT_INTERFACE: "lo" });
    assert.ok(out.endsWith(`[agent]${folders()}[-bind={{ GetInterfaceIP "eth0" }}][-client={{ GetInterfaceIP "lo" }}]`), out);
  });

  it("writes CONSUL_LOCAL_CONFIG to the configuration folder as it is", () => {
    const config = '{"datacenter": "x y", "a\\\\b": 1}';
    start(["agent"], { CONSUL_LOCAL_CONFIG: config });
    assert.equal(readFileSync(join(folder, "config", "local.json"), "utf8"), config);
  });

  it("takes names of our own before Consul's", () => {
    assert.match(start(["agent"], { KVORUM_BIND_INTERFACE: "eth1", CONSUL_BIND_INTERFACE: "eth0" }), /GetInterfaceIP "eth1"/);
  });

  it("runs other commands of Kvorum, and other programs", () => {
    for (const command of Object.keys(COMMANDS).filter((name) => name !== "agent")) assert.equal(start([command, "a b"]), `[${command}][a b]`);
    assert.equal(start(["consul", "members"]), "[members]");
    assert.equal(start(["echo", "hi"]), "hi\n");
  });
});
