import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { CheckedInstance } from "../../src/model/index.ts";
import { ask, type Heard } from "./asking.ts";
import { instancesOf, reply, type Says, TestDns, TestRecursor } from "./support.ts";

const GOOD: Says = (question) => reply(question, ["192.0.2.1"]);
const SILENT: Says = () => undefined;
const FAILING: Says = (question) => reply(question, [], { code: 2 });

/** A service whose one instance has a name for an address. */
function external(name: string): readonly CheckedInstance[] {
  return instancesOf("ext", 1).map((instance) => ({ ...instance, service: { ...instance.service, address: name } }));
}

async function asked(
  says: readonly Says[],
  text: string,
): Promise<{ readonly heard: Heard | undefined; readonly recursors: readonly TestRecursor[]; readonly failed: number }> {
  const recursors = await Promise.all(says.map((one) => TestRecursor.start(one)));
  await using dns = await TestDns.start({ ext: external("www.example.test") }, { recursors: recursors.map(({ address }) => address) });
  try {
    const heard = await ask({ server: "127.0.0.1", port: dns.port, text });
    return { heard, recursors, failed: await dns.counted("recursor_failed") };
  } finally {
    for (const recursor of recursors) await recursor[Symbol.asyncDispose]();
  }
}

describe("Recursors", () => {
  it("are asked for names of other domains over the client's transport, and what they say is given on", async () => {
    for (const transport of ["udp", "tcp"]) {
      const { heard, recursors } = await asked([GOOD], `A www.example.test${transport === "tcp" ? " tcp" : ""}`);
      assert.equal(heard?.head, "NOERROR qr ra");
      assert.deepEqual(heard?.answer, ["www.example.test 77 IN A 192.0.2.1"]);
      assert.deepEqual(recursors[0]?.asked, [`${transport} www.example.test`]);
    }
  });

  it("are asked one after the other when one is silent or fails; each failure is counted", async () => {
    const { heard, failed } = await asked([SILENT, FAILING, GOOD], "A www.example.test");
    assert.deepEqual(heard?.answer, ["www.example.test 77 IN A 192.0.2.1"]);
    assert.equal(failed, 2);
  });

  it("that know of no such name are believed", async () => {
    const { heard, recursors } = await asked([(question) => reply(question, [], { code: 3 }), GOOD], "A www.example.test");
    assert.equal(heard?.head, "NXDOMAIN qr ra");
    assert.deepEqual(recursors[1]?.asked, []);
  });

  it("none of which answers make SERVFAIL, with EDNS as the client spoke it (Consul 1.8.7)", async () => {
    const { heard } = await asked([SILENT, FAILING], "A www.example.test edns=1232");
    assert.equal(heard?.head, "SERVFAIL qr rd ra");
    assert.deepEqual(heard?.additional, ["OPT 1232 0 0 0"]);
  });

  it("are not believed when the id or the question is another (RFC 5452)", async () => {
    const other: Says = (question) => reply(question, ["192.0.2.66"], { id: ((question.id ?? 0) + 1) & 0xffff });
    const { heard } = await asked([other, GOOD], "A www.example.test");
    assert.deepEqual(heard?.answer, ["www.example.test 77 IN A 192.0.2.1"]);
    const astray: Says = (question) => reply({ ...question, questions: [{ type: "A", name: "elsewhere.test" }] }, ["192.0.2.66"]);
    assert.deepEqual((await asked([astray, GOOD], "A www.example.test")).heard?.answer, ["www.example.test 77 IN A 192.0.2.1"]);
  });

  it("that say more than the client takes over UDP leave it the TC bit, by which it asks over TCP", async () => {
    const long: Says = (question) =>
      reply(
        question,
        Array.from({ length: 60 }, (_, n) => `192.0.2.${n}`),
      );
    const { heard } = await asked([long], "A www.example.test");
    assert.equal(heard?.head, "NOERROR qr tc ra");
    assert.deepEqual(heard?.question, ["www.example.test IN A"]);
    assert.equal((await asked([long], "A www.example.test tcp")).heard?.answer.length, 60);
    assert.equal((await asked([long], "A www.example.test edns=4096")).heard?.answer.length, 60);
  });

  it("tell where a service with an external name leads, over TCP where UDP is too short", async () => {
    const short: Says = (question, transport) => reply(question, transport === "udp" ? [] : ["192.0.2.7", "192.0.2.8"], { truncated: transport === "udp" });
    const { heard, recursors } = await asked([short], "A ext.service.consul");
    assert.deepEqual(heard?.answer, [
      "ext.service.consul 0 IN CNAME www.example.test",
      "www.example.test 0 IN A 192.0.2.7",
      "www.example.test 0 IN A 192.0.2.8",
    ]);
    assert.deepEqual(recursors[0]?.asked, ["udp www.example.test", "tcp www.example.test"]);
  });

  it("appear and disappear by a change of settings; without them other names are refused", async () => {
    await using recursor = await TestRecursor.start(GOOD);
    await using dns = await TestDns.start({});
    const text = "A www.example.test";
    assert.equal((await ask({ server: "127.0.0.1", port: dns.port, text }))?.head, "REFUSED qr rd");
    dns.configure({ recursors: [recursor.address] });
    assert.equal((await ask({ server: "127.0.0.1", port: dns.port, text }))?.head, "NOERROR qr ra");
    dns.configure({});
    assert.equal((await ask({ server: "127.0.0.1", port: dns.port, text }))?.head, "REFUSED qr rd");
  });
});
