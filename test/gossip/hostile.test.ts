import assert from "node:assert/strict";
import dgram from "node:dgram";
import net from "node:net";
import { describe, it } from "node:test";
import { eachAtOnce } from "../../src/base/at-once.ts";
import { LAN } from "../../src/gossip/index.ts";
import { encodeDatagram, encodeStream } from "../../src/gossip/wire/envelope.ts";
import { encodeCompressed } from "../../src/gossip/wire/layers.ts";
import { encodeMessage } from "../../src/gossip/wire/memberlist.ts";
import { encodeSerf } from "../../src/gossip/wire/serf.ts";
import { freeLoopback } from "../support/addresses.ts";
import { until } from "../support/until.ts";
import { type OwnMember, startOwn } from "./support/pools.ts";
import datagrams from "./vectors/datagrams.json" with { type: "json" };

const LARGEST = 2n ** 64n - 1n;
const VERSIONS = Uint8Array.of(1, 5, 2, 2, 5, 4);
const user = (message: Parameters<typeof encodeSerf>[0]): Buffer => encodeMessage({ kind: "user", payload: encodeSerf(message) });

/** What kills real peers or has been thought of to kill us. */
function evil(): readonly Buffer[] {
  const alive = { kind: "alive", incarnation: 1, addr: Uint8Array.of(127, 0, 0, 1), port: 1, meta: Uint8Array.of(0xff), versions: VERSIONS } as const;
  return [
    Buffer.alloc(0),
    Buffer.from([7, 0]),
    Buffer.from([7, 1, 0, 0]),
    Buffer.from([12, 0, 0, 0, 0]),
    Buffer.from(encodeCompressed(Buffer.alloc(0), true)),
    Buffer.from(encodeCompressed(Buffer.alloc(400_000), true)),
    encodeMessage({ ...alive, node: "short", versions: Uint8Array.of(1, 2) }),
    encodeMessage({ ...alive, node: "bare", versions: undefined }),
    encodeMessage({ ...alive, node: "odd", addr: Uint8Array.of(1, 2, 3) }),
    encodeMessage({ ...alive, node: "" }),
    encodeMessage({ kind: "suspect", incarnation: 0xffff_ffff, node: "us", from: "evil" }),
    encodeMessage({ kind: "dead", incarnation: 0xffff_ffff, node: "us", from: "us" }),
    encodeMessage({ kind: "ping", seqNo: 1, node: "us", sourceAddr: Uint8Array.of(1, 2, 3), sourcePort: 9, sourceNode: "x" }),
    encodeMessage({
      kind: "indirect-ping",
      seqNo: 1,
      target: Uint8Array.of(9),
      port: 1,
      node: "x",
      nack: true,
      sourceAddr: undefined,
      sourcePort: 0,
      sourceNode: "",
    }),
    user({ kind: "event", ltime: LARGEST, name: "late", payload: undefined, coalesce: false }),
    user({ kind: "join", ltime: LARGEST, node: "us" }),
    user({ kind: "leave", ltime: LARGEST, node: "us", prune: true }),
    user({ kind: "relay", ip: Uint8Array.of(1), port: 0, zone: "", name: "", inner: new Uint8Array() }),
    user({ ...QUERY, name: "_serf_install-key" }),
    user({ ...QUERY, name: "_serf_conflict", payload: Buffer.from("nobody") }),
    user({ ...QUERY, filters: [Uint8Array.of(), Uint8Array.of(1, 0xc1)] }),
    user({ ...QUERY, ltime: LARGEST }),
  ];
}

const QUERY = {
  kind: "query",
  ltime: 5n,
  id: 1,
  addr: Uint8Array.of(127, 0, 0, 1),
  port: 0,
  sourceNode: "evil",
  filters: undefined,
  flags: 1,
  relayFactor: 255,
  timeoutNs: -5n,
  name: "x",
  payload: undefined,
} as const;

