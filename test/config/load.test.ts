import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { load, server } from "./support.ts";

const BASE = { "a.json": '{"data_dir": "/d", "server": true}' };

describe("loadConfig", () => {
  it("starts from Consul's defaults (asked of 1.8.7)", async () => {
    const config = await server({});
    assert.equal(config.nodeName, "host1");
    assert.equal(config.datacenter, "dc1");
    assert.equal(config.bindAddr, "0.0.0.0");
    assert.equal(config.advertiseAddr, "10.1.2.3");
    assert.deepEqual(config.http.listen, ["127.0.0.1:8500"]);
    assert.equal(config.rpcBind, "0.0.0.0:8300");
    assert.equal(config.rpcAdvertise, "10.1.2.3:8300");
    assert.deepEqual(config.raft, { multiplier: 5, snapshotThreshold: 16384, snapshotIntervalMs: 30000, trailingLogs: 10240 });
    assert.equal(config.defaultQueryTimeMs, 300_000);
    assert.equal(config.maxQueryTimeMs, 600_000);
    assert.equal(config.limits.httpMaxConnsPerClient, 200);
    assert.equal(config.limits.kvMaxValueBytes, 524_288);
    assert.equal(config.autopilot.serverStabilizationTimeMs, 10_000);
    assert.equal(config.leaveOnTerminate, false);
    assert.equal(config.skipLeaveOnInterrupt, true);
    assert.equal(config.log.level, "info");
    assert.deepEqual(config.warnings, []);
  });

  it("makes -dev a server on loopback that keeps nothing and elects fast", async () => {
    const config = await load({ flags: { dev: true } });
    assert.equal(config.server, true);
    assert.equal(config.dataDir, "");
    assert.equal(config.bindAddr, "127.0.0.1");
    assert.equal(config.raft.multiplier, 1);
    assert.equal(config.log.level, "debug");
    assert.equal(config.ui.enabled, true);
  });

  it("lets later files win over earlier ones, and flags over files", async () => {
    const files = { ...BASE, "b.json": '{"datacenter": "two", "node_name": "b"}', "c.hcl": 'node_name = "c"\nports { http = 9000 }' };
    const config = await load({ flags: { "config-file": ["a.json", "b.json", "c.hcl"], datacenter: "three" }, files });
    assert.equal(config.datacenter, "three");
    assert.equal(config.nodeName, "c");
    assert.equal(config.ports.http, 9000);
    assert.equal(config.ports.server, 8300);
  });

  it("lets -dev give way to files and flags", async () => {
    const files = { "a.json": '{"log_level": "warn", "performance": {"raft_multiplier": 3}}' };
    const config = await load({ flags: { dev: true, "config-file": ["a.json"], bind: "127.0.0.9" }, files });
    assert.equal(config.log.level, "warn");
    assert.equal(config.raft.multiplier, 3);
    assert.equal(config.rpcBind, "127.0.0.9:8300");
  });

  it("reads a folder's .json and .hcl files by name and passes over others", async () => {
    const files = { "conf/b.json": '{"node_name": "b"}', "conf/a.hcl": 'node_name = "a"\ndata_dir = "/d"\nserver = true', "conf/z.txt": "nonsense" };
    assert.equal((await load({ flags: { "config-file": ["conf"] }, files })).nodeName, "b");
  });

  it("puts lists of flags before those of files and -hcl last, merges maps key by key (as 1.8.7 does)", async () => {
    const files = {
      ...BASE,
      "b.json": '{"retry_join": ["f1"], "node_meta": {"a": "1", "b": "1"}}',
      "c.json": '{"retry_join": ["f2"], "node_meta": {"b": "2"}}',
    };
    const flags = { "config-file": ["a.json", "b.json", "c.json"], "retry-join": ["flag"], "node-meta": ["b:3"], hcl: ['retry_join = ["hcl"]'] };
    const config = await load({ flags, files });
    assert.deepEqual(config.join.retryJoin, ["flag", "f1", "f2", "hcl"]);
    assert.deepEqual(config.nodeMeta, { a: "1", b: "3" });
  });

  it("takes and merges keys of the users' own that an object has a meaning for", async () => {
    const files = { ...BASE, "b.json": '{"node_meta": {"__proto__": "1", "constructor": "1"}}', "c.hcl": 'node_meta { "__proto__" = "2" }' };
    const config = await load({ flags: { "config-file": ["a.json", "b.json", "c.hcl"] }, files });
    assert.deepEqual(config.nodeMeta, { ["__proto__"]: "2", constructor: "1" });
  });

  it("takes a file of any name when the format is said, and says that it skips it when not", async () => {
    const files = { ...BASE, conf: 'node_name = "x"' };
    assert.equal((await load({ flags: { "config-file": ["conf"], "config-format": "hcl", dev: true }, files })).nodeName, "x");
    const config = await load({ flags: { "config-file": ["a.json", "conf"] }, files });
    assert.deepEqual(config.warnings, ["skipping file conf, extension must be .hcl or .json, or config format must be set"]);
  });

  it("is frozen all the way down", async () => {
    const config = await server({ http_config: { response_headers: { A: "b" } } });
    assert.ok(Object.isFrozen(config.http.responseHeaders));
    assert.ok(Object.isFrozen(config.merged));
  });

  it("turns ports off at -1 and 0", async () => {
    assert.deepEqual((await server({ ports: { http: -1 } })).http.listen, []);
    assert.deepEqual((await server({ ports: { http: 0 } })).http.listen, []);
  });

  it("listens on every client address and on unix sockets", async () => {
    assert.deepEqual((await server({ client_addr: "127.0.0.1 ::1" })).http.listen, ["127.0.0.1:8500", "[::1]:8500"]);
    assert.deepEqual((await server({ addresses: { http: "unix:///run/k.sock 127.0.0.5" } })).http.listen, ["unix:///run/k.sock", "127.0.0.5:8500"]);
  });

  it("keeps service and check definitions for the catalog", async () => {
    const config = await server({ service: { name: "a" }, services: [{ name: "b" }], check: { name: "c", ttl: "1s" } });
    assert.deepEqual(
      config.services.map((one) => one["name"]),
      ["b", "a"],
    );
    assert.deepEqual(
      config.checks.map((one) => one["name"]),
      ["c"],
    );
  });

  it("takes keys in any case", async () => {
    assert.equal((await server({ Node_Name: "x" })).nodeName, "x");
  });

  it("means bootstrap by bootstrap_expect 1", async () => {
    const config = await server({ bootstrap_expect: 1 });
    assert.equal(config.bootstrap, true);
    assert.equal(config.bootstrapExpect, 0);
  });

  it("fills in templates wherever an address may stand", async () => {
    const private4 = '{{ GetPrivateInterfaces | include "type" "IPv4" | attr "address" }}';
    const config = await server({
      bind_addr: '{{ GetInterfaceIP "eth0" }}',
      client_addr: `127.0.0.1 ${private4}`,
      advertise_addr_wan: "{{ GetPrivateIP }}",
      serf_lan: "{{ GetPrivateIP }}",
      retry_join: [
        '{{ GetAllInterfaces | include "flags" "forwardable" | math "network" "+9" | join "address" " " }}',
        "provider=x key=y",
        '{{ GetInterfaceIP "nope" }}',
      ],
      recursors: ["{{ GetPrivateIP }}"],
    });
    assert.equal(config.bindAddr, "10.1.2.3");
    assert.deepEqual(config.http.listen, ["127.0.0.1:8500", "10.1.2.3:8500"]);
    assert.equal(config.gossip.wan?.advertise, "10.1.2.3:8302");
    assert.equal(config.gossip.lan?.bind, "10.1.2.3:8301");
    assert.deepEqual(config.join.retryJoin, ["10.1.2.9", "provider=x key=y"]);
    assert.deepEqual(config.merged["recursors"], ["10.1.2.3"]);
    await assert.rejects(server({ retry_join: ["{{ nope }}"] }), { message: /^retry_join: .*function "nope" not defined$/ });
  });

  it("settles HTTPS", async () => {
    const config = await server({
      ports: { https: 8501 },
      addresses: { https: "127.0.0.2" },
      cert_file: "c",
      key_file: "k",
      ca_file: "a",
      verify_incoming_https: true,
      tls_min_version: "tls13",
      tls_cipher_suites: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    });
    assert.deepEqual(config.http.secureListen, ["127.0.0.2:8501"]);
    assert.deepEqual(config.tls, {
      certFile: "c",
      keyFile: "k",
      caFile: "a",
      caPath: "",
      verifyClients: true,
      minVersion: "TLSv1.3",
      ciphers: "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-SHA",
      preferOurCiphers: false,
      forChecks: false,
      serverName: "",
    });
    assert.deepEqual(config.warnings, []);
    await assert.rejects(server({ tls_min_version: "tls9" }), {
      message: /TLSMinVersion: value tls9 not supported, please specify one of \[tls10, tls11, tls12, tls13\]/,
    });
  });
});
