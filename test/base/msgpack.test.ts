import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decodeMsgpack, encodeMsgpack } from "../../src/base/msgpack.ts";

describe("MessagePack", () => {
  for (const value of [
    0,
    -1,
    127,
    128,
    2 ** 32,
    Number.MAX_SAFE_INTEGER,
    -(2 ** 40),
    1.5,
    0n,
    18446744073709551615n,
    -9223372036854775808n,
    "",
    "text \u00e9 \ud83d\ude00",
    "x".repeat(70_000),
    true,
    null,
    undefined,
    [],
    [1, [2, [3]]],
    { a: 1, b: { c: undefined, d: "x" } },
    Array.from({ length: 70_000 }, (_, i) => i),
  ]) {
    it(`gives back ${typeof value} ${String(JSON.stringify(value, (_, each: unknown) => (typeof each === "bigint" ? `${each}n` : each))).slice(0, 40)}`, () => {
      assert.deepEqual(decodeMsgpack(encodeMsgpack(value)), value);
    });
  }

  it("gives back a member named __proto__ as one like any other", () => {
    const value = { a: [{ ["__proto__"]: "x", constructor: "y", b: 1n, c: undefined }] };
    assert.deepEqual(decodeMsgpack(encodeMsgpack(value)), value);
    assert.equal(({} as Record<string, unknown>)["b"], undefined);
  });

  it("gives bytes back as bytes, in any place", () => {
    const made = decodeMsgpack(encodeMsgpack({ value: Uint8Array.of(1, 2, 255), list: [Buffer.alloc(70_000, 7)] })) as {
      value: Uint8Array;
      list: Uint8Array[];
    };
    assert.deepEqual([...made.value], [1, 2, 255]);
    assert.equal(made.list[0]?.length, 70_000);
  });

  it("does not hand out objects with another prototype", () => {
    const made = decodeMsgpack(Buffer.from([0x81, 0xa9, ...Buffer.from("__proto__"), 0x81, 0xa1, 0x61, 1])) as Record<string, unknown>;
    assert.equal(Object.getPrototypeOf(made), Object.prototype);
    assert.equal((made as { a?: number }).a, undefined);
  });

  it("refuses a bigint beyond 64 bits", () => assert.throws(() => encodeMsgpack(2n ** 64n), RangeError));

  for (const [say, bytes] of [
    ["nothing", []],
    ["a text cut short", [0xa5, 0x61]],
    ["a long text cut short", [0xdb, 0, 0, 1, 0, 0x61]],
    ["a list cut short", [0x92, 1]],
    ["a list that claims a billion members", [0xdd, 0x40, 0, 0, 0, 1]],
    ["an object that claims as many", [0xdf, 0x40, 0, 0, 0, 0xa1, 0x61, 1]],
    ["an object keyed by a number", [0x81, 1, 1]],
    ["more after its end", [1, 1]],
    ["a length cut short", [0xdb, 0, 0]],
    ["a record definition of the library's own", [0xd4, 0x72, 0x40]],
    ["an extension of 8 bytes", [0xd7, 0xff, 0, 0, 0, 0, 0, 0, 0, 0]],
    ["an extension of any length", [0xc7, 1, 0x65, 0x90]],
    ["the one format that does not exist", [0xc1]],
    ["nesting without end", [...Array.from({ length: 5_000 }, () => 0x91), 1]],
  ] as const) {
    it(`refuses ${say}`, () => assert.throws(() => decodeMsgpack(Uint8Array.from(bytes)), { code: "corrupt" }));
  }

  it("refuses or reads whatever bytes come, seeded, and does nothing else", () => {
    let state = 12345;
    for (let round = 0; round < 20_000; round++) {
      const bytes = Buffer.alloc(1 + (round % 40));
      for (let at = 0; at < bytes.length; at++) {
        state = (Math.imul(state, 1103515245) + 12345) >>> 0;
        bytes[at] = state >>> 16;
      }
      try {
        decodeMsgpack(bytes);
      } catch (error) {
        assert.equal((error as { code?: string }).code, "corrupt");
      }
    }
  });
});
