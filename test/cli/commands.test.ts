import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { consulVersion, version } from "../../src/model/index.ts";
import { removeFolder, scratchFolder } from "../support/processes.ts";
import { kvorum, ScriptedAgent } from "./support.ts";

describe("the command line", () => {
  it("lists its commands and ends with 127 where there is none, or an unknown one", async () => {
    const { code, err } = await kvorum([]);
    assert.equal(code, 127);
    assert.match(err, /^Usage: kvorum \[--version\] \[--help\] <command> \[<args>\]\n\nAvailable commands are:\n {4}acl {12}/);
    assert.equal((await kvorum(["nosuch"])).code, 127);
    assert.equal((await kvorum(["toString"])).code, 127);
    assert.equal((await kvorum(["--help"])).code, 0);
  });

  it("names what is not there yet", async () => {
    assert.deepEqual(await kvorum(["acl", "bootstrap"]), { code: 1, out: "", err: "acl: this command of Consul is not there yet\n" });
    const { code, out, err } = await kvorum(["tls", "ca", "create", "-h"]);
    assert.deepEqual([code, err], [0, ""]);
    assert.match(out, /^Usage: kvorum tls [\s\S]*not there yet/);
  });

  it("shows the commands of a group, to standard error with 1 unless help was asked for", async () => {
    const { code, err } = await kvorum(["kv", "bogus"]);
    assert.equal(code, 1);
    assert.match(err, /Subcommands:\n {4}delete {4}/);
    assert.equal((await kvorum(["operator", "raft", "-h"])).code, 0);
  });

  it("shows help for every command", async () => {
    for (const argv of [
      ["agent"],
      ["kv", "get"],
      ["lock"],
      ["watch"],
      ["snapshot", "save"],
      ["operator", "autopilot", "set-config"],
      ["operator", "raft", "recover"],
      ["validate"],
      ["members"],
    ]) {
      const { code, out } = await kvorum([...argv, "-h"]);
      assert.equal(code, 0, argv.join(" "));
      assert.match(out, new RegExp(`^Usage: kvorum ${argv.join(" ")}`));
    }
  });

  it("names an unknown flag and lists the right ones", async () => {
    const { code, err } = await kvorum(["kv", "get", "-nosuch"]);
    assert.equal(code, 1);
    assert.match(err, /^flag provided but not defined: -nosuch\nUsage:\n {2}-base64\n {4}\t/);
    assert.match((await kvorum(["agent", "-foo"])).err, /\n==> error parsing flags: flag provided but not defined: -foo\n$/);
    assert.match(
      (await kvorum(["agent", "-http-port=abc"])).err,
      /==> error parsing flags: invalid value "abc" for flag -http-port: strconv.Atoi: parsing "abc": invalid syntax/,
    );
  });

  it("prints its version and the one it is compatible with", async () => {
    assert.equal(
      (await kvorum(["version"])).out,
      `Kvorum v${version}\nCompatible with Consul v${consulVersion}\nProtocol 2 spoken by default, understands 2 to 3\n\n`,
    );
    assert.equal((await kvorum(["--version"])).code, 0);
    const json = JSON.parse((await kvorum(["version", "-format=json"])).out) as Record<string, unknown>;
    assert.equal(json["Version"], "1.8.7");
    const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { readonly version: string };
    assert.equal(version, manifest.version);
  });

  it("makes keys of 32 bytes", async () => {
    const { out } = await kvorum(["keygen"]);
    assert.equal(Buffer.from(out.trim(), "base64").length, 32);
    assert.notEqual((await kvorum(["keygen"])).out, out);
  });
});

