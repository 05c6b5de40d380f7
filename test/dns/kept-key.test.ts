import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { keptKey } from "../../src/dns/kept-key.ts";
import { overUdp, packetOf } from "./asking.ts";
import { instancesOf, TestDns } from "./support.ts";

/** Two questions, and whether one answer does for both. */
const PAIRS: readonly (readonly [one: string, other: string, same: boolean])[] = [
  ["A web.service.consul", "A web.service.consul", true],
  ["A Web.service.consul", "A wEB.service.consul", true],
  ["A wEb.sErViCe.CoNsUl", "A WeB.SeRvIcE.cOnSuL", true],
  ["SRV WEB.service.consul edns=1232", "SRV web.SERVICE.Consul edns=1232", false],
  ["A web.service.consul", "A WEB.SERVICE.CONSUL", false],
  ["A web.service.consul", "AAAA web.service.consul", false],
  ["A web.service.consul", "A web.service.consul edns=1232", false],
  ["A web.service.consul", "A web.service.consul nord", false],
  ["A WEB.service.consul edns=1232", "A WEB.service.consul edns=4096", false],
  ["A web.service.consul subnet=10.0.0.0/8", "A web.service.consul subnet=11.0.0.0/8", false],
];

/** Type 65 and type 97: no letters, though the bytes are those of "A" and "a". */
const TYPES = [65, 97].map((type) => `raw 0001010000010000000000000377656207636f6e73756c000${type === 65 ? "041" : "061"}0001`);

const BROKEN = ["raw 00", "raw 0001010000010000000000000377", "raw 000101000001000000000000c00c00010001", `raw ${"00".repeat(600)}`];

function keyOf(question: string): string | undefined {
  return keptKey(packetOf(question), "udp")?.key;
}

describe("keptKey", () => {
  for (const [one, other, same] of PAIRS) {
    it(`is ${same ? "one" : "another"} for "${one}" and "${other}"`, () => assert.equal(keyOf(one) === keyOf(other), same));
  }

  it("folds letters of the name and no other bytes", () => assert.notEqual(keyOf(TYPES[0] ?? ""), keyOf(TYPES[1] ?? "")));

  it("depends on the transport", () => assert.notEqual(keyOf("A a.b"), keptKey(packetOf("A a.b"), "tcp")?.key));

  for (const question of BROKEN) it(`is none for ${question.slice(0, 60)}`, () => assert.equal(keyOf(question), undefined));
});

describe("DNS asked with letters large and small by chance (0x20)", () => {
  it("gives question and owner back as they were written each time, and the rest as in the answer to the plain question, mostly without making it anew", async () => {
    const local = {
      read: () => ({
        value: instancesOf("web", 1) as never,
        meta: { index: 1, lastContactMs: 0, knownLeader: true },
        watch: () => ({ [Symbol.dispose]() {} }),
      }),
      contact: () => ({ lastContactMs: 0, knownLeader: true }),
      execute: () => undefined,
    };
    await using dns = await TestDns.start({}, {}, { local });
    const plain = await overUdp("127.0.0.1", dns.port, packetOf("A web.service.consul"));
    for (let bits = 1; bits <= 64; bits++) {
      const name = [..."web.service.consul"].map((letter, at) => (((bits * 2_654_435_761) >>> (at % 24)) & 1 ? letter.toUpperCase() : letter)).join("");
      const question = packetOf(`A ${name}`);
      const answer = await overUdp("127.0.0.1", dns.port, question);
      assert.deepEqual(answer?.subarray(12, question.length), question.subarray(12));
      assert.deepEqual(answer?.subarray(question.length), plain?.subarray(question.length));
    }
    assert.ok((await dns.counted("kept")) > 40);
  });
});
