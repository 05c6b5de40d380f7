import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nodeAddress, serviceAddress, servicePort } from "../../src/dns/addresses.ts";
import { TYPE } from "../../src/dns/codes.ts";
import type { DnsPlace } from "../../src/dns/settings.ts";
import type { CatalogNode, ServiceInstance } from "../../src/model/index.ts";
import { instancesOf } from "./support.ts";

const HERE: DnsPlace = { domain: "consul", altDomain: "", datacenter: "dc1", nodeName: "self", translateWanAddrs: false };
const TRANSLATING: DnsPlace = { ...HERE, translateWanAddrs: true };
const [plain] = instancesOf("web", 1);
assert(plain !== undefined);
const NODE: CatalogNode = {
  ...plain.node,
  address: "10.0.0.1",
  taggedAddresses: { lan: "10.0.0.1", lan_ipv4: "10.0.0.1", lan_ipv6: "2001:db8::1", wan: "198.18.0.1", wan_ipv4: "198.18.0.4", wan_ipv6: "2001:db8:1::1" },
};
const SERVICE: ServiceInstance = {
  ...plain.service,
  address: "10.0.0.2",
  port: 80,
  taggedAddresses: { wan: { address: "198.18.0.2", port: 8080 }, lan_ipv6: { address: "2001:db8::2", port: 81 } },
};

describe("addresses in answers", () => {
  const rows: readonly (readonly [type: number, datacenter: string, place: DnsPlace, node: string, service: string, port: number])[] = [
    [TYPE.A, "dc1", HERE, "10.0.0.1", "10.0.0.2", 80],
    [TYPE.AAAA, "dc1", HERE, "2001:db8::1", "2001:db8::2", 80],
    [TYPE.ANY, "dc1", HERE, "2001:db8::1", "2001:db8::2", 80],
    [TYPE.A, "dc2", HERE, "10.0.0.1", "10.0.0.2", 80],
    [TYPE.A, "dc1", TRANSLATING, "10.0.0.1", "10.0.0.2", 80],
    [TYPE.A, "dc2", TRANSLATING, "198.18.0.4", "198.18.0.2", 8080],
    [TYPE.AAAA, "dc2", TRANSLATING, "2001:db8:1::1", "2001:db8::2", 8080],
    [TYPE.SRV, "dc2", TRANSLATING, "2001:db8:1::1", "2001:db8::2", 8080],
  ];
  for (const [type, datacenter, place, node, service, port] of rows) {
    it(`are ${node} and ${service}:${port} for type ${type} in ${datacenter}${place.translateWanAddrs ? " with translate_wan_addrs" : ""}`, () => {
      assert.equal(nodeAddress(NODE, type, datacenter, place), node);
      assert.equal(serviceAddress(SERVICE, type, datacenter, place), service);
      assert.equal(servicePort(SERVICE, datacenter, place), port);
    });
  }

  it("are the usual ones where nothing is tagged, and none where a service has none", () => {
    assert.equal(nodeAddress({ ...NODE, taggedAddresses: undefined }, TYPE.AAAA, "dc2", TRANSLATING), "10.0.0.1");
    assert.equal(serviceAddress({ ...SERVICE, address: "", taggedAddresses: undefined }, TYPE.A, "dc1", HERE), "");
  });
});
