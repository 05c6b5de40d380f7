import assert from "node:assert/strict";
import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { loadConfig } from "../../src/config/index.ts";
import { cannotRun } from "../support/missing.ts";
import { removeFolder, scratchFolder } from "../support/processes.ts";
import { peer } from "../support/programs.ts";
import { filesOf, ONE_INTERFACE } from "./support.ts";

const consul = peer("usr/bin/consul");

/** What Consul 1.8.7 says of a file, beside what is said here: `undefined` where the file is good. */
const CASES: readonly (readonly [settings: string, fault: string | undefined])[] = [
  ...["acl_ttl", "discovery_max_stale", "primary_gateways_interval", "reconnect_timeout_wan", "retry_interval", "check_update_interval"].map(
    (key) => [`"${key}": "x"`, listed(`${key}: invalid duration: "x": time: invalid duration "x"`)] as const,
  ),
  ['"dns_config": {"max_stale": "1"}', listed('dns_config.max_stale: invalid duration: "1": time: missing unit in duration "1"')],
  ['"dns_config": {"service_ttl": {"a b": "x"}}', listed('dns_config.service_ttl["a b"]: invalid duration: "x": time: invalid duration "x"')],
  ['"acl": {"policy_ttl": ""}', listed('acl.policy_ttl: invalid duration: "": time: invalid duration ""')],
  ['"check": {"name": "c", "ttl": "x"}', listed('check[].ttl: invalid duration: "x": time: invalid duration "x"')],
  ['"service": {"name": "c", "checks": [{"interval": "1"}]}', listed('check[].interval: invalid duration: "1": time: missing unit in duration "1"')],
  [
    '"service": {"name": "a", "meta": {"a b": "c"}}',
    listed("invalid meta for service a: Couldn't load metadata pair ('a b', 'c'): Key contains invalid characters"),
  ],
  ['"service": {"name": "a", "weights": {"passing": 0, "warning": 1}}', listed("Invalid weight definition for service a: Passing must be greater than 0")],
  ['"service": {"name": "a", "weights": {"warning": 3}}', undefined],
  [
    '"service": {"name": "a", "kind": "connect-proxy"}',
    `service "a": ${listed("Proxy.DestinationServiceName must be non-empty for Connect proxy services", "Port must be set for a Connect proxy")}`,
  ],
  ['"service": {"name": "a", "connect": {"sidecar_service": {"id": "x"}}}', listed("sidecar_service can't specify an ID")],
  ['"service": {"name": "a", "port": 70000, "tags": ["a b"], "check": {"name": "c"}}', undefined],
  ['"checks": [{"id": "a", "name": "a", "ttl": "1s"}, {"id": "a", "name": "a", "ttl": "1s"}]', undefined],
  ['"segments": [{"name": "a"}]', 'Port for segment "a" cannot be <= 0'],
  ['"segment": "a"', "Network segments are not supported in this version of Consul"],
  ['"ports": {"http": 8500, "https": 8500}', "HTTPS address 127.0.0.1:8500 already configured for HTTP"],
  ['"ports": {"https": 8600}', "HTTPS address 127.0.0.1:8600 already configured for DNS"],
  ['"server": true, "ports": {"serf_lan": 8302}', "Serf Advertise WAN address 10.1.2.3:8302 already configured for Serf Advertise LAN"],
  ['"server": true, "ports": {"server": 8301}', "Serf Advertise LAN address 10.1.2.3:8301 already configured for RPC Advertise"],
  ['"ports": {"proxy_max_port": 1}', "proxy_min_port must be less than proxy_max_port. To disable, set both to zero."],
  ['"ports": {"sidecar_max_port": 70000}', listed("ports.sidecar_max_port: invalid port: 70000")],
  ['"addresses": {"https": "x"}', listed("addresses.https: invalid ip address: x")],
  ['"addresses": {"http": "x y"}', listed("addresses.http: invalid ip address: x")],
  ['"addresses": {"dns": "unix:///a"}', "DNS address cannot be a unix socket"],
  ['"serf_lan": "unix:///a"', listed("serf_lan cannot be a unix socket")],
  ['"serf_lan_allowed_cidrs": ["10.0.0.0/8", "x"]', `serf_lan_allowed_cidrs: ${listed("invalid cidr: x")}`],
  ['"advertise_addr_wan": "0.0.0.0"', "Advertise WAN address cannot be 0.0.0.0, :: or [::]"],
  ['"advertise_addr_wan_ipv4": "x"', listed("advertise_addr_wan_ipv4: invalid ip address: x")],
  ['"recursors": ["::"]', "DNS recursor address cannot be 0.0.0.0, :: or [::]"],
  ['"tls_cipher_suites": "TLS_X"', listed('tls_cipher_suites: invalid tls cipher suites: unsupported cipher "TLS_X"')],
  ['"encrypt": "pUqJrVyVRj5jsiYEkM/tFQ"', "encrypt has invalid key: illegal base64 data at input byte 20"],
  ['"encrypt": "pUqJrVyV-j5jsiYEkM/tFQ=="', "encrypt has invalid key: illegal base64 data at input byte 8"],
  ['"encrypt": "pUqJrVyVRj5jsiYEkM/tFQ=="', undefined],
  ['"cache": {"entry_fetch_rate": 0}', "cache.entry_fetch_rate must be strictly positive, was: 0"],
  ['"connect": {"ca_provider": "x"}', "x is not a valid CA provider"],
  ['"primary_gateways": ["x"]', "'primary_gateways' requires 'server = true'"],
  ['"limits": {"kv_max_value_size": "1"}', wrong("'limits.kv_max_value_size' expected type 'uint64', got unconvertible type 'string'")],
  ['"limits": {"rpc_rate": 0.5}', undefined],
  ['"server": []', wrong("'server' expected type 'bool', got unconvertible type '[]interface {}'")],
  ['"retry_join": [["a"]]', undefined],
  ['"Data_Dir": "/e"', `failed to parse FILE: ${listed("invalid config key Data_Dir")}`],
  ['"DATACENTER": "dc2"', undefined],
  ['"check_output_max_size": 0', "check_output_max_size must be positive, to discard check output use the discard_check_output flag"],
  ['"server": true, "bootstrap": true, "bootstrap_expect": 1', undefined],
  ['"limits": {"http_max_conns_per_client": 70000}', undefined],
];

