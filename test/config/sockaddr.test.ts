import assert from "node:assert/strict";
import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fillAddress, type NetInterface } from "../../src/config/index.ts";
import { cannotRun } from "../support/missing.ts";
import { removeFolder, scratchFolder } from "../support/processes.ts";
import { peer } from "../support/programs.ts";

const consul = peer("usr/bin/consul");

function at(name: string, address: string, prefixLength: number, defaultRoute = false): NetInterface {
  const family = address.includes(":") ? (6 as const) : (4 as const);
  return { name, address, family, prefixLength, loopback: name === "lo", defaultRoute };
}

const INTERFACES = [
  at("lo", "127.0.0.1", 8),
  at("eth0", "10.0.0.5", 24, true),
  at("eth0", "2001:db8::5", 64, true),
  at("eth1", "192.168.7.2", 16),
  at("eth2", "203.0.113.9", 24),
];

describe("fillAddress (go-sockaddr templates)", () => {
  const cases: readonly (readonly [template: string, filled: string])[] = [
    ["10.1.1.1", "10.1.1.1"],
    ["{{ GetPrivateIP }}", "10.0.0.5"],
    ["{{GetPrivateIP}}", "10.0.0.5"],
    ["{{ GetPrivateIPs }}", "192.168.7.2 10.0.0.5"],
    ['{{ GetInterfaceIP "eth1" }}', "192.168.7.2"],
    ["{{ GetInterfaceIP `eth1` }}", "192.168.7.2"],
    ['{{ GetInterfaceIP "eth0" }}', "10.0.0.5"],
    ['{{ GetInterfaceIPs "eth0" }}', "10.0.0.5 2001:db8::5"],
    ['{{ GetInterfaceIP "eth[12]" }}', "192.168.7.2"],
    ['{{ GetInterfaceIP "nope" }}', ""],
    ["{{ GetPublicIPs }}", ""],
    ['127.0.0.1 {{ GetInterfaceIP "eth1" }}', "127.0.0.1 192.168.7.2"],
    ['{{ GetInterfaceIP "eth2" }}', ""],
    ['{{ GetPrivateInterfaces | include "network" "10.0.0.0/8" | attr "address" }}', "10.0.0.5"],
    ['{{ GetAllInterfaces | include "name" "^eth" | include "type" "IPv4" | sort "-address" | limit 1 | attr "address" }}', "203.0.113.9"],
    ['{{ GetAllInterfaces | exclude "name" "lo" | include "type" "ipv4" | join "address" " " }}', "10.0.0.5 192.168.7.2 203.0.113.9"],
    ['{{ GetAllInterfaces | include "flags" "loopback" | attr "name" }}', "lo"],
    ['{{ GetAllInterfaces | include "rfc" "1918" | offset 1 | attr "string" }}', "192.168.7.2/16"],
    ['{{ GetDefaultInterfaces | attr "name" }}', "eth0"],
    ['{{ GetAllInterfaces | include "size" "24" | join "network" "," }}', "10.0.0.0,203.0.113.0"],
    ['{{ GetAllInterfaces | exclude "rfc" "5737|3849|1122" | join "address" "," }}', "10.0.0.5,192.168.7.2"],
    ['{{ GetAllInterfaces | include "flags" "forwardable" | sort "-size" | join "address" "," }}', "10.0.0.5,192.168.7.2"],
    ['{{ GetAllInterfaces | sort "name,-type" | unique "name" | join "type" "," }}', "IPv6,IPv4,IPv4,IPv4"],
    ['{{ printf "%s:%d" (GetInterfaceIP "eth1") 53 }}', "192.168.7.2:53"],
    ['{{ GetAllInterfaces | include "name" "eth1" | math "address" "+255" | attr "address" }}', "192.168.8.1"],
    ['{{ GetAllInterfaces | include "name" "eth1" | math "network" "-2" | attr "address" }}', "192.168.255.254"],
    ['{{ GetAllInterfaces | include "name" "eth1" | math "mask" "24" | attr "string" }}', "192.168.7.0/16"],
    ['{{ GetAllInterfaces | include "type" "IPv6" | math "network" "+16" | attr "address" }}', "2001:db8::10"],
    ['{{ GetAllInterfaces | include "name" "eth1" | attr "broadcast" }}', "192.168.255.255"],
    ['{{ GetAllInterfaces | include "type" "IPv6" | attr "last_usable" }}', "2001:db8::ffff:ffff:ffff:ffff"],
    ['{{ GetAllInterfaces | include "name" "eth1" | attr "octets" }}', "192 168 7 2"],
    ["{{ with $all := GetAllInterfaces -}} {{- range $all -}} {{ attr `name` . }},{{- end -}} {{- end }}", "lo,eth0,eth0,eth1,eth2,"],
    ['{{ if eq GetPrivateIP "10.0.0.5" }}yes{{ else }}no{{ end }}', "yes"],
    ['{{ with GetInterfaceIP "nope" }}{{ . }}{{ else }}{{ (GetAllInterfaces | limit 1) | attr "name" }}{{ end }}', "lo"],
    ["{{ $ip := GetPrivateIP }}{{/* kept */}}{{ $ip }}", "10.0.0.5"],
    ["{{ . | offset -1 | attr `name` }}", "eth2"],
  ];
  for (const [template, filled] of cases)
    it(`fills in ${template}`, () =>
      assert.equal(
        fillAddress(template, () => INTERFACES),
        filled,
      ));

  const faults: readonly (readonly [template: string, message: RegExp])[] = [
    ["{{ GetPrivateI }}", /function "GetPrivateI" not defined/],
    ["{{ GetAllInterfaces | frob }}", /function "frob" not defined/],
    ['{{ GetAllInterfaces | include "name" "(" }}', /not a regular expression/],
    ['{{ GetAllInterfaces | include "colour" "red" }}', /invalid selector "colour"/],
    ['{{ GetAllInterfaces | limit "x" }}', /error calling limit: expected integer; found "x"/],
    ["{{ GetAllInterfaces | offset 9 }}", /unable to seek past the end of the interface array: offset \(9\) exceeds the number of interfaces \(5\)/],
    ['{{ GetAllInterfaces | math "address" "1" }}', /sign \(\+\/-\) is required for operation "address"/],
    ['{{ GetAllInterfaces | attr "weight" }}', /unsupported attribute name "weight"/],
    ['{{ GetAllInterfaces | sort "weight" }}', /unknown sort type: "weight"/],
    ['{{ GetAllInterfaces | include "rfc" "9999" }}', /unsupported RFC 9999/],
    ['{{ GetAllInterfaces | include "flags" "shiny" }}', /unknown interface flag: "shiny"/],
    ["{{ GetInterfaceIP }}", /wrong number of args: want 1 got 0/],
    ["{{ GetPrivateIP", /unclosed action/],
    ["{{ }}", /missing value for command/],
    ["{{ ( GetPrivateIP }}", /unclosed left paren/],
    ["{{ if true }}", /unexpected EOF/],
    ["{{ end }}", /unexpected \{\{end\}\}/],
    ["{{ $y }}", /undefined variable "\$y"/],
    [`{{ ${"(".repeat(200)}GetPrivateIP${")".repeat(200)} }}`, /nested deeper than 100 levels/],
  ];
  for (const [template, message] of faults)
    it(`refuses ${template}`, () => assert.throws(() => fillAddress(template, () => INTERFACES), { name: "ConfigError", message }));

  it("looks at all interfaces, large networks first, where no default route is known", () => {
    assert.equal(
      fillAddress("{{ GetPrivateIP }} {{ GetDefaultInterfaces | attr `name` }}", () => INTERFACES.map((one) => ({ ...one, defaultRoute: false }))),
      "192.168.7.2 eth0",
    );
  });

  it("is filled in as by Consul 1.8.7", (t) => {
    if (consul === undefined) return cannotRun(t, "consul 1.8.7, to fill in templates beside us (scripts/peers)");
    const folder = scratchFolder("templates");
    const loopback = [at("lo", "127.0.0.1", 8), at("lo", "::1", 128)].map((one) => ({
      ...one,
      flags: { up: true, broadcast: false, pointToPoint: false, multicast: false },
    }));
    // Both machines have these two; what else there is differs.
    const lists = [
      ...["address", "binary", "first_usable", "hex", "last_usable", "mask_bits", "netmask", "network", "port", "size", "string", "type", "name", "flags"].map(
        (name) => `join "${name}" ","`,
      ),
      ...["up", "loopback", "forwardable", "multicast", "up|broadcast", "global unicast"].map((flag) => `include "flags" "${flag}" | join "address" ","`),
      ...["1122", "4291", "6890"].map((rfc) => `exclude "rfc" "${rfc}" | join "address" ","`),
      'sort "-type" | limit 1 | attr "address"',
      'math "address" "+256" | join "address" ","',
      'include "type" "IPv4" | math "network" "-2" | attr "address"',
    ];
    try {
      for (const list of lists) {
        const template = `x{{ GetAllInterfaces | include "name" "^lo$" | ${list} }}`;
        const path = join(folder, "c.json");
        writeFileSync(path, JSON.stringify({ data_dir: folder, bind_addr: "127.0.0.1", advertise_addr: template }));
        const { stderr }: SpawnSyncReturns<string> = spawnSync(consul, ["validate", path], { encoding: "utf8" });
        const theirs: string | undefined = /invalid ip address: (.*)/.exec(stderr)?.[1];
        assert.equal(
          fillAddress(template, () => loopback),
          theirs,
          template,
        );
      }
    } finally {
      removeFolder(folder);
    }
  });
});
