import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { WireError } from "../../../src/gossip/wire/error.ts";
import { Packer } from "../../../src/gossip/wire/pack.ts";
import { bool, bytes, type Codec, float, i64, listOf, mapOf, text, u8, u16, u32, u64 } from "../../../src/gossip/wire/schema.ts";
import { Unpacker } from "../../../src/gossip/wire/unpack.ts";

// What go-msgpack 0.5.5 itself writes and accepts.
const { accepted, written } = JSON.parse(readFileSync(new URL("../vectors/msgpack.json", import.meta.url), "utf8")) as {
  readonly accepted: readonly { fieldType: string; what: string; hex: string; accepted: boolean; value: unknown }[];
  readonly written: readonly { what: string; hex: string; value: unknown }[];
};
const CODECS: Readonly<Record<string, Codec<unknown>>> = {
  text,
  bytes,
  uint8: u8,
  uint16: u16,
  uint32: u32,
  uint64: u64,
  int64: i64,
  float64: float,
  boolean: bool,
  "text map": mapOf(text),
  "text list": listOf(text),
} as Readonly<Record<string, Codec<unknown>>>;

function shown(value: unknown): unknown {
  if (value === undefined) return null;
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (value instanceof Map) return Object.fromEntries(value) as unknown;
  return typeof value === "bigint" ? String(value) : value;
}

describe("wire: MessagePack as go-msgpack 0.5.5 has it", () => {
  for (const vector of accepted) {
    it(`${vector.accepted ? "takes" : "refuses"} ${vector.what} in a field of type ${vector.fieldType}`, () => {
      const codec = CODECS[vector.fieldType];
      assert.ok(codec !== undefined, vector.fieldType);
      const read = (): unknown => codec.read(new Unpacker(Buffer.from(vector.hex, "hex")));
      if (vector.accepted) assert.deepEqual(shown(read()), vector.value ?? null);
      else assert.throws(read, WireError);
    });
  }

  it("writes integers, floats and booleans in the same bytes", () => {
    for (const vector of written) {
      const out = new Packer();
      if (vector.what.startsWith("int ") || vector.what === "uint64 max") out.int(BigInt(vector.value as string));
      else if (vector.what === "float64") out.float(vector.value as number);
      else if (typeof vector.value === "boolean") out.bool(vector.value);
      else continue;
      assert.equal(out.bytes().toString("hex"), vector.hex, vector.what);
    }
  });

  it("writes text and bytes alike as raw of the old family", () => {
    for (const vector of written) {
      const length = /^text of (?<length>\d+) x$/u.exec(vector.what)?.groups?.["length"];
      if (length === undefined) continue;
      const [asText, asBytes] = [new Packer(), new Packer()];
      asText.text("x".repeat(Number(length)));
      asBytes.raw(Buffer.alloc(Number(length), "x"));
      assert.deepEqual(asText.bytes(), asBytes.bytes());
      assert.ok(asText.bytes().toString("hex").startsWith(vector.hex.replace("...", "")), vector.what);
    }
  });

  it("never believes a length: what is cut short or absurd is refused", () => {
    for (const cut of ["da", "db00ffffff61", "dd7fffffff", "df7fffffff", "cf00", "92a161", "81a161", ""]) {
      assert.throws(() => listOf(mapOf(text)).read(new Unpacker(Buffer.from(cut, "hex"))) ?? text.read(new Unpacker(Buffer.from(cut, "hex"))), WireError, cut);
    }
    assert.throws(() => new Unpacker(Buffer.alloc(64, 0x91)).skip(), WireError, "lists in lists without end");
  });
});
