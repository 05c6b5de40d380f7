import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type FlagSpec, parseFlags } from "../../src/cli/flags.ts";

const SPECS: readonly FlagSpec[] = [
  { name: "b", kind: "bool", help: "" },
  { name: "bv", kind: "boolValue", help: "", full: true },
  { name: "s", kind: "string", help: "" },
  { name: "i", kind: "int", help: "" },
  { name: "fi", kind: "int", help: "", full: true },
  { name: "u", kind: "uint", help: "" },
  { name: "d", kind: "duration", help: "" },
  { name: "fd", kind: "duration", help: "", full: true },
  { name: "m", kind: "strings", help: "" },
  { name: "m2", kind: "strings", help: "", into: "m" },
];

describe("parseFlags", () => {
  const good: readonly (readonly [line: string, values: Readonly<Record<string, unknown>>, rest?: readonly string[]])[] = [
    ["", {}],
    ["-s x", { s: "x" }],
    ["--s x", { s: "x" }],
    ["-s=x", { s: "x" }],
    ["--s=x=y", { s: "x=y" }],
    ["-s=", { s: "" }],
    ["-s -b", { s: "-b" }],
    ["-b", { b: true }],
    ["-b=false", { b: false }],
    ["-b=T -bv F", { b: true, bv: false }],
    ["-b rest -s x", { b: true }, ["rest", "-s", "x"]],
    ["-b -- -s", { b: true }, ["-s"]],
    ["-b - x", { b: true }, ["-", "x"]],
    ["-i -5", { i: -5 }],
    ["-i +5", { i: 5 }],
    ["-u 18446744073709551615", { u: 18446744073709551615n }],
    ["-d 1m30s", { d: 90_000_000_000n }],
    ["-m a -m2=b -m c", { m: ["a", "b", "c"] }],
    ["-s a -s b", { s: "b" }],
  ];
  for (const [line, values, rest = []] of good) {
    it(`reads "${line}"`, () => {
      const parsed = parseFlags(SPECS, line === "" ? [] : line.split(" "));
      assert.deepEqual(Object.fromEntries(parsed.values), values);
      assert.deepEqual(parsed.rest, rest);
    });
  }

  const bad: readonly (readonly [line: string, message: string])[] = [
    ["-x", "flag provided but not defined: -x"],
    ["--x=1", "flag provided but not defined: -x"],
    ["-s", "flag needs an argument: -s"],
    ["-=x", "bad flag syntax: -=x"],
    ["---s", "bad flag syntax: ---s"],
    ["-b=maybe", 'invalid boolean value "maybe" for -b: parse error'],
    ["-bv=maybe", 'invalid boolean value "maybe" for -bv: strconv.ParseBool: parsing "maybe": invalid syntax'],
    ["-i x", 'invalid value "x" for flag -i: parse error'],
    ["-fi x", 'invalid value "x" for flag -fi: strconv.Atoi: parsing "x": invalid syntax'],
    ["-u -1", 'invalid value "-1" for flag -u: parse error'],
    ["-u 99999999999999999999", 'invalid value "99999999999999999999" for flag -u: value out of range'],
    ["-d 5", 'invalid value "5" for flag -d: parse error'],
    ["-fd 3", 'invalid value "3" for flag -fd: time: missing unit in duration "3"'],
  ];
  for (const [line, message] of bad)
    it(`refuses "${line}" in Go's words`, () => assert.throws(() => parseFlags(SPECS, line.split(" ")), { name: "FlagError", message }));

  for (const line of ["-h", "-help", "--help"]) it(`asks for help by ${line}`, () => assert.throws(() => parseFlags(SPECS, [line]), { name: "HelpRequest" }));
});
