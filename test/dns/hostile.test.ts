import assert from "node:assert/strict";
import dgram from "node:dgram";
import net from "node:net";
import { describe, it } from "node:test";
import dnsPacket from "dns-packet";
import { TYPE } from "../../src/dns/codes.ts";
import { encodeReply } from "../../src/dns/encode.ts";
import { innerQuestion } from "../../src/dns/question.ts";
import { textRecord } from "../../src/dns/records.ts";
import { emptyReply } from "../../src/dns/reply.ts";
import { numbers } from "../support/numbers.ts";
import { until } from "../support/until.ts";
import { ask, overTcp, overUdp, packetOf } from "./asking.ts";
import { instancesOf, TestDns } from "./support.ts";

const WEB = { web: instancesOf("web", 3) };

async function answers(dns: TestDns, how = ""): Promise<boolean> {
  return (await ask({ server: "127.0.0.1", port: dns.port, text: `A web.service.consul${how}` }))?.answer.length === 3;
}

describe("DNS under hostile input", () => {
  it("answers on after thousands of broken messages, which are counted", async () => {
    await using dns = await TestDns.start(WEB);
    const next = numbers(7);
    const socket = dgram.createSocket("udp4");
    const good = packetOf("SRV web.service.consul edns=1232 subnet=10.0.0.0/8");
    for (let round = 0; round < 3_000; round++) {
      const bytes = round % 3 === 0 ? Buffer.from(Array.from({ length: next(80) }, () => next(256))) : Buffer.from(good.subarray(0, 1 + next(good.length)));
      for (let flips = next(4); flips > 0 && bytes.length > 0; flips--) bytes[next(bytes.length)] = next(256);
      await new Promise<void>((resolve) => socket.send(bytes, dns.port, "127.0.0.1", () => resolve()));
      if (round % 50 === 0) assert.equal(await answers(dns), true);
    }
    socket.close();
    assert.equal(await answers(dns), true);
    assert.ok((await dns.counted("malformed")) > 500);
  });

  it("keeps no connection that sends a length and no message, or less than a length, and serves others meanwhile", async () => {
    await using dns = await TestDns.start(WEB);
    const slow = Array.from({ length: 20 }, () => net.connect({ host: "127.0.0.1", port: dns.port }));
    for (const [at, socket] of slow.entries()) socket.on("error", () => {}).write(at % 2 === 0 ? Buffer.from([0xff, 0xff, 1, 2, 3]) : Buffer.from([0]));
    assert.equal(await answers(dns, " tcp"), true);
    for (const socket of slow) socket.destroy();
  });

  it("takes many questions on one connection, cut anywhere, and answers each", async () => {
    await using dns = await TestDns.start(WEB);
    const question = packetOf("A web.service.consul");
    const length = Buffer.alloc(2);
    length.writeUInt16BE(question.length);
    const all = Buffer.concat(Array.from({ length: 300 }, () => [length, question]).flat());
    const socket = net.connect({ host: "127.0.0.1", port: dns.port });
    let got = 0;
    socket.on("data", (bytes: Buffer) => {
      got += bytes.length;
    });
    for (let at = 0; at < all.length; at += 97) socket.write(all.subarray(at, at + 97));
    const one = (await overTcp("127.0.0.1", dns.port, question))?.length ?? 0;
    await until("all are answered", () => got === 300 * (one + 2));
    socket.destroy();
  });

  it("stops reading from a client that takes no answers, and closes none of the others", async () => {
    await using dns = await TestDns.start({ ...WEB, many: instancesOf("many", 1_500) });
    const question = packetOf("SRV many.service.consul");
    const length = Buffer.alloc(2);
    length.writeUInt16BE(question.length);
    const greedy = net.connect({ host: "127.0.0.1", port: dns.port });
    greedy.on("error", () => {}).pause();
    for (let count = 0; count < 200; count++) greedy.write(Buffer.concat([length, question]));
    assert.equal(await answers(dns, " tcp"), true);
    greedy.destroy();
  });

  it("cuts an answer over TCP at 64 KiB, with a fair sample and the TC bit, and over UDP at what the client takes", async () => {
    await using dns = await TestDns.start({ many: instancesOf("many", 5_000) });
    const first = new Set<string>();
    for (let round = 0; round < 3; round++) {
      const bytes = await overTcp("127.0.0.1", dns.port, packetOf("SRV many.service.consul edns=1232 subnet=2001:db8::/128"));
      assert.ok(bytes !== undefined && bytes.length > 64_000 && bytes.length <= 65_535, `${bytes?.length} bytes`);
      const heard = await ask({ server: "127.0.0.1", port: dns.port, text: "SRV many.service.consul tcp" });
      assert.equal(heard?.head, "NOERROR qr aa tc rd");
      assert.equal(heard?.answer.length, heard?.additional.length);
      first.add(heard?.answer.join() ?? "");
    }
    assert.ok(first.size > 1, "not always the same ones");
    for (const size of [700, 1232, 4096, 65_535]) {
      const bytes = await overUdp("127.0.0.1", dns.port, packetOf(`SRV many.service.consul subnet=2001:db8::/128 edns=${size}`));
      assert.ok(bytes !== undefined && bytes.length <= size && bytes.length > size / 2, `${bytes?.length} bytes for ${size}`);
    }
  });

  it("writes the lower bits of a TTL that is too long (as 1.8.7 does), and leaves out a text that no message can hold", () => {
    const question = innerQuestion("x.consul", TYPE.ANY);
    const reply = emptyReply(question);
    reply.answers = [textRecord("x.consul", "e".repeat(80_000), 1), textRecord("x.consul", "short", 2_000_000 * 3_600)];
    const written = encodeReply(reply, true);
    assert.ok(written !== undefined);
    const { answers: kept = [] } = dnsPacket.decode(written);
    assert.deepEqual(
      kept.map((record) => [record.type, "ttl" in record ? record.ttl : undefined]),
      [["TXT", 2_905_032_704]],
    );
  });

  it("gives records in all orders, each about as often", async () => {
    await using dns = await TestDns.start(WEB);
    const times = new Map<number, number>();
    for (let round = 0; round < 300; round++) {
      const bytes = await overUdp("127.0.0.1", dns.port, packetOf("A web.service.consul"));
      const first = bytes?.[12 + 24 + 15] ?? -1; // last byte of the first address
      times.set(first, (times.get(first) ?? 0) + 1);
    }
    assert.deepEqual([...times.keys()].sort(), [0, 1, 2]);
    for (const count of times.values()) assert.ok(count > 60, `${[...times]}`);
  });
});
