import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LinearPattern } from "../../src/base/linear-pattern.ts";

// pattern, text
const GROUPS: readonly (readonly [string, string])[] = [
  ["^(.*)-via-(.*?)$", "web-via-us"],
  ["^(.*)-via-(.*?)$", "web-via-"],
  ["(a|ab)(c|bcd)(d*)", "abcd"],
  ["(a*)*", "aaa"],
  ["(a*?)(a*)", "aaa"],
  ["x(y)?z", "xz"],
  ["b", "aabc"],
  ["", "abc"],
  ["(?P<n>\\d+)-(\\w+)?", "id 42-!"],
  ["(é+)", "caféé"],
  ["a{2,3}?(a*)", "aaaaa"],
  ["(z)", "q"],
];

// pattern, texts that hold a match, texts that do not
const CASES: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ["", ["", "a"], []],
  ["abc", ["abc", "xabcx"], ["ab", "acb"]],
  ["^web-[0-9]+$", ["web-1", "web-42"], ["web-", "xweb-1", "web-1x"]],
  ["a|bc|", ["a", "bc", ""], []],
  ["^(a|b)*c$", ["c", "abbac"], ["abx", "ac c"]],
  ["^a{2,3}$", ["aa", "aaa"], ["a", "aaaa"]],
  ["^a{2}$", ["aa"], ["a", "aaa"]],
  ["^(?:ab){2,}$", ["abab", "ababab"], ["ab"]],
  ["a{,2}", ["a{,2}"], ["aa"]],
  ["(?i)WEB", ["web", "wEb"], ["wb"]],
  ["^(?i:w)eb$", ["Web"], ["WEb"]],
  ["^[^a-c]$", ["d"], ["a", "b", ""]],
  ["^[]a]$", ["]", "a"], ["b"]],
  ["^[[:alpha:]_-]+$", ["a_B-"], ["1"]],
  ["^\\d+\\.\\d+$", ["1.8"], ["1x8"]],
  ["^[\\w.]+$", ["a.b_1"], ["a b"]],
  ["\\bcat\\b", ["a cat!"], ["concat"]],
  ["^.$", ["ä", "😀"], ["\n", "ab"]],
  ["(?s)^.$", ["\n"], []],
  ["(?m)^b$", ["a\nb"], ["ab"]],
  ["^\\Qa.b\\E$", ["a.b"], ["axb"]],
  ["^\\x41\\x{42}\\101$", ["ABA"], []],
  ["^\\p{Lu}\\pL\\p{Greek}$", ["Äxβ"], ["äxβ"]],
  ["^(?P<name>a+)(?<more>b+)$", ["aabb"], ["a"]],
  ["^a*?b+?$", ["aab", "bb"], ["a"]],
  ["^(a*)*$", ["", "aaa"], ["b"]],
];
const BROKEN = [
  "(",
  ")",
  "[",
  "[b-a]",
  "*a",
  "a**",
  "a{3,2}",
  "a{1001}",
  "\\",
  "(?=a)",
  "(?<!a)",
  "\\k",
  "a(?z)",
  "\\p{Nonsense}",
  "((((a{100}){100}){100}){100})",
];

describe("LinearPattern (Go's regexp syntax)", () => {
  for (const [pattern, yes, no] of CASES) {
    it(`/${pattern}/`, () => {
      const compiled = LinearPattern.parse(pattern);
      assert.ok(compiled !== undefined);
      for (const text of yes) assert.ok(compiled.test(text), JSON.stringify(text));
      for (const text of no) assert.ok(!compiled.test(text), JSON.stringify(text));
    });
  }

  it("refuses what Go refuses, and what is beyond the bounds", () => {
    for (const pattern of BROKEN) assert.equal(LinearPattern.parse(pattern), undefined, pattern);
  });

  for (const [pattern, text] of GROUPS) {
    it(`gives the groups of ${pattern} in ${text} as a backtracking search finds them`, () => {
      const expected = new RegExp(pattern.replace("?P<", "?<"), "u").exec(text);

      assert.deepEqual(LinearPattern.parse(pattern)?.exec(text), expected === null ? undefined : [...expected]);
    });
  }

  it("takes no more than pattern times text, where backtracking would take for ever", () => {
    const began = performance.now();
    assert.equal(LinearPattern.parse("^(a+)+(a|aa)+(a|a)*$")?.test(`${"a".repeat(2000)}b`), false);
    assert.equal(LinearPattern.parse("(x+x+)+y")?.test("x".repeat(2000)), false);
    assert.ok(performance.now() - began < 30_000);
  });
});