describe("a member among strangers that mean it no good", () => {
  it("stays alive and says what it dropped, whatever datagrams come", async (t) => {
    const loop = await freeLoopback();
    // the captured members live elsewhere and nobody is to look for them there
    const guard = { refuse: ({ ip }: { readonly ip: string }) => (ip.startsWith("127.") ? undefined : "it is not of this machine") };
    await using us = await startOwn({ name: "us", bind: `${loop}.1:8301`, guard });
    const socket = dgram.createSocket("udp4");
    t.after(() => socket.close());
    const send = (bytes: Uint8Array): Promise<unknown> => new Promise((resolve) => socket.send(bytes, 8301, `${loop}.1`, resolve));
    for (const bytes of evil()) await send(bytes);
    const real = datagrams.datagrams.map((each) => Buffer.from(each.hex, "hex")).slice(0, 60);
    for (const [at, bytes] of real.entries()) {
      await send(bytes);
      await send(bytes); // a replay
      await send(bytes.subarray(0, at % bytes.length));
      const twisted = Buffer.from(bytes);
      twisted[at % bytes.length] = (twisted[at % bytes.length] ?? 0) ^ (1 << (at % 8));
      await send(twisted);
    }
    for (let at = 0; at < 300; at++) await send(Buffer.from(Array.from({ length: 1 + (at % 90) }, (_, byte) => (at * 7919 + byte * 104_729) & 0xff)));

    await using friend = await startOwn({ name: "friend", bind: `${loop}.2:8301` });
    assert.equal((await friend.gossip.join([`${loop}.1`])).joined, 1);
    await until("the friend sees us", () => friend.gossip.member("us")?.status === "alive");
    us.gossip.fireEvent("still", Buffer.from("here"));
    await until("the friend hears us", () => friend.events.some(({ name }) => name === "still"));
    assert.ok((await us.counted("memberlist.msg.bad")) > 20);
    assert.ok(us.log.filter((line) => line.includes("could not be read")).length <= 20, "the log has a bound");
    for (const name of ["short", "bare", "odd", ""]) assert.equal(us.gossip.member(name), undefined);
  });

  it("says what it dropped, in a figure and in a line of the log, for each kind of bad input", async (t) => {
    const loop = await freeLoopback();
    const [key, other] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
    await using sealed = await startOwn({ name: "sealed", bind: `${loop}.1:8301`, encryption: { keys: [key] } });
    await using plain = await startOwn({ name: "plain", bind: `${loop}.2:8301` });
    await using hasty = await startOwn({ name: "hasty", bind: `${loop}.3:8301`, timing: { ...LAN, streamTimeoutMs: 300 } });
    const socket = dgram.createSocket("udp4");
    t.after(() => socket.close());
    const dead = encodeMessage({ kind: "dead", incarnation: 0, node: "plain", from: "x" });
    const options = { compress: false, crc: false, sealing: { key: other, nonce: () => Buffer.alloc(12, 9) } };
    const pushPull = encodeStream({ kind: "push-pull", join: true, nodes: [], userState: Buffer.from([9, 0x81]) }, { compress: false, sealing: undefined });
    const bad = "memberlist.msg.bad";
    const cases: readonly (readonly [what: string, to: OwnMember, how: "datagram" | "stream", bytes: Buffer, metric: string, said: RegExp | undefined])[] = [
      ["garbage", plain, "datagram", Buffer.from("ffeeddccbbaa", "hex"), bad, /datagram could not be read.*message type/],
      ["a cut datagram", plain, "datagram", dead.subarray(0, 9), bad, /datagram could not be read/],
      ["another checksum", plain, "datagram", Buffer.from([12, 0, 0, 0, 0, ...dead]), bad, /checksum is wrong/],
      ["a bomb", plain, "datagram", Buffer.from(encodeCompressed(Buffer.alloc(400_000), true)), bad, /datagram could not be read.*larger than|more than/],
      ["a message told again", plain, "datagram", dead, "memberlist.msg.old", undefined],
      ["another key", sealed, "datagram", encodeDatagram([dead], options), bad, /no installed key opens it/],
      ["no key", sealed, "datagram", dead, bad, /no installed key opens it/],
      ["another key on a stream", sealed, "stream", encodeStream({ kind: "error", error: "x" }, { ...options }), bad, /No installed keys could decrypt/],
      ["no key on a stream", sealed, "stream", pushPull, bad, /remote state is not encrypted/],
      ["a stream longer than it may be", sealed, "stream", Buffer.from([10, 0x7f, 0xff, 0xff, 0xff]), bad, /larger than limit/],
      ["a bomb on a stream", plain, "stream", Buffer.from(encodeCompressed(Buffer.alloc(21 * 1024 * 1024), true)), bad, /stream could not be read.*than/],
      ["half a message and then silence", hasty, "stream", pushPull.subarray(0, 9), bad, /not done in 300 ms/],
      ["a list with broken news of Serf", plain, "stream", pushPull, bad, /Serf part of a list could not be read/],
    ];
    for (const [what, to, how, bytes, metric, said] of cases) {
      const [before, line] = [await to.counted(metric), to.log.length];
      if (how === "stream") await stream(to.gossip.address.split(":")[0] ?? "", bytes);
      else socket.send(bytes, 8301, to.gossip.address.split(":")[0]);
      await until(`${what} is counted`, async () => (await to.counted(metric)) > before);
      if (said !== undefined) assert.match(to.log.slice(line).join(""), said, what);
    }
    assert.equal(plain.gossip.localMember().status, "alive");
  });

  it("bounds streams: garbage, bombs, lengths that lie, silence, and more at once than it takes", async () => {
    const loop = await freeLoopback();
    await using us = await startOwn({ name: "us", bind: `${loop}.1:8301`, timing: { ...LAN, streamTimeoutMs: 4_000 } });
    const lies = [
      Buffer.from("GET / HTTP/1.1\r\n\r\n"),
      Buffer.from([6, 0x83, ...text("Nodes"), 0xce, 0x7f, 0xff, 0xff, 0xff, ...text("UserStateLen"), 0, ...text("Join"), 0xc3]),
      Buffer.from([6, 0x81, ...text("Nodes"), 0xff]),
      Buffer.from([10, 0xff, 0xff, 0xff, 0xff]),
      Buffer.from(encodeCompressed(Buffer.alloc(0), true)),
      Buffer.from([8, 0x81, ...text("UserMsgLen"), 0xce, 0x7f, 0xff, 0xff, 0xff]),
      Buffer.alloc(100_000, 6),
    ];
    const ended = lies.map((bytes) => stream(`${loop}.1`, bytes));
    const silent = Array.from({ length: 300 }, () => stream(`${loop}.1`, Buffer.alloc(0)));
    await Promise.all([...ended, ...silent]);
    assert.ok((await us.counted("memberlist.tcp.refused")) >= 1);

    const joiners = await Promise.all(Array.from({ length: 60 }, (_, at) => startOwn({ name: `j${at}`, bind: `${loop}.${at + 2}:8301` })));
    // All in this one process: on a slow machine one may run out of time, and tries again as an agent does.
    await eachAtOnce(joiners, 10, (each) => until("it joins", async () => (await each.gossip.join([`${loop}.1`])).joined === 1, 120_000, 500));
    await until("we see them all", () => us.gossip.members().filter(({ status }) => status === "alive").length === 61, 120_000);
    await Promise.all(joiners.map((each) => each[Symbol.asyncDispose]()));
  });
});

function text(value: string): readonly number[] {
  return [0xa0 | value.length, ...Buffer.from(value)];
}

/** Says something on a stream; resolves when the other side has closed it. */
function stream(host: string, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port: 8301 });
    socket.on("connect", () => socket.write(bytes));
    socket.on("data", () => {});
    socket.on("error", () => {});
    socket.on("close", () => resolve());
  });
}
