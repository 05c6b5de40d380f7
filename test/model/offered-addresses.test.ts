import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { anyAddress, nodeAddresses, reachedPort, serviceAddresses } from "../../src/model/index.ts";

/** What Consul 1.8.7 gave of nodes and services of another datacenter, address `lan` and port 80, by what they were tagged with. */
const FAR: readonly (readonly [tags: Readonly<Record<string, readonly [address: string, port: number]>>, address: string, port: number])[] = [
  [{}, "lan", 80],
  [{ lan: ["lan", 80], wan: ["wan", 8080] }, "wan", 8080],
  [{ wan: ["wan", 0] }, "wan", 80],
  [{ wan: ["", 9] }, "", 9],
  [{ wan_ipv4: ["wan4", 8], wan_ipv6: ["wan6", 9] }, "wan6", 80],
  [{ wan_ipv4: ["wan4", 8] }, "wan4", 80],
  [{ wan: ["wan", 8], wan_ipv4: ["wan4", 9] }, "wan4", 8],
  [{ wan: ["wan", 6], lan_ipv4: ["lan4", 5] }, "lan4", 6],
  [{ wan: ["wan", 6], lan_ipv6: ["lan6", 5] }, "lan6", 6],
  [{ lan_ipv4: ["lan4", 5], wan_ipv4: ["", 6] }, "lan", 80],
];

describe("addresses offered to other datacenters (Consul docs, translate_wan_addrs)", () => {
  for (const [tags, address, port] of FAR) {
    it(`are ${JSON.stringify(address)} and port ${port} with ${JSON.stringify(tags)}`, () => {
      const entries = Object.entries(tags);
      const node = { address: "lan", taggedAddresses: Object.fromEntries(entries.map(([tag, [at]]) => [tag, at])) };
      const service = { address: "lan", port: 80, taggedAddresses: Object.fromEntries(entries.map(([tag, [at, on]]) => [tag, { address: at, port: on }])) };
      assert.equal(anyAddress(nodeAddresses(node, true)), address);
      assert.equal(anyAddress(serviceAddresses(service, true)), address);
      assert.equal(reachedPort(service, true), port);
      assert.equal(serviceAddresses(service, false).usual, "lan");
      assert.equal(reachedPort(service, false), 80);
    });
  }

  it("are those of the LAN near by, and the usual one where nothing is tagged", () => {
    const taggedAddresses = { lan_ipv4: "lan4", wan_ipv4: "wan4", wan: "wan" };
    assert.deepEqual(nodeAddresses({ address: "lan", taggedAddresses }, false), { usual: "lan", v4: "lan4", v6: "" });
    assert.deepEqual(nodeAddresses({ address: "lan", taggedAddresses: undefined }, true), { usual: "lan", v4: "", v6: "" });
  });
});
