import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { KvorumError } from "../../src/base/errors.ts";
import { encodeFrame, encodePart, FRAME, FrameReader } from "../../src/rpc/frames.ts";
import { maxFrameBytes } from "../../src/rpc/limits.ts";
import { numbers } from "../support/numbers.ts";

describe("FrameReader", () => {
  it("gives the same frames however the bytes are cut", () => {
    const frames = [encodeFrame(FRAME.ping, Buffer.alloc(0)), encodeFrame(FRAME.call, Buffer.from("abc")), encodeFrame(FRAME.reply, Buffer.alloc(60_000, 7))];
    const stream = Buffer.concat(frames);
    for (let seed = 1; seed <= 50; seed++) {
      const next = numbers(seed);
      const seen: [number, number][] = [];
      const reader = new FrameReader(maxFrameBytes, (kind, body) => seen.push([kind, body.byteLength]));
      for (let at = 0; at < stream.byteLength; ) {
        const length = 1 + next(seed % 2 === 0 ? 10 : 30_000);
        reader.push(stream.subarray(at, at + length));
        at += length;
      }
      assert.deepEqual(seen, [
        [FRAME.ping, 0],
        [FRAME.call, 3],
        [FRAME.reply, 60_000],
      ]);
    }
  });

  it("joins parts of several messages that come mixed", () => {
    const seen: string[] = [];
    const reader = new FrameReader(maxFrameBytes, (kind, body) => seen.push(`${kind} ${body.toString()}`));
    const part = (id: number, text: string, last: boolean): void => reader.push(encodePart({ id, last, bytes: Buffer.from(text) }));

    part(1, "\u0004one", false);
    part(2, "\u0004t", false);
    part(2, "wo", true);
    part(1, "!", true);

    assert.deepEqual(seen, ["4 two", "4 one!"]);
  });

  it("refuses parts in parts, and empty messages", () => {
    for (const bytes of [Buffer.from([FRAME.part, 1]), Buffer.alloc(0)]) {
      const reader = new FrameReader(maxFrameBytes, () => undefined);
      assert.throws(() => reader.push(encodePart({ id: 1, last: true, bytes })), { code: "corrupt" });
    }
  });

  it("throws nothing but `corrupt` and `too-large` whatever comes (1,000 seeds)", () => {
    for (let seed = 1; seed <= 1_000; seed++) {
      const next = numbers(seed);
      const reader = new FrameReader(maxFrameBytes, () => undefined);
      try {
        for (let round = 0; round < 5; round++) {
          const bytes = Buffer.from(Array.from({ length: next(64) }, () => (next(3) === 0 ? next(256) : next(10))));
          if (next(2) === 0 && bytes.byteLength > 4) bytes.writeUInt32BE(next(40), 0);
          reader.push(bytes);
        }
      } catch (error) {
        assert.ok(error instanceof KvorumError, String(error));
        assert.ok(error.code === "corrupt" || error.code === "too-large");
      }
    }
  });
});