function listed(...faults: readonly string[]): string {
  return `${faults.length === 1 ? "1 error" : `${faults.length} errors`} occurred:\n${faults.map((fault) => `\t* ${fault}`).join("\n")}`;
}

function wrong(fault: string): string {
  return `failed to parse FILE: 1 error(s) decoding:\n\n* ${fault}`;
}

async function ours(text: string, path: string): Promise<string | undefined> {
  try {
    await loadConfig({
      flags: new Map([["config-file", [path]]]),
      files: filesOf({ [path]: text }),
      host: { hostName: () => "h", interfaces: () => ONE_INTERFACE },
    });
    return undefined;
  } catch (error) {
    assert.ok(error instanceof Error && error.name === "ConfigError", String(error));
    return error.message.trim().replace(path, "FILE");
  }
}

describe("a configuration file", () => {
  for (const [settings, fault] of CASES) {
    it(`is ${fault === undefined ? "good" : "refused"}: ${settings}`, async () => {
      assert.equal(await ours(`{"data_dir": "/d", ${settings}}`, "c.json"), fault);
    });
  }

  it("is judged as Consul 1.8.7 judges it, in its words", (t) => {
    if (consul === undefined) return cannotRun(t, "consul 1.8.7, to judge configuration files beside us (scripts/peers)");
    const folder = scratchFolder("rules");
    try {
      for (const [settings, fault] of CASES) {
        if (settings.includes("http_max_conns_per_client")) continue; // depends on the machine's limit of open files
        const path = join(folder, "c.json");
        writeFileSync(path, `{"data_dir": "${folder}", "bind_addr": "10.1.2.3", ${settings}}`);
        const { stdout, stderr }: SpawnSyncReturns<string> = spawnSync(consul, ["validate", path], { encoding: "utf8" });
        const said: string | undefined = /^Config validation failed: (.*)$/s.exec(stderr)?.[1]?.trim().replace(path, "FILE");
        assert.equal(said ?? (stdout.includes("valid!") ? undefined : stderr), fault, settings);
      }
    } finally {
      removeFolder(folder);
    }
  });

  it("may not ask for more connections than the process can have", async () => {
    const text = '{"data_dir": "/d", "limits": {"http_max_conns_per_client": 70000}}';
    const host = { hostName: () => "h", interfaces: () => ONE_INTERFACE, openFilesMax: () => 20_000 };
    await assert.rejects(loadConfig({ flags: new Map([["config-file", ["c.json"]]]), files: filesOf({ "c.json": text }), host }), {
      message: "system allows a max of 20000 file descriptors, but limits.http_max_conns_per_client: 70000 needs at least 70020",
    });
  });
});
