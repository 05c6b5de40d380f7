import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ByteString } from "../../src/base/byte-string.ts";
import { utf8ToByteString } from "../../src/base/byte-string.ts";
import { goQuote, goQuoteBytes } from "../../src/base/go-quote.ts";

describe("Go's quoted text (strconv.Quote)", () => {
  for (const [text, quoted] of [
    ["plain/key", '"plain/key"'],
    ['a "b" \\', '"a \\"b\\" \\\\"'],
    ["\n\t\r\x00\x7f", '"\\n\\t\\r\\x00\\x7f"'],
    ["caf\u00e9 \u4e16\u754c \ud83d\ude00", '"caf\u00e9 \u4e16\u754c \ud83d\ude00"'],
    ["\u00a0\u200b\ufeff", '"\\u00a0\\u200b\\ufeff"'],
    ["\ufffd", '"\ufffd"'],
  ] as const) {
    it(`of ${quoted}`, () => {
      assert.equal(goQuote(text), quoted);
      assert.equal(goQuoteBytes(utf8ToByteString(text)), quoted);
    });
  }

  it("prints bytes that are no UTF-8 by their numbers", () => {
    assert.equal(goQuoteBytes("a\xff\xc3(\xe2\x82" as ByteString), '"a\\xff\\xc3(\\xe2\\x82"');
    assert.equal(goQuoteBytes("\xed\xa0\x80" as ByteString), '"\\xed\\xa0\\x80"');
  });
});
