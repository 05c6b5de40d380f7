import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { History } from "../checkers/history.ts";
import type { StoreHistory, StoreInput, StoreOutput } from "./calls.ts";
import { sessionFault } from "./session-rules.ts";
import { linearFault, staleFault, versionFault } from "./store-rules.ts";
import { watchFault } from "./watch-rules.ts";

type Line = readonly [fromMs: number, toMs: number | undefined, input: StoreInput, output: StoreOutput];

const DONE: StoreOutput = { kind: "done", done: true };
const NOT_DONE: StoreOutput = { kind: "done", done: false };
const session = (id: string | undefined): StoreOutput => ({ kind: "session", id });
const entry = (key: string, value: string, index: number): StoreOutput => ({ kind: "entry", entry: { key, value, session: "", modifyIndex: index }, index });
const QUIET = [{ fromMs: 0, toMs: 100_000, wakeWithinMs: 500, members: new Set(["n1"]) }];

/** Lines by the times of their ends; one stamp a millisecond, so no two ends may fall together. */
function history(lines: readonly Line[]): StoreHistory {
  const made: StoreHistory = new History();
  for (const [at, [fromMs, toMs, input, output]] of lines.entries()) {
    const operation = made.begin({ client: `c${at}`, server: "n1", input, nowMs: fromMs, stamp: fromMs });
    operation.returned = toMs;
    operation.returnedMs = toMs;
    operation.outcome = toMs === undefined ? "unknown" : "ok";
    operation.output = toMs === undefined ? undefined : output;
  }
  return made;
}

const CREATE_A: Line = [1, 2, { kind: "session-create", ttlMs: 1_000, delayMs: 500 }, session("A")];
const CREATE_B: Line = [3, 4, { kind: "session-create", ttlMs: 1_000, delayMs: 500 }, session("B")];
const acquire = (who: string, from: number, to: number, output = DONE): Line => [from, to, { kind: "acquire", key: "l", session: who, value: who }, output];
const release = (who: string, from: number, to: number): Line => [from, to, { kind: "release", key: "l", session: who }, DONE];
const destroy = (who: string, from: number, to: number): Line => [from, to, { kind: "session-destroy", session: who }, DONE];
const renew = (who: string, from: number, to: number, found: boolean): Line => [
  from,
  to,
  { kind: "session-renew", session: who },
  session(found ? who : undefined),
];

const SESSIONS: readonly { readonly name: string; readonly lines: readonly Line[]; readonly fault: RegExp | undefined }[] = [
  { name: "one after the other", lines: [CREATE_A, CREATE_B, acquire("A", 5, 6), release("A", 7, 8), acquire("B", 9, 10)], fault: undefined },
  { name: "both at once", lines: [CREATE_A, CREATE_B, acquire("A", 5, 6), acquire("B", 7, 8)], fault: /two holders/ },
  { name: "the second refused", lines: [CREATE_A, CREATE_B, acquire("A", 5, 6), acquire("B", 7, 8, NOT_DONE)], fault: undefined },
  {
    name: "the second after the first's TTL",
    lines: [CREATE_A, CREATE_B, acquire("A", 5, 6), renew("B", 900, 901, true), acquire("B", 1_050, 1_051)],
    fault: undefined,
  },
  {
    name: "the second before the first's TTL, renewed",
    lines: [CREATE_A, CREATE_B, acquire("A", 5, 6), renew("A", 900, 901, true), acquire("B", 1_050, 1_051)],
    fault: /two holders/,
  },
  { name: "within the lock-delay", lines: [CREATE_A, CREATE_B, acquire("A", 5, 6), destroy("A", 7, 8), acquire("B", 400, 401)], fault: /lock-delay/ },
  { name: "after the lock-delay", lines: [CREATE_A, CREATE_B, acquire("A", 5, 6), destroy("A", 7, 8), acquire("B", 510, 511)], fault: undefined },
  { name: "a session gone early", lines: [CREATE_A, renew("A", 900, 901, true), renew("A", 1_500, 1_501, false)], fault: /could not end before/ },
  { name: "a session gone in time", lines: [CREATE_A, renew("A", 900, 901, true), renew("A", 1_950, 1_951, false)], fault: undefined },
  { name: "a lock after the session's end", lines: [CREATE_A, destroy("A", 5, 6), acquire("A", 7, 8)], fault: /after its end/ },
];

