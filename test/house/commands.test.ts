import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { textOf } from "./files.ts";

const CODEC = "src/state/command-codec.ts";
const LEDGER = "test/house/command-numbers.txt";

describe("the numbers of commands in the log", () => {
  const inCode = [...textOf(CODEC).matchAll(/^ {2}"?([a-z.-]+)"?: (\d+),$/gm)].map(([, name, number]) => `${number} ${name}`);
  const everGiven = textOf(LEDGER)
    .split("\n")
    .filter((line) => /^\d/.test(line));

  it("are never taken back nor given a second meaning", () => {
    assert(inCode.length > 0, `the table in ${CODEC} is found`);
    assert.deepEqual(
      everGiven.filter((line) => !inCode.includes(line)),
      [],
    );
  });

  it(`are noted down in ${LEDGER} as soon as they are given`, () => {
    assert.deepEqual(
      inCode.filter((line) => !everGiven.includes(line)),
      [],
    );
  });

  it("are each given once, and leave the bit free that says a command may be left out", () => {
    const numbers = inCode.map((line) => Number.parseInt(line, 10));
    assert.equal(new Set(numbers).size, numbers.length);
    assert(numbers.every((number) => number >= 1 && (number & 0x7f) !== 0 && number <= 0xff));
  });
});