describe("agent", () => {
  const refused: readonly (readonly [argv: readonly string[], err: string])[] = [
    [["extra"], "==> Unexpected extra arguments: [extra]\n"],
    [[], "==> data_dir cannot be empty\n"],
    [["-dev", "-hcl", "foo=1"], "==> failed to parse flags-0.hcl: 1 error occurred:\n\t* invalid config key foo\n\n\n"],
    [
      ["-dev", "-hcl", "acl { enabled = true }"],
      "==> acl.enabled cannot be honoured: access control lists are not there yet: every request would be allowed\n",
    ],
  ];
  for (const [argv, err] of refused)
    it(`ends with 1 for ${JSON.stringify(argv)}`, async () => assert.deepEqual(await kvorum(["agent", ...argv]), { code: 1, out: "", err }));
});

describe("validate", () => {
  it("reads files as agent does", async () => {
    const folder = scratchFolder("validate");
    try {
      const path = join(folder, "a.json");
      writeFileSync(path, '{"data_dir": "/d", "bind_addr": "127.0.0.1"}');
      assert.deepEqual(await kvorum(["validate", path]), { code: 0, out: "Configuration is valid!\n", err: "" });
      assert.deepEqual(await kvorum(["validate", "-quiet", folder]), { code: 0, out: "", err: "" });
      writeFileSync(path, '{"data_dir": "/d", "foo": 1}');
      const { code, err } = await kvorum(["validate", path]);
      assert.equal(code, 1);
      assert.equal(err, `Config validation failed: failed to parse ${path}: 1 error occurred:\n\t* invalid config key foo\n\n\n`);
    } finally {
      removeFolder(folder);
    }
    assert.equal((await kvorum(["validate"])).err, "Must specify at least one config file or directory\n");
    assert.equal(
      (await kvorum(["validate", "nosuch"])).err,
      "Config validation failed: config: Open failed on nosuch. open nosuch: no such file or directory\n",
    );
  });
});

