import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bytesToByteString } from "../../src/base/byte-string.ts";
import { indentJson, type JsonValue, quoteJson, quoteJsonBytes, writeJson } from "../../src/base/json.ts";
import { parseJson, parseWholeJson } from "../../src/base/json-parse.ts";

describe("writeJson (Go encoding/json)", () => {
  const cases: readonly (readonly [JsonValue, string])[] = [
    [null, "null"],
    [true, "true"],
    [18446744073709551615n, "18446744073709551615"],
    [1e-7, "1e-7"],
    [0.000001, "0.000001"],
    [1e21, "1e+21"],
    ["<a href='x'>&</a>", String.raw`"\u003ca href='x'\u003e\u0026\u003c/a\u003e"`],
    ['tab\t quote" back\\ \b\f\n\r', String.raw`"tab\t quote\" back\\ \u0008\u000c\n\r"`],
    ["\u2028\u2029", String.raw`"\u2028\u2029"`],
    ["grüße ☃ 日本 🍯", '"grüße ☃ 日本 🍯"'],
    ["\ud800", '"\ufffd"'],
    [{ b: 1, a: undefined, c: [] }, '{"b":1,"c":[]}'],
    [[1, "x", null, {}], '[1,"x",null,{}]'],
  ];
  for (const [value, text] of cases) it(`writes ${text}`, () => assert.equal(writeJson(value), text));

  it("writes bytes that are no UTF-8 as an escape each", () => {
    assert.equal(quoteJsonBytes(bytesToByteString(Uint8Array.of(0x61, 0xff, 0xfe, 0xe2, 0x98, 0x62))), String.raw`"a\ufffd\ufffd\ufffd\ufffdb"`);
    assert.equal(quoteJsonBytes(bytesToByteString(Buffer.from("☃\ufffd<"))), '"☃\ufffd\\u003c"');
  });

  it("keeps a DEL as it is, unlike other control characters", () => assert.equal(quoteJson("\u007f\u0001"), '"\u007f\\u0001"'));
});

describe("indentJson (Go json.Indent)", () => {
  it("indents by four, keeps empty lists and objects together", () => {
    assert.equal(
      indentJson('{"a":[1,{"b":"x,{y}:\\"z"}],"c":[],"d":{}}'),
      '{\n    "a": [\n        1,\n        {\n            "b": "x,{y}:\\"z"\n        }\n    ],\n    "c": [],\n    "d": {}\n}',
    );
  });

  it("leaves bare values alone", () => assert.equal(indentJson('"a:b"'), '"a:b"'));
});

describe("parseJson (Go json.Decoder)", () => {
  it("keeps whole numbers beyond 2^53", () => {
    assert.deepEqual(parseJson("[18446744073709551615,-9007199254740993,9007199254740991,1.5,1e3]"), [
      18446744073709551615n,
      -9007199254740993n,
      9007199254740991,
      1.5,
      1000,
    ]);
  });

  it("takes the last of members with one name, and any name", () => {
    const value = parseJson('{"a":1,"a":2,"__proto__":3}');
    assert.deepEqual(Object.entries(value as object), [
      ["a", 2],
      ["__proto__", 3],
    ]);
  });

  it("undoes escapes and mends lone surrogates", () => {
    assert.equal(parseJson(String.raw`"\u00e9\n\/\ud83c\udf6f\ud800x"`), "é\n/🍯\ufffdx");
  });

  it("does not look behind the first value", () => assert.deepEqual(parseJson(" [] trailing"), []));

  const faults: readonly (readonly [string, string])[] = [
    ["", "EOF"],
    ["  ", "EOF"],
    ['{"a":', "unexpected EOF"],
    ["nonsense", "invalid character 'o' in literal null (expecting 'u')"],
    ["rubbish", "invalid character 'r' looking for beginning of value"],
    ["{a:1}", "invalid character 'a' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b"}', "invalid character '\"' after object key:value pair"],
    ["[1 2]", "invalid character '2' after array element"],
    ['"a\nb"', "invalid character '\\n' in string literal"],
    [String.raw`"\x"`, "invalid character 'x' in string escape code"],
    [String.raw`"\u00g0"`, "invalid character 'g' in \\u hexadecimal character escape"],
    ["-x", "invalid character 'x' in numeric literal"],
    ["1.x", "invalid character 'x' after decimal point in numeric literal"],
    ["1ex", "invalid character 'x' in exponent of numeric literal"],
    ["\ufeff{}", "invalid character 'ï' looking for beginning of value"],
  ];
  for (const [text, message] of faults)
    it(`says of ${JSON.stringify(text)}: ${message}`, () => assert.throws(() => parseJson(text), { name: "JsonSyntaxError", message }));

  it("refuses a number that would cost it its time", () =>
    assert.throws(() => parseJson(`[${"9".repeat(2_000_000)}]`), /cannot unmarshal a number of 2000000 digits/));
  it("refuses what would cost it its stack", () => assert.throws(() => parseJson("[".repeat(5_000)), /exceeded max depth/));
});

describe("parseWholeJson (Go json.Unmarshal)", () => {
  it("wants nothing behind the value", () => {
    assert.deepEqual(parseWholeJson(" {} "), Object.create(null));
    assert.throws(() => parseWholeJson("{} x"), { message: "invalid character 'x' after top-level value" });
    assert.throws(() => parseWholeJson(""), { message: "unexpected end of JSON input" });
  });
});
