import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fillAddress, type NetInterface } from "../../src/config/index.ts";

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
    ["{{ GetPrivateIPs }}", "10.0.0.5 192.168.7.2"],
    ['{{ GetInterfaceIP "eth1" }}', "192.168.7.2"],
    ["{{ GetInterfaceIP `eth1` }}", "192.168.7.2"],
    ['{{ GetInterfaceIP "eth0" }}', "10.0.0.5"],
    ['{{ GetInterfaceIPs "eth0" }}', "10.0.0.5 2001:db8::5"],
    ['{{ GetInterfaceIP "nope" }}', ""],
    ["{{ GetPublicIPs }}", "2001:db8::5 203.0.113.9"],
    ['127.0.0.1 {{ GetInterfaceIP "eth2" }}', "127.0.0.1 203.0.113.9"],
    ['{{ GetPrivateInterfaces | include "network" "10.0.0.0/8" | attr "address" }}', "10.0.0.5"],
    ['{{ GetAllInterfaces | include "name" "^eth" | include "type" "IPv4" | sort "-address" | limit 1 | attr "address" }}', "203.0.113.9"],
    ['{{ GetAllInterfaces | exclude "name" "lo" | include "type" "ipv4" | join "address" " " }}', "10.0.0.5 192.168.7.2 203.0.113.9"],
    ['{{ GetAllInterfaces | include "flags" "loopback" | attr "name" }}', "lo"],
    ['{{ GetAllInterfaces | include "rfc" "1918" | offset 1 | attr "network" }}', "192.168.7.2/16"],
    ['{{ GetDefaultInterfaces | attr "name" }}', "eth0"],
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
    ['{{ GetAllInterfaces | include "colour" "red" }}', /know no "colour"/],
    ['{{ GetAllInterfaces | limit "x" }}', /not a whole number/],
  ];
  for (const [template, message] of faults)
    it(`refuses ${template}`, () => assert.throws(() => fillAddress(template, () => INTERFACES), { name: "ConfigError", message }));

  it("takes all interfaces where no default route is known", () => {
    assert.equal(
      fillAddress("{{ GetPrivateIP }}", () => INTERFACES.map((one) => ({ ...one, defaultRoute: false }))),
      "10.0.0.5",
    );
  });
});
