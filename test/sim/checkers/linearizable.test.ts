import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkLinearizable, type Interval } from "./linearizable.ts";
import { REGISTER, type RegisterCall } from "./register.ts";

const set = (value: string, invoked: number, returned?: number): Interval<RegisterCall> => ({ call: { kind: "set", value }, invoked, returned });
const get = (result: string | undefined, invoked: number, returned: number): Interval<RegisterCall> => ({ call: { kind: "get", result }, invoked, returned });
const cas = (expected: string, value: string, result: boolean | undefined, invoked: number, returned?: number): Interval<RegisterCall> => ({
  call: { kind: "cas", expected, value, result },
  invoked,
  returned,
});

const TABLE: readonly { readonly name: string; readonly calls: readonly Interval<RegisterCall>[]; readonly good: boolean }[] = [
  { name: "nothing happened", calls: [], good: true },
  { name: "a read after a write sees it", calls: [set("a", 1, 2), get("a", 3, 4)], good: true },
  { name: "a read after a write misses it", calls: [set("a", 1, 2), get(undefined, 3, 4)], good: false },
  { name: "a read beside a write sees either", calls: [set("a", 1, 4), get(undefined, 2, 3)], good: true },
  { name: "two reads beside a write go back", calls: [set("a", 1, 10), get("a", 2, 3), get(undefined, 4, 5)], good: false },
  { name: "an unanswered write takes effect late", calls: [set("a", 1), set("b", 2, 3), get("b", 4, 5), get("a", 6, 7)], good: true },
  { name: "an unanswered write never happens", calls: [set("a", 1), set("b", 2, 3), get("b", 4, 5), get("b", 6, 7)], good: true },
  { name: "an unanswered write happens twice", calls: [set("a", 1), get("a", 2, 3), set("b", 4, 5), get("a", 6, 7)], good: false },
  { name: "two swaps win over one value", calls: [set("a", 1, 2), cas("a", "b", true, 3, 6), cas("a", "c", true, 4, 5)], good: false },
  { name: "a lost swap needs another winner", calls: [set("a", 1, 2), cas("a", "b", false, 3, 4)], good: false },
  {
    name: "a lost swap beside an unanswered one",
    calls: [set("a", 1, 2), cas("a", "c", undefined, 3), cas("a", "b", false, 4, 5), get("c", 6, 7)],
    good: true,
  },
];

describe("checkLinearizable", () => {
  for (const { name, calls, good } of TABLE) {
    it(`finds ${good ? "an order" : "no order"} when ${name}`, () => {
      assert.equal(checkLinearizable(REGISTER, calls), good ? "linearizable" : "not linearizable");
    });
  }

  it("finds the order of many calls at once", () => {
    const calls = Array.from({ length: 40 }, (_, at) => set(`v${at}`, at * 2, at * 2 + 9)).concat(get("v39", 200, 201));
    assert.equal(checkLinearizable(REGISTER, calls), "linearizable");
  });
});
