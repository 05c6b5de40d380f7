import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatDuration, formatDurationMs, parseDuration, parseDurationMs } from "../../src/base/duration.ts";

describe("parseDuration (Go time.ParseDuration)", () => {
  const good: readonly (readonly [string, bigint])[] = [
    ["0", 0n],
    ["0s", 0n],
    ["1ns", 1n],
    ["1us", 1_000n],
    ["1µs", 1_000n],
    ["1μs", 1_000n],
    ["15000ms", 15_000_000_000n],
    ["0.3s", 300_000_000n],
    [".5s", 500_000_000n],
    ["1.s", 1_000_000_000n],
    ["0.005m", 300_000_000n],
    ["1h30m", 5_400_000_000_000n],
    ["0h0m0.3s", 300_000_000n],
    ["-1.5s", -1_500_000_000n],
    ["+5s", 5_000_000_000n],
    [`${"0".repeat(30)}7ns`, 7n],
    ["9223372036854775807ns", 9223372036854775807n],
  ];
  for (const [text, nanoseconds] of good) it(`reads ${text}`, () => assert.equal(parseDuration(text), nanoseconds));

  const bad: readonly (readonly [string, string])[] = [
    ["", 'time: invalid duration ""'],
    ["abc", 'time: invalid duration "abc"'],
    ["s", 'time: invalid duration "s"'],
    [".s", 'time: invalid duration ".s"'],
    ["--1s", 'time: invalid duration "--1s"'],
    ["10", 'time: missing unit in duration "10"'],
    ["1s2", 'time: missing unit in duration "1s2"'],
    ["1d", 'time: unknown unit "d" in duration "1d"'],
    ["1constructor", 'time: unknown unit "constructor" in duration "1constructor"'],
    [`${"9".repeat(100_000)}h`, `time: invalid duration "${"9".repeat(100_000)}h"`],
    ["10 s", 'time: unknown unit " s" in duration "10 s"'],
    ["10S", 'time: unknown unit "S" in duration "10S"'],
    ["9223372036854775808ns", 'time: invalid duration "9223372036854775808ns"'],
    ['ä"\\\n', 'time: invalid duration "ä"\\\n"'],
  ];
  for (const [text, message] of bad)
    it(`refuses ${JSON.stringify(text.slice(0, 40))} in Go's words`, () => assert.throws(() => parseDuration(text), { name: "DurationError", message }));

  it("gives milliseconds", () => assert.equal(parseDurationMs("1m0.5s"), 60_500));
});

describe("formatDuration (Go Duration.String)", () => {
  const cases: readonly (readonly [bigint, string])[] = [
    [0n, "0s"],
    [3n, "3ns"],
    [1_500n, "1.5µs"],
    [200_000_000n, "200ms"],
    [1_500_000_000n, "1.5s"],
    [60_000_000_000n, "1m0s"],
    [1_800_000_000_000n, "30m0s"],
    [86_400_000_000_000n, "24h0m0s"],
    [-2_000_000_000n, "-2s"],
  ];
  for (const [nanoseconds, text] of cases) it(`prints ${text}`, () => assert.equal(formatDuration(nanoseconds), text));

  it("takes milliseconds", () => assert.equal(formatDurationMs(0.25), "250µs"));
});
