import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bytesToByteString, utf8ToByteString } from "../../src/base/byte-string.ts";
import { acceptsGzip } from "../../src/http/gzip.ts";
import { parseBool, parseInteger, parseUint } from "../../src/http/numbers.ts";
import { cleanPath, escapePath, isPrintable, parseTarget } from "../../src/http/path.ts";
import { Query } from "../../src/http/query.ts";

describe("parseTarget (Go url.ParseRequestURI)", () => {
  it("takes path and query apart and undoes escapes in the path alone", () => {
    assert.deepEqual(parseTarget("/v1/kv/a%20b%2F%C3%BC?x=%20"), { origin: "", path: utf8ToByteString("/v1/kv/a b/ü"), query: "x=%20" });
    assert.deepEqual(parseTarget("http://kit:1/v1/kv/a?raw"), { origin: "http://kit:1", path: "/v1/kv/a", query: "raw" });
    assert.deepEqual(parseTarget("/v1/kv/a+b"), { origin: "", path: "/v1/kv/a+b", query: "" });
  });

  for (const raw of ["foo", "", "/v1/kv/%ZZ", "/v1/kv/%4", "/v1/kv/%"]) {
    it(`refuses ${JSON.stringify(raw)}`, () => assert.equal(parseTarget(raw), undefined));
  }
});

describe("cleanPath (Go net/http cleanPath)", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["/v1/kv/a", "/v1/kv/a"],
    ["/v1/kv/a/", "/v1/kv/a/"],
    ["//v1//kv/a", "/v1/kv/a"],
    ["/v1/kv/./a", "/v1/kv/a"],
    ["/v1/kv/a/..", "/v1/kv"],
    ["/v1/kv/a/../", "/v1/kv/"],
    ["/v1/kv/a/.", "/v1/kv/a"],
    ["/../..", "/"],
    ["//", "/"],
    ["/v1/kv/.hidden", "/v1/kv/.hidden"],
    ["/v1/kv/a..b/c.", "/v1/kv/a..b/c."],
    ["/v1/kv/...", "/v1/kv/..."],
    ["", "/"],
  ];
  for (const [path, clean] of cases) it(`makes ${clean} of ${path}`, () => assert.equal(cleanPath(utf8ToByteString(path)), clean));
});

describe("escapePath (Go URL.EscapedPath)", () => {
  it("escapes bytes that are no part of a path", () => {
    assert.equal(escapePath(bytesToByteString(Uint8Array.of(0x2f, 0x20, 0xff, 0x3f, 0x25))), "/%20%FF%3F%25");
    assert.equal(escapePath(utf8ToByteString("/a-b_c.d~$&+,/:;=@")), "/a-b_c.d~$&+,/:;=@");
  });
});

describe("isPrintable (Go unicode.IsPrint)", () => {
  const cases: readonly (readonly [string, boolean])[] = [
    ["/v1/kv/with space", true],
    ["/v1/kv/grüße ☃ 日本 🍯", true],
    ["/v1/kv/a\nb", false],
    ["/v1/kv/\u0001", false],
    ["/v1/kv/\u007f", false],
    ["/v1/kv/\u00a0", false],
    ["/v1/kv/\u2028", false],
  ];
  for (const [path, printable] of cases) it(`says ${printable} of ${JSON.stringify(path)}`, () => assert.equal(isPrintable(utf8ToByteString(path)), printable));

  it("lets bytes pass that are no UTF-8", () => assert.equal(isPrintable(bytesToByteString(Uint8Array.of(0x2f, 0xff))), true));
});

describe("Query (Go url.ParseQuery)", () => {
  it("parts at & and ;, takes + for a blank and the first of a name", () => {
    const query = Query.parse("a=1&b;c=x+y%21&a=2&&=&tag=p&tag=q");
    assert.ok(query !== undefined);
    assert.deepEqual(
      [query.get("a"), query.has("b"), query.get("b"), query.get("c"), query.get("none"), query.has("none")],
      ["1", true, "", "x y!", "", false],
    );
    assert.deepEqual(query.all("tag"), ["p", "q"]);
  });

  it("refuses a broken escape in name or value", () => {
    assert.equal(Query.parse("%zz"), undefined);
    assert.equal(Query.parse("a=%"), undefined);
  });

  it("hands bytes over as they are", () => assert.equal(Query.parse("separator=%ff")?.bytes("separator"), "\u00ff"));
});

describe("acceptsGzip (Consul's gzip handler)", () => {
  const cases: readonly (readonly [string | undefined, boolean])[] = [
    [undefined, false],
    ["", false],
    ["gzip", true],
    ["GZIP", true],
    [" gzip ", true],
    ["gzip, deflate, br", true],
    ["deflate, gzip;q=0.5", true],
    ["gzip;q=2", true],
    ["gzip;q=1.0;foo=bar", true],
    ["gzip;q=0", false],
    ["gzip; q=0.0", false],
    ["gzip;q=abc", false],
    ["x-gzip", false],
    ["*", false],
    ["identity", false],
  ];
  for (const [header, accepted] of cases) it(`says ${accepted} of ${JSON.stringify(header)}`, () => assert.equal(acceptsGzip(header), accepted));
});

describe("numbers (Go strconv)", () => {
  it("reads a uint64 to its last digit and complains in Go's words", () => {
    assert.equal(parseUint("18446744073709551615"), 18446744073709551615n);
    assert.equal(parseUint("18446744073709551616"), 'strconv.ParseUint: parsing "18446744073709551616": value out of range');
    for (const text of ["", "-1", "+5", "1.0", "0x10", "abc"]) assert.equal(parseUint(text), `strconv.ParseUint: parsing "${text}": invalid syntax`);
  });

  it("reads integers and truth values", () => {
    assert.deepEqual([parseInteger("-7"), parseInteger("x")], [-7, 'strconv.Atoi: parsing "x": invalid syntax']);
    assert.deepEqual([parseBool("t"), parseBool("0"), parseBool("maybe")], [true, false, 'strconv.ParseBool: parsing "maybe": invalid syntax']);
  });
});
