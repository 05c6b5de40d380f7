import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { load, ONE_INTERFACE, server } from "./support.ts";

function one(...faults: readonly string[]): string {
  const head = faults.length === 1 ? "1 error occurred:" : `${faults.length} errors occurred:`;
  return `${head}\n${faults.map((fault) => `\t* ${fault}`).join("\n")}\n\n`;
}

describe("a configuration at fault", () => {
  const files: readonly (readonly [text: string, message: string])[] = [
    ['{"foo": 1, "bar": {"z": 1}}', one("invalid config key foo", "invalid config key bar")],
    ['{"ports": {"htp": 1}}', one("invalid config key ports.htp")],
    ['{"acl": {"tokens": {"x": 1}}}', one("invalid config key acl.tokens.x")],
    ['{"service": {"name": "x", "checks": [{"nope": 1}]}}', one("invalid config key service.checks[0].nope")],
    ['{"services": [{"foo": 1}]}', one("invalid config key services[0].foo")],
    ['{"ports": {"http": "abc"}}', "1 error(s) decoding:\n\n* 'ports.http' expected type 'int', got unconvertible type 'string'"],
    ['{"server": 1}', "1 error(s) decoding:\n\n* 'server' expected type 'bool', got unconvertible type 'float64'"],
    ['{"data_dir": 5}', "1 error(s) decoding:\n\n* 'data_dir' expected type 'string', got unconvertible type 'float64'"],
    ['{"retry_join": "x"}', "1 error(s) decoding:\n\n* 'retry_join': source data must be an array or slice, got string"],
    ['{"retry_join": [1]}', "1 error(s) decoding:\n\n* 'retry_join[0]' expected type 'string', got unconvertible type 'float64'"],
    ['{"node_meta": {"a": 1}}', "1 error(s) decoding:\n\n* 'node_meta[a]' expected type 'string', got unconvertible type 'float64'"],
    ['{"ports": 5}', "1 error(s) decoding:\n\n* 'ports' expected a map, got 'float64'"],
    ['{"ports": [{"http": 1}, {"dns": 2}]}', "1 error(s) decoding:\n\n* 'ports' expected a map, got 'slice'"],
    ['{"autopilot": {"min_quorum": -1}}', "1 error(s) decoding:\n\n* cannot parse 'autopilot.min_quorum', -1.000000 overflows uint"],
    ['{"a": 1,}', "invalid character '}' looking for beginning of object key string"],
    ["{} x", "invalid character 'x' after top-level value"],
    ["[1]", "json: cannot unmarshal array into Go value of type map[string]interface {}"],
    ["{", "unexpected end of JSON input"],
  ];
  for (const [text, message] of files) {
    it(`names file and key of ${text}`, async () => {
      await assert.rejects(load({ flags: { "config-file": ["c.json"] }, files: { "c.json": text } }), {
        name: "ConfigError",
        message: `failed to parse c.json: ${message}`,
      });
    });
  }

  const settings: readonly (readonly [settings: Readonly<Record<string, unknown>>, message: string])[] = [
    [{ data_dir: "" }, "data_dir cannot be empty"],
    [{ datacenter: "DC 1" }, 'datacenter cannot be "dc 1". Please use only [a-z0-9-_]'],
    [{ datacenter: "" }, "datacenter cannot be empty"],
    [{ server: false, bootstrap: true }, "'bootstrap = true' requires 'server = true'"],
    [{ bootstrap: true, bootstrap_expect: 3 }, "'bootstrap_expect > 0' and 'bootstrap = true' are mutually exclusive"],
    [{ bootstrap_expect: -4 }, "bootstrap_expect cannot be -4. Must be greater than or equal to zero"],
    [{ performance: { raft_multiplier: 11 } }, "performance.raft_multiplier cannot be 11. Must be between 1 and 10"],
    [{ performance: { raft_multiplier: 0 } }, "performance.raft_multiplier cannot be 0. Must be between 1 and 10"],
    [{ session_ttl_min: "1" }, one('session_ttl_min: invalid duration: "1": time: missing unit in duration "1"')],
    [{ ports: { http: 85_000_000 } }, one("ports.http: invalid port: 85000000")],
    [{ ports: { http: 8500, dns: 8500 } }, "HTTP address 127.0.0.1:8500 already configured for DNS"],
    [{ ports: { server: -1 } }, "ports.server cannot be off on a server: the others reach it there"],
    [{ bind_addr: "0.0.0.0 ::1" }, "bind_addr cannot contain multiple addresses. Use 'addresses.{dns,http,https}' instead."],
    [{ bind_addr: "host.name" }, 'bind_addr cannot be empty: "host.name" is no IP'],
    [{ advertise_addr: "0.0.0.0" }, "Advertise address cannot be 0.0.0.0, :: or [::]"],
    [{ advertise_addr: "host.name" }, one("advertise_addr: invalid ip address: host.name")],
    [{ client_addr: "unix:///tmp/x" }, one("client_addr cannot be a unix socket")],
    [{ addresses: { http: "1.1" } }, one("addresses.http: invalid ip address: 1.1")],
    [{ http_config: { allow_write_http_from: ["1.2.3.4"] } }, one("allow_write_http_from: invalid cidr: 1.2.3.4")],
    [{ node_id: "abc" }, 'node_id "abc" is no UUID'],
    [{ node_meta: { "consul-x": "1" } }, "node_meta invalid: Couldn't load metadata pair ('consul-x', '1'): Key prefix 'consul-' is reserved for internal use"],
    [{ ui_content_path: "ui%" }, "ui-content-path can only contain alphanumeric, -, _, or /. received: /ui%/"],
    [{ log_level: "loud" }, one("Invalid log level: loud. Valid log levels are: TRACE, DEBUG, INFO, WARN, ERR")],
    [{ encrypt: "abc" }, "encrypt has invalid key: illegal base64 data at input byte 0"],
    [{ encrypt: "MTIz" }, "encrypt has invalid key: it must be 16, 24 or 32 bytes in base64"],
    [{ dns_config: { udp_answer_limit: -1 } }, "dns_config.udp_answer_limit cannot be -1. Must be greater than or equal to zero"],
  ];
  for (const [given, message] of settings) {
    it(`is refused: ${JSON.stringify(given)}`, async () => assert.rejects(server(given), { name: "ConfigError", message }));
  }

  it("is refused when the address to advertise is not clear", async () => {
    await assert.rejects(server({}, []), { message: "No private IPv4 address found: please configure one with 'bind' and/or 'advertise'" });
    const two = [...ONE_INTERFACE, { name: "eth0", address: "10.9.9.9", family: 4 as const, prefixLength: 8, loopback: false, defaultRoute: true }];
    await assert.rejects(server({}, two), { message: /^Multiple private IPv4 addresses found\. Please configure one with 'bind' and\/or 'advertise'\.\n/ });
    const documentation = [{ name: "eth0", address: "192.0.2.2", family: 4 as const, prefixLength: 24, loopback: false, defaultRoute: true }];
    assert.equal((await server({}, documentation)).advertiseAddr, "192.0.2.2");
    assert.equal((await server({ advertise_addr: "10.9.9.9" }, two)).advertiseAddr, "10.9.9.9");
  });

  it("names the interfaces and addresses that could be meant, and what to write for each", async () => {
    const at = (name: string, address: string) => ({ name, address, family: 4 as const, prefixLength: 16, loopback: false, defaultRoute: false });
    const several = [...ONE_INTERFACE, at("docker0", "172.17.0.1"), at("eth1", "10.9.9.9"), at("eth1", "10.9.9.10")];
    const error = await server({}, several).catch((fault: unknown) => fault);
    assert.ok(error instanceof Error);
    assert.deepEqual(error.message.split("\n").slice(2), [
      `  10.1.2.3 (eth0): -bind='{{ GetInterfaceIP "eth0" }}'`,
      `  172.17.0.1 (docker0): -bind='{{ GetInterfaceIP "docker0" }}'`,
      "  10.9.9.9 (eth1): -bind=10.9.9.9",
      "  10.9.9.10 (eth1): -bind=10.9.9.10",
    ]);
    const flag = /'(.*)'/.exec(error.message.split("\n")[3] ?? "")?.[1];
    assert.equal((await server({ bind_addr: flag }, several)).bindAddr, "172.17.0.1");
    const many = Array.from({ length: 40 }, (_, count) => at(`veth${count}`, `10.2.${count}.1`));
    await assert.rejects(server({}, many), { message: /\n {2}and 30 more$/ });
  });

  it("names a file that is not there", async () => {
    await assert.rejects(load({ flags: { "config-file": ["nosuch"] } }), { message: "config: Open failed on nosuch. open nosuch: no such file or directory" });
  });

  it("refuses a format that is none", async () => {
    await assert.rejects(load({ flags: { "config-format": "yaml", dev: true } }), { message: "config: -config-format must be either 'hcl' or 'json'" });
  });
});