describe("commands that ask an agent", () => {
  it("list members in columns, and end with 2 when none matches", async () => {
    const tags = { role: "consul", build: "1.8.7:", vsn: "2", dc: "dc1", segment: "<all>" };
    const members = [
      { Name: "n2", Addr: "10.0.0.2", Port: 8301, Status: 4, Tags: { role: "node", build: "1.8.7:", vsn: "2", dc: "dc1" } },
      { Name: "server-1", Addr: "10.0.0.1", Port: 8301, Status: 1, Tags: tags },
    ];
    const script = Array.from({ length: 3 }, () => ({ request: "GET /v1/agent/members?segment=_all", answer: JSON.stringify(members) }));
    await using agent = await ScriptedAgent.start(script);
    const { out } = await kvorum(["members"], agent);
    assert.equal(
      out,
      "Node      Address        Status  Type    Build  Protocol  DC   Segment\n" +
        "server-1  10.0.0.1:8301  alive   server  1.8.7  2         dc1  <all>\n" +
        "n2        10.0.0.2:8301  failed  client  1.8.7  2         dc1  <default>\n",
    );
    assert.match(
      (await kvorum(["members", "-detailed", "-status=alive"], agent)).out,
      /server-1 {2}10\.0\.0\.1:8301 {2}alive {3}build=1\.8\.7:,dc=dc1,role=consul,segment=<all>,vsn=2\n$/,
    );
    assert.deepEqual(await kvorum(["members", "-status=left"], agent), { code: 2, out: "", err: "" });
  });

  it("show figures", async () => {
    await using agent = await ScriptedAgent.start([
      { request: "GET /v1/agent/self", answer: '{"Stats":{"raft":{"term":"2","state":"Leader"},"agent":{"checks":"0"}}}' },
    ]);
    assert.equal((await kvorum(["info"], agent)).out, "agent:\n\tchecks = 0\nraft:\n\tstate = Leader\n\tterm = 2\n");
  });

  it("list, add and remove servers and hand leadership over", async () => {
    const servers = { Servers: [{ ID: "i1", Node: "n1", Address: "10.0.0.1:8300", Leader: true, ProtocolVersion: "3", Voter: true }], Index: 0 };
    await using agent = await ScriptedAgent.start([
      { request: "GET /v1/operator/raft/configuration?stale=", answer: JSON.stringify(servers) },
      { request: "PUT /v1/operator/kvorum/server?address=10.0.0.2%3A8300", answer: '{"ID":"i2"}' },
      { request: "DELETE /v1/operator/raft/peer?id=i2" },
      {
        request: "DELETE /v1/operator/raft/peer?address=10.0.0.2%3A8300",
        status: 500,
        answer: 'address "10.0.0.2:8300" was not found in the Raft configuration',
      },
      { request: "PUT /v1/operator/kvorum/transfer-leader", answer: "true" },
    ]);
    const raft = (...argv: readonly string[]) => kvorum(["operator", "raft", ...argv], agent);
    assert.equal((await raft("list-peers", "-stale")).out, "Node  ID  Address        State   Voter  RaftProtocol\nn1    i1  10.0.0.1:8300  leader  true   3\n");
    assert.equal((await raft("add-peer", "-address=10.0.0.2:8300")).out, 'Added peer "10.0.0.2:8300" with id "i2"\n');
    assert.equal((await raft("remove-peer", "-id=i2")).out, 'Removed peer with id "i2"\n');
    assert.equal(
      (await raft("remove-peer", "-address=10.0.0.2:8300")).err,
      'Error removing peer: Unexpected response code: 500 (address "10.0.0.2:8300" was not found in the Raft configuration)\n',
    );
    assert.equal((await raft("transfer-leader")).code, 0);
    assert.equal((await raft("remove-peer")).err, "Error removing peer: an address or id is required for the peer to remove\n");
    assert.equal((await raft("remove-peer", "-id=x", "-address=y")).err, "Error removing peer: cannot give both an address and id\n");
    assert.deepEqual(agent.left, []);
  });

  it("show and change autopilot's settings, by check-and-set", async () => {
    const config =
      '{"CleanupDeadServers":true,"LastContactThreshold":"200ms","MaxTrailingLogs":250,"MinQuorum":0,"ServerStabilizationTime":"10s","RedundancyZoneTag":"","DisableUpgradeMigration":false,"UpgradeVersionTag":"","CreateIndex":4,"ModifyIndex":9}';
    const changed = config.replace("true", "false").replace('"200ms"', '"300ms"').replace('"MinQuorum":0', '"MinQuorum":3');
    await using agent = await ScriptedAgent.start([
      { request: "GET /v1/operator/autopilot/configuration", answer: config },
      { request: "GET /v1/operator/autopilot/configuration", answer: config },
      { request: "PUT /v1/operator/autopilot/configuration?cas=9", body: changed, answer: "true" },
      { request: "GET /v1/operator/autopilot/configuration", answer: config },
      { request: "PUT /v1/operator/autopilot/configuration?cas=9", answer: "false" },
    ]);
    const autopilot = (...argv: readonly string[]) => kvorum(["operator", "autopilot", ...argv], agent);
    assert.equal(
      (await autopilot("get-config")).out,
      'CleanupDeadServers = true\nLastContactThreshold = 200ms\nMaxTrailingLogs = 250\nMinQuorum = 0\nServerStabilizationTime = 10s\nRedundancyZoneTag = ""\nDisableUpgradeMigration = false\nUpgradeVersionTag = ""\n',
    );
    const set = await autopilot("set-config", "-cleanup-dead-servers=false", "-last-contact-threshold=300ms", "-min-quorum=3");
    assert.deepEqual(set, { code: 0, out: "Configuration updated!\n", err: "" });
    assert.equal((await autopilot("set-config")).err, "Configuration could not be atomically updated, please try again\n");
  });

  it("reload and leave", async () => {
    await using agent = await ScriptedAgent.start([{ request: "PUT /v1/agent/reload" }, { request: "PUT /v1/agent/leave" }]);
    assert.equal((await kvorum(["reload"], agent)).out, "Configuration reload triggered\n");
    assert.equal((await kvorum(["leave"], agent)).out, "Graceful leave complete\n");
  });

  it("monitor until the agent ends", async () => {
    await using agent = await ScriptedAgent.start([
      { request: "GET /v1/agent/monitor?loglevel=debug", answer: "one\ntwo\n" },
      { request: "GET /v1/agent/monitor?loglevel=xx", status: 400, answer: "Unknown log level: xx" },
    ]);
    const { code, out, err } = await kvorum(["monitor", "-log-level=debug"], agent);
    assert.equal(out, "one\ntwo\n");
    assert.equal(code, 1);
    assert.match(err, /Remote side ended the monitor!/);
    assert.equal((await kvorum(["monitor", "-log-level=xx"], agent)).err, "Error starting monitor: Unexpected response code: 400 (Unknown log level: xx)\n");
  });

  it("do not save what is no snapshot", async () => {
    const folder = scratchFolder("snapshot");
    try {
      await using agent = await ScriptedAgent.start([{ request: "GET /v1/snapshot", answer: "this is no archive, but long enough" }]);
      const path = join(folder, "s.snap");
      const { code, err } = await kvorum(["snapshot", "save", path], agent);
      assert.equal(code, 1);
      assert.match(err, /^Error verifying snapshot file: failed to decompress snapshot/);
      assert.throws(() => readFileSync(path));
    } finally {
      removeFolder(folder);
    }
    assert.equal((await kvorum(["snapshot", "save"])).err, "Missing FILE argument\n");
    assert.equal((await kvorum(["snapshot", "restore", "nosuch"])).err, "Error opening snapshot file: open nosuch: no such file or directory\n");
    assert.equal((await kvorum(["snapshot", "inspect", "a", "b"])).err, "Too many arguments (expected 1, got 2)\n");
  });
});

