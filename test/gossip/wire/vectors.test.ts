import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import type { DatagramMessage, StreamMessage } from "../../../src/gossip/core/index.ts";
import { decodeDatagram, encodeDatagram, encodeStream, StreamReader, StreamRefusal } from "../../../src/gossip/wire/envelope.ts";
import { lzwCompress, lzwDecompress } from "../../../src/gossip/wire/lzw.ts";
import { decodeMessage, encodeMessage } from "../../../src/gossip/wire/memberlist.ts";
import {
  decodeCoordinate,
  decodeFilter,
  decodeSerf,
  decodeTags,
  encodeCoordinate,
  encodeFilter,
  encodeSerf,
  encodeTags,
} from "../../../src/gossip/wire/serf.ts";

// Captured from real Consul 1.8.7 and serf 0.9.4 agents.
interface Decoded {
  readonly type: string;
  readonly [field: string]: unknown;
}
const vectors = <T>(name: string): T => JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), "utf8")) as T;
const hex = (text: string): Buffer => Buffer.from(text, "hex");
const fail = (error: Error): never => {
  throw error;
};
const KINDS = new Set(["ping", "indirectPing", "ack", "nack", "suspect", "alive", "dead", "user"]);
const plain = { keys: [], verify: true };
const encrypted = vectors<{
  keys: string[];
  datagrams: { hex: string; decoded: Decoded }[];
  exchanges: { request: { hex: string; decoded: Decoded }; answer: { hex: string; decoded: Decoded } }[];
  provoked: { what: string; request: string; decoded: Decoded }[];
  keyMessagesOpened: { hex: string; rewriteGivesSameBytes: boolean }[];
}>("encrypted");
const keys = encrypted.keys.map(hex);

/** The field of a decoded message under its name on the wire, bytes as hex. */
function wireFields(message: object): Record<string, unknown> {
  const rename: Record<string, string> = { seqNo: "SeqNo", versions: "Vsn" };
  return Object.fromEntries(
    Object.entries(message)
      .filter(([name]) => name !== "kind")
      .map(([name, value]) => [
        rename[name] ?? (name[0] ?? "").toUpperCase() + name.slice(1),
        value instanceof Uint8Array ? { hex: Buffer.from(value).toString("hex") } : (value ?? null),
      ]),
  );
}

function compareFields(message: DatagramMessage | StreamMessage, decoded: Decoded): void {
  for (const [name, value] of Object.entries(wireFields(message))) {
    if (name in decoded) assert.deepEqual(value, decoded[name], `${decoded.type}.${name}`);
  }
}

describe("wire: single messages of real agents", () => {
  const { messages } = vectors<{ messages: { kind: string; hex: string; decoded: Decoded; rewriteGivesSameBytes: boolean }[] }>("messages");
  it(`decodes each of ${messages.length} and writes the same bytes again`, () => {
    for (const vector of messages) {
      const message = decodeMessage(hex(vector.hex));
      compareFields(message, vector.decoded);
      if (message.kind === "user") {
        const serf = decodeSerf(message.payload);
        if (vector.rewriteGivesSameBytes) assert.equal(Buffer.from(encodeSerf(serf)).toString("hex"), vector.hex.slice(2), vector.kind);
        if (serf.kind === "query")
          for (const filter of serf.filters ?? [])
            assert.deepEqual(encodeFilter(decodeFilter(filter) ?? fail(new Error("no filter"))), Buffer.from(filter ?? []));
        if (serf.kind === "relay") assert.notEqual(decodeSerf(serf.inner).kind, "relay");
      }
      if (message.kind === "ack" && message.payload !== undefined) {
        const coordinate = decodeCoordinate(message.payload) ?? fail(new Error("no coordinate"));
        assert.deepEqual(encodeCoordinate(coordinate), Buffer.from(message.payload));
      }
      if (vector.rewriteGivesSameBytes) assert.equal(encodeMessage(message).toString("hex"), vector.hex, vector.kind);
    }
  });

  it("opens the key queries and answers of a rotation", () => {
    for (const vector of encrypted.keyMessagesOpened) {
      const message = decodeMessage(hex(vector.hex));
      assert.equal(message.kind, "user");
      if (message.kind !== "user") continue;
      const serf = decodeSerf(message.payload);
      const inner = serf.kind === "query" || serf.kind === "response" ? serf.payload : undefined;
      if (inner !== undefined) assert.match(decodeSerf(inner).kind, /^key-/u);
      if (vector.rewriteGivesSameBytes) assert.equal(encodeMessage({ kind: "user", payload: encodeSerf(serf) }).toString("hex"), vector.hex);
    }
  });
});

