import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { majority, quorumValue, tally } from "../../../src/raft/core/quorum.ts";

describe("majority", () => {
  for (const [voters, needed] of [
    [1, 1],
    [2, 2],
    [3, 2],
    [4, 3],
    [5, 3],
    [6, 4],
    [7, 4],
  ] as const) {
    it(`of ${voters} is ${needed}`, () => assert.equal(majority(voters), needed));
  }
});

describe("quorumValue", () => {
  for (const [values, reached] of [
    [[], 0],
    [[7], 7],
    [[7, 3], 3],
    [[1, 2, 3], 2],
    [[9, 9, 0], 9],
    [[0, 0, 9], 0],
    [[4, 3, 2, 1], 2],
    [[5, 1, 4, 2, 3], 3],
    [[-1, -1, 5], -1],
  ] as const) {
    it(`of ${JSON.stringify(values)} is ${reached}`, () => assert.equal(quorumValue([...values], values.length), reached));
  }

  it("looks at the first `count` values only", () => assert.equal(quorumValue([1, 2, 3, 99, 99, 99], 3), 2));

  it("is what sorting says, for every order of five", () => {
    const orders = (rest: readonly number[]): number[][] =>
      rest.length === 0 ? [[]] : rest.flatMap((each, at) => orders(rest.toSpliced(at, 1)).map((tail) => [each, ...tail]));
    for (const order of orders([1, 2, 2, 4, 5])) assert.equal(quorumValue(order, 5), 2);
  });
});

describe("tally (Raft paper §5.2)", () => {
  for (const [voters, granted, refused, outcome] of [
    [1, 1, 0, "won"],
    [3, 1, 0, "open"],
    [3, 2, 0, "won"],
    [3, 1, 1, "open"],
    [3, 1, 2, "lost"],
    [4, 2, 1, "open"],
    [4, 2, 2, "lost"],
    [5, 3, 2, "won"],
    [5, 2, 3, "lost"],
  ] as const) {
    it(`${granted} for and ${refused} against of ${voters}: ${outcome}`, () => assert.equal(tally(voters, granted, refused), outcome));
  }
});