describe("sessionFault", () => {
  for (const { name, lines, fault } of SESSIONS) {
    it(`${fault === undefined ? "allows" : "finds"}: ${name}`, () => {
      const found = sessionFault(history(lines), ["l"], () => false);
      if (fault === undefined) assert.equal(found, undefined);
      else assert.match(String(found), fault);
    });
  }
});

const set = (value: string, from: number, to: number): Line => [from, to, { kind: "set", key: "k", value }, DONE];
const watch = (minIndex: number, from: number, to: number | undefined, output: StoreOutput): Line => [
  from,
  to,
  { kind: "watch", key: "k", minIndex, waitMs: 5_000 },
  output,
];

const WATCHES: readonly { readonly name: string; readonly lines: readonly Line[]; readonly fault: RegExp | undefined }[] = [
  { name: "woken by a write", lines: [watch(5, 10, 105, entry("k", "v", 6)), set("v", 100, 101)], fault: undefined },
  { name: "asleep past a write", lines: [watch(5, 10, 5_011, entry("k", "v", 6)), set("v", 100, 101)], fault: /slept on/ },
  { name: "never answered though written", lines: [watch(5, 10, undefined, DONE), set("v", 100, 101)], fault: /slept on/ },
  { name: "ended early with nothing new", lines: [watch(5, 10, 105, entry("k", "v", 5))], fault: /nothing new/ },
  { name: "ended in time with nothing new", lines: [watch(5, 10, 5_100, entry("k", "v", 5))], fault: undefined },
  { name: "an index that goes back", lines: [watch(5, 10, 105, entry("k", "v", 4))], fault: /went back/ },
];

describe("watchFault", () => {
  for (const { name, lines, fault } of WATCHES) {
    it(`${fault === undefined ? "allows" : "finds"}: ${name}`, () => {
      const found = watchFault(history(lines), QUIET);
      if (fault === undefined) assert.equal(found, undefined);
      else assert.match(String(found), fault);
    });
  }
});

describe("the rules of reads", () => {
  const get = (value: string, index: number, from: number, to: number, mode: "default" | "stale" = "default"): Line => [
    from,
    to,
    { kind: "get", key: "k", mode },
    entry("k", value, index),
  ];

  it("finds a default read of the past, and allows a stale one", () => {
    assert.match(String(linearFault(history([set("a", 1, 2), set("b", 3, 4), get("a", 7, 5, 6)]), ["k"])), /not linearizable/);
    assert.equal(linearFault(history([set("a", 1, 2), set("b", 3, 4), get("a", 7, 5, 6, "stale")]), ["k"]), undefined);
  });

  it("finds what nobody wrote, and one value with two indexes", () => {
    assert.match(String(versionFault(history([get("a", 7, 5, 6)]))), /nobody had written/);
    assert.match(String(versionFault(history([set("a", 1, 2), get("a", 7, 3, 4), get("a", 8, 5, 6)]))), /modifyIndex 7 and 8/);
  });

  it("finds a stale list that shows a change without an earlier one", () => {
    const list = (from: number, x: number, y: number): Line => {
      const entries = [
        { key: "s/x", value: `x${x}`, session: "", modifyIndex: x },
        { key: "s/y", value: `y${y}`, session: "", modifyIndex: y },
      ];
      return [from, from + 1, { kind: "list", prefix: "s/" }, { kind: "entries", entries, index: Math.max(x, y) }];
    };
    assert.equal(staleFault(history([list(1, 5, 6), list(3, 7, 6), list(5, 5, 6)]), "s/"), undefined);
    assert.match(String(staleFault(history([list(1, 7, 6), list(3, 5, 8)]), "s/")), /without its change at 7/);
  });
});