describe("wire: whole datagrams of real agents", () => {
  const { datagrams } = vectors<{ datagrams: { holds: string[]; hex: string; decoded: Decoded }[] }>("datagrams");
  it(`opens every layer of ${datagrams.length} plain ones`, () => {
    for (const vector of datagrams) {
      const messages = decodeDatagram(hex(vector.hex), plain, fail);
      const kinds = new Set(messages.map((message) => message.kind.replace("indirect-ping", "indirectPing")));
      assert.deepEqual(kinds, new Set(vector.holds.map((kind) => kind.replace(/:.*/u, "")).filter((kind) => KINDS.has(kind))));
      const again = decodeDatagram(encodeDatagram(messages.map(encodeMessage), { compress: true, crc: true, sealing: undefined }), plain, fail);
      assert.deepEqual(again, messages);
    }
  });

  it(`opens ${encrypted.datagrams.length} sealed ones of versions 0 and 1 under three keys, and refuses them under others`, () => {
    for (const vector of encrypted.datagrams) {
      assert.ok(decodeDatagram(hex(vector.hex), { keys, verify: true }, fail).length > 0);
      const refused: string[] = [];
      decodeDatagram(hex(vector.hex), { keys: [Buffer.alloc(16, 9)], verify: true }, (error) => refused.push(error.message));
      assert.deepEqual(refused, ["Cannot read datagram: no installed key opens it"]);
    }
  });
});

describe("wire: streams of real agents", () => {
  const streams = vectors<{ exchanges: { request: { hex: string; decoded: Decoded }; answer: { hex: string; decoded: Decoded } }[] }>("streams");
  const read = (text: string, opening: { keys: Buffer[]; verify: boolean }): StreamMessage | undefined => new StreamReader(opening).push(hex(text), true);

  it("decodes both directions of every plain exchange, whole and byte by byte", () => {
    for (const { request, answer } of streams.exchanges) {
      for (const side of [request, answer]) {
        const message = read(side.hex, plain) ?? fail(new Error("not whole"));
        compareFields(message, side.decoded);
        if (message.kind === "push-pull" && message.userState.length > 0) assert.equal(decodeSerf(message.userState).kind, "state");
        assert.deepEqual(read(encodeStream(message, { compress: true, sealing: undefined }).toString("hex"), plain), message);
      }
    }
    const { hex: whole } = streams.exchanges[0]?.request ?? fail(new Error("no exchange"));
    const reader = new StreamReader(plain);
    const bytes = hex(whole);
    for (let at = 0; at < bytes.length - 1; at++) assert.equal(reader.push(bytes.subarray(at, at + 1), false), undefined);
    assert.equal(reader.push(bytes.subarray(-1), false)?.kind, "ping");
  });

  it("opens sealed exchanges with the first five bytes as associated data", () => {
    let opened = 0;
    for (const { request, answer } of encrypted.exchanges) {
      for (const side of [request, answer]) {
        if (side.decoded["opened"] === false) assert.throws(() => read(side.hex, { keys, verify: true }), StreamRefusal);
        else {
          const message = read(side.hex, { keys, verify: true }) ?? fail(new Error("not whole"));
          const nonce = (): Uint8Array => Buffer.alloc(12, opened);
          const again = encodeStream(message, { compress: true, sealing: { key: keys[0] ?? Buffer.alloc(0), nonce } });
          assert.deepEqual(read(again.toString("hex"), { keys, verify: true }), message);
          opened++;
        }
      }
    }
    assert.ok(opened > 0);
  });

  it("refuses with the texts that real agents answer", () => {
    const cases = [
      {
        bytes: encodeStream({ kind: "error", error: "x" }, { compress: false, sealing: undefined }),
        opening: { keys, verify: true },
        text: "Encryption is configured but remote state is not encrypted",
      },
      { bytes: hex("0a0000003a01"), opening: plain, text: "Remote state is encrypted and encryption is not configured" },
    ];
    for (const { bytes, opening, text } of cases) assert.throws(() => new StreamReader(opening).push(bytes, false), new StreamRefusal(text));
  });
});

describe("wire: compression and tags", () => {
  it("unpacks what both writers make and packs as Go 1.19 does, byte for byte", () => {
    for (const vector of vectors<{ vectors: { plain: string; go119: string; go115: string }[] }>("lzw").vectors) {
      assert.equal(lzwDecompress(hex(vector.go119), 1e6).toString("hex"), vector.plain);
      assert.equal(lzwDecompress(hex(vector.go115), 1e6).toString("hex"), vector.plain);
      assert.equal(lzwCompress(hex(vector.plain)).toString("hex"), vector.go119);
    }
  });

  it("refuses to unpack a bomb", () => {
    const bomb = lzwCompress(Buffer.alloc(1_000_000));
    assert.ok(bomb.length < 5_000);
    assert.throws(() => lzwDecompress(bomb, 100_000), /larger than 100000 bytes/u);
  });

  it("reads meta as tags, or as the bare role where the first byte says nothing", () => {
    for (const vector of vectors<{ meta: { tags: Record<string, string>; meta: string }[] }>("tags").meta) {
      assert.deepEqual(Object.fromEntries(decodeTags(hex(vector.meta))), vector.tags);
      assert.deepEqual(decodeTags(encodeTags(new Map(Object.entries(vector.tags)))), new Map(Object.entries(vector.tags)));
    }
  });
});