describe("a setting that this version cannot follow", () => {
  const refused: readonly (readonly [settings: Readonly<Record<string, unknown>>, message: RegExp])[] = [
    [{ acl: { enabled: true } }, /^acl\.enabled cannot be honoured: .*every request would be allowed$/],
    [{ acl_datacenter: "dc1" }, /^acl_datacenter cannot be honoured/],
    [{ verify_incoming: true, verify_outgoing: true }, /^verify_incoming cannot be honoured: .*\nverify_outgoing cannot be honoured/],
    [{ verify_incoming_rpc: true }, /^verify_incoming_rpc cannot be honoured: TLS is there for the HTTP API alone/],
    [{ auto_encrypt: { tls: true } }, /^auto_encrypt\.tls cannot be honoured/],
    [{ auto_config: { enabled: true } }, /^auto_config\.enabled cannot be honoured/],
  ];
  for (const [given, message] of refused)
    it(`ends the start where passing over it would be dangerous: ${JSON.stringify(given)}`, async () => assert.rejects(server(given), { message }));

  it("is named in a warning where that is harmless", async () => {
    const config = await server({ recursors: ["1.1.1.1"], telemetry: { circonus_check_id: "1" }, ports: { dns: 1, http: 2 }, service: { name: "x" } });
    assert.deepEqual(config.warnings, ["These settings have no effect in this version: telemetry.circonus_check_id"]);
  });

  it("is not named when it asks for what is so anyway", async () => {
    assert.deepEqual((await server({ disable_update_check: true, acl: { enabled: false }, verify_incoming: false })).warnings, []);
  });
});

describe("remarks at the start", () => {
  it("are Consul's own", async () => {
    assert.deepEqual((await server({ node_name: "a b!" })).warnings, [
      'Node name "a b!" will not be discoverable via DNS due to invalid characters. Valid characters include all alpha-numerics and dashes.',
    ]);
    assert.deepEqual((await server({ bootstrap: true })).warnings, ["bootstrap = true: do not enable unless necessary"]);
    assert.deepEqual((await server({ bootstrap_expect: 4 })).warnings.slice(0, 2), [
      "bootstrap_expect is even number: A cluster with an even number of servers does not achieve optimum fault tolerance",
      "bootstrap_expect > 0: expecting 4 servers",
    ]);
  });
});