describe("watch and lock", () => {
  const refused: readonly (readonly [argv: readonly string[], err: RegExp])[] = [
    [["watch"], /^Watch type must be specified\n\nUsage: kvorum watch/],
    [["watch", "-type=bogus"], /^Unsupported watch type: bogus\n$/],
    [["watch", "-type=service"], /^Must specify a single service to watch\n$/],
    [["watch", "-type=connect_roots"], /^Type connect_roots is not supported in the CLI tool\n$/],
    [
      ["watch", "-type=service", "-service=web", "-passingonly=maybe"],
      /^Failed to parse passingonly flag: strconv\.ParseBool: parsing "maybe": invalid syntax\n$/,
    ],
    [["watch", "-type=key"], /^Must specify a single key to watch\n$/],
    [["watch", "-type=key", "-key=a", "-prefix=b"], /^Invalid parameters: \[prefix\]\n$/],
    [["lock", "a"], /^Key prefix and child command must be specified\n$/],
    [["lock", "-n=0", "a", "true"], /^Lock holder limit must be positive\n$/],
    [["lock", "-timeout=-1s", "a", "true"], /^Timeout must be positive\n$/],
    [["lock", "-monitor-retry=-1", "a", "true"], /^Number for 'monitor-retry' must be >= 0\n$/],
  ];
  for (const [argv, err] of refused) {
    it(`refuses ${argv.join(" ")}`, async () => {
      const outcome = await kvorum(argv);
      assert.equal(outcome.code, 1);
      assert.match(outcome.err, err);
    });
  }

  it("prints a key once where no command is given", async () => {
    await using agent = await ScriptedAgent.start([
      { request: "GET /v1/agent/self", answer: "{}" },
      {
        request: "GET /v1/kv/a",
        headers: { "x-consul-index": "9" },
        answer: '[{"Key":"a","CreateIndex":7,"ModifyIndex":9,"LockIndex":0,"Flags":0,"Value":"MQ=="}]',
      },
    ]);
    const { out } = await kvorum(["watch", "-type=key", "-key=a"], agent);
    assert.equal(
      out,
      '{\n    "Key": "a",\n    "CreateIndex": 7,\n    "ModifyIndex": 9,\n    "LockIndex": 0,\n    "Flags": 0,\n    "Value": "MQ==",\n    "Session": ""\n}\n',
    );
  });
});
