import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkedInstanceRow, compileFilter, FilterCache, FilterFault, type Kind, nodeRow, serviceNodeRow } from "../../src/filter/index.ts";
import { maxCached, maxDepth, maxExpressionLength } from "../../src/filter/limits.ts";
import { CHECKED, NODES, SERVICES } from "./rows.ts";

/** What Consul 1.8.7 answered to these, given the same rows. */
const ON_NODES: readonly (readonly [expression: string, nodes: string])[] = [
  ["Node==n1", "n1"],
  ['Node=="n1"', "n1"],
  ["Node ==\n n1", "n1"],
  ['Node == "\\x6e1"', "n1"],
  ['Node == "\\u006e1"', "n1"],
  ["Node == `n1`", "n1"],
  ["not Node == n1", "n2 n3"],
  ["not not Node == n1", "n1"],
  ["((Node == n1))", "n1"],
  ["( Node == n1 )", "n1"],
  ["(Node == n1) or (Node == n2)", "n1 n2"],
  ["Node == n1 or Node == n2 and Node == n3", "n1"],
  ["Node == 1", ""],
  ["Node == 1.5", ""],
  ["Node == -1", ""],
  ["Node == and", ""],
  ["not in Node", ""],
  ["in in Node", ""],
  ["Meta.zone in Node", ""],
  ["Meta.zone == x", "n1"],
  ['Meta["zone"] == x', "n1"],
  ["Meta[ `zone` ] == x", "n1"],
  ['Meta["a.b"] == dots', "n1"],
  ["Meta.zone_a == x", ""],
  ['Meta.nope == ""', ""],
  ['Meta.nope != ""', "n1 n2 n3"],
  ["Meta contains zone", "n1 n2"],
  ["zone in Meta", "n1 n2"],
  ['"zone" not in Meta', "n3"],
  ["Meta is empty", "n3"],
  ["Meta is not empty", "n1 n2"],
  ['TaggedAddresses.lan == "10.2.2.1"', "n1"],
  ["Node matches `n[12]`", "n1 n2"],
  ["Node not matches `n[12]`", "n3"],
  ["Node contains `1`", "n1"],
  ["Node not contains `1`", "n2 n3"],
  ['Meta["zone"] == x and Meta["rack"] == 1 and Address == "10.2.2.1"', "n1"],
];

const ON_SERVICES: readonly (readonly [expression: string, ids: string])[] = [
  ['ServicePort == "0x50"', "w1"],
  ['ServicePort == "8_0"', "w1"],
  ['ServicePort == "0b1010000"', "w1"],
  ['ServicePort == "0120"', "w1"],
  ['ServicePort == "+80"', "w1"],
  ["ServicePort != 80", "w2 w3"],
  ["ServiceEnableTagOverride == T", "w3"],
  ["ServiceEnableTagOverride != t", "w1 w2"],
  ["ServiceTaggedAddresses.lan.Port == 8", "w1"],
  ["ServiceTaggedAddresses.lan.Port != 8", "w2 w3"],
  ["ServiceTaggedAddresses.zzz.Port != 8", "w1 w2 w3"],
  ["ServiceTaggedAddresses.zzz.Port == 8", ""],
  ["ServiceTaggedAddresses contains lan", "w1"],
  ["ServiceMeta.zzz not matches a", "w1 w2 w3"],
  ["ServiceMeta.zzz matches a", "w1 w2 w3"],
  ["a not in ServiceMeta.zzz", "w1 w2 w3"],
  ["a in ServiceMeta.zzz", ""],
  ['"" in ServiceMeta.env', "w1 w2"],
  ['ServiceMeta.env matches ""', "w1 w2 w3"],
  ["ServiceMeta.env != prod", "w2 w3"],
  ["v1 in ServiceTags", "w1"],
  ["ServiceTags contains 1", ""],
  ["ServiceTags is empty", "w3"],
  ["ServiceProxy.Upstreams is empty", "w1 w2 w3"],
  ["ServiceProxy.Expose.Paths is not empty", ""],
  ["ServiceConnect.Native == true", "w3"],
  ['ServiceKind == ""', "w1 w2 w3"],
];

const ON_CHECKED: readonly (readonly [expression: string, ids: string])[] = [
  ["Checks.Status == critical", "w3"],
  ["Checks.Status != critical", "w1 w2"],
  ["not Checks.Status == critical", "w1 w2"],
  ["Checks is empty", ""],
  ["Checks.ServiceTags is empty", "w1 w3"],
  ["v1 in Checks.ServiceTags", "w1"],
  ["Service.Weights.Passing == 5", "w1"],
  ["Node.Meta.zone == y or Service.Tags is empty", "w2 w3"],
];

const FAULTS: readonly (readonly [expression: string, reason: string])[] = [
  ["Node == n1 and", "1:15 (14): no match found, expected: [ \\t\\r\\n]"],
  ['Node == "a\\"b"', '1:9 (8): rule "string": invalid syntax'],
  ['Node == "a\\q"', '1:9 (8): rule "string": invalid syntax'],
  ["Node == 'n1'", '1:9 (8): no match found, expected: "-", "0", "\\"", "`", [ \\t\\r\\n], [1-9] or [a-zA-Z]'],
  ["Node is  empty", 'Invalid match operator "Is Empty" for selector "Node"'],
  ["Node is not empty", 'Invalid match operator "Is Not Empty" for selector "Node"'],
  ["not(Node == n1)", '1:4 (3): no match found, expected: "!=", ".", "==", "[", [ \\t\\r\\n] or [a-zA-Z0-9_]'],
  ["Meta.a.b == dots", 'Selector "Meta.a.b" is not valid'],
  ['Meta["zone"].x == 1', 'Selector "Meta.zone.x" is not valid'],
  ["TaggedAddresses.lan.Address == 1", 'Selector "TaggedAddresses.lan.Address" is not valid'],
  ["CreateIndex != abc", 'Selector "CreateIndex" is not valid'],
  ["node == n1", 'Selector "node" is not valid'],
  ["toString == n1", 'Selector "toString" is not valid'],
  ["1 == Node", '1:3 (2): no match found, expected: "in", "not" or [ \\t\\r\\n]'],
  ["Node AND Node", '1:6 (5): no match found, expected: "!=", "==", "contains", "in", "is", "matches", "not" or [ \\t\\r\\n]'],
  ["Node", '1:5 (4): no match found, expected: "!=", ".", "==", "[", [ \\t\\r\\n] or [a-zA-Z0-9_]'],
  ['"Node" == n1', '1:8 (7): no match found, expected: "in", "not" or [ \\t\\r\\n]'],
  ["Node==n1or Node==n2", '1:12 (11): no match found, expected: "and", "or", [ \\t\\r\\n] or EOF'],
  ["Node == n1 or(Node == n2)", "1:14 (13): no match found, expected: [ \\t\\r\\n]"],
  ["(Node == n1)or(Node == n2)", "1:13 (12): no match found, expected: [ \\t\\r\\n] or EOF"],
  ["Node == n1)", '1:11 (10): no match found, expected: ".", "[", [ \\t\\r\\n], [a-zA-Z0-9_] or EOF'],
  ["Node == n-1", '1:10 (9): no match found, expected: ".", "[", [ \\t\\r\\n], [a-zA-Z0-9_] or EOF'],
  ['Node == "unterminated', '1:22 (21): rule "string": Unterminated string literal'],
  ['Node == "a" "b"', '1:13 (12): no match found, expected: "and", "or", [ \\t\\r\\n] or EOF'],
  ['Node == "é" x', '1:13 (13): no match found, expected: "and", "or", [ \\t\\r\\n] or EOF'],
  ["Node ==\n n1 x", '2:5 (12): no match found, expected: "and", "or", [ \\t\\r\\n] or EOF'],
  ["not == Node", 'Selector "not" is not valid'],
  ["Meta[zone] == x", '1:6 (5): rule "index": Invalid index'],
  ['Meta["x" == 1', '1:10 (9): rule "index": Unclosed index expression'],
  ["Meta.1 == x", "1:6 (5): no match found, expected: [a-zA-Z]"],
  ["Meta.zone-a == x", '1:10 (9): no match found, expected: "!=", ".", "==", "[", [ \\t\\r\\n] or [a-zA-Z0-9_]'],
  ["(Node == n1", '1:12 (11): rule "grouping": Unmatched parentheses'],
  ["((Node == n1)", '1:14 (13): rule "grouping": Unmatched parentheses'],
  ["Node == 1a", '1:10 (9): rule "number": Invalid number literal'],
  ["Node == 01", '1:10 (9): rule "number": Invalid number literal'],
  ["Node == -", '1:10 (9): no match found, expected: "0" or [1-9]'],
  ["a in 1", '1:6 (5): rule "match": Invalid selector'],
  ["Node not x", '1:10 (9): no match found, expected: "contains", "in", "matches" or [ \\t\\r\\n]'],
  ["Node is full", '1:9 (8): no match found, expected: "empty", "not" or [ \\t\\r\\n]'],
  ['Meta.zone matches "("', 'Failed to compile regular expression "(": error parsing regexp: missing closing ): `(`'],
];

const ON_SERVICE_FAULTS: readonly (readonly [expression: string, reason: string])[] = [
  ["ServiceMeta == prod", 'Invalid match operator "Equal" for selector "ServiceMeta"'],
  ["ServicePort matches 8", 'Invalid match operator "Matches" for selector "ServicePort"'],
  ["ServiceWeights == 1", 'Invalid match operator "Equal" for selector "ServiceWeights"'],
  ["ServicePort == 80.5", 'Failed to coerce value "80.5" for selector "ServicePort": strconv.ParseInt: parsing "80.5": invalid syntax'],
  ['ServicePort == ""', 'Failed to coerce value "" for selector "ServicePort": strconv.ParseInt: parsing "": invalid syntax'],
  [
    "ServicePort == 99999999999999999999",
    'Failed to coerce value "99999999999999999999" for selector "ServicePort": strconv.ParseInt: parsing "99999999999999999999": value out of range',
  ],
  ["ServiceEnableTagOverride == yes", 'Failed to coerce value "yes" for selector "ServiceEnableTagOverride": strconv.ParseBool: parsing "yes": invalid syntax'],
  ["ServiceProxy.Config.x == 1", 'Selector "ServiceProxy.Config" is not valid'],
];

describe("compileFilter", () => {
  for (const [expression, nodes] of ON_NODES) {
    it(`takes nodes as Consul does: ${expression}`, () =>
      assert.equal(
        kept(expression, nodeRow, NODES, ({ node }) => node),
        nodes,
      ));
  }
  for (const [expression, ids] of ON_SERVICES) {
    it(`takes instances as Consul does: ${expression}`, () =>
      assert.equal(
        kept(expression, serviceNodeRow, SERVICES, ({ service }) => service.id),
        ids,
      ));
  }
  for (const [expression, ids] of ON_CHECKED) {
    it(`takes instances with checks as Consul does: ${expression}`, () =>
      assert.equal(
        kept(expression, checkedInstanceRow, CHECKED, ({ service }) => service.id),
        ids,
      ));
  }
  for (const [expression, reason] of FAULTS) {
    it(`says what is wrong in Consul's words: ${expression}`, () => refused(expression, nodeRow, reason));
  }
  for (const [expression, reason] of ON_SERVICE_FAULTS) {
    it(`says what does not fit in Consul's words: ${expression}`, () => refused(expression, serviceNodeRow, reason));
  }

  it("refuses what nests too deeply or is too long, and does so at once", () => {
    const deep = `${"(".repeat(maxDepth + 1)}Node == a${")".repeat(maxDepth + 1)}`;

    refused(deep, nodeRow, `more than ${maxDepth} levels within one another`);
    refused(`${"not ".repeat(maxDepth + 2)}Node == a`, nodeRow, `more than ${maxDepth} levels within one another`);
    refused("(".repeat(50_000), nodeRow, `more than ${maxDepth} levels within one another`);
    refused(`Node == "${"a".repeat(maxExpressionLength)}"`, nodeRow, `the expression is longer than ${maxExpressionLength} characters`);
  });

  it("reads the longest chain that it takes", () => {
    const chain = `${"Node == n1 or ".repeat(4_000)}Node == n2`;

    assert.equal(
      kept(chain, nodeRow, NODES, ({ node }) => node),
      "n1 n2",
    );
  });
});

describe("FilterCache", () => {
  it("keeps what it compiled, for each kind of row its own, and no more than it may", () => {
    const cache = new FilterCache();

    const first = cache.get("Node == n1", nodeRow);

    assert.equal(cache.get("", nodeRow), undefined);
    assert.equal(cache.get("Node == n1", nodeRow), first);
    assert.notEqual(cache.get("Node == n1", serviceNodeRow), first);
    for (let at = 0; at < 2 * maxCached; at++) cache.get(`Node == n${at}`, nodeRow);
    assert.equal(cache.size, maxCached + 1);
  });
});

function kept<T>(expression: string, kind: Kind<T>, rows: readonly T[], name: (row: T) => string): string {
  return rows.filter(compileFilter(expression, kind)).map(name).join(" ");
}

function refused<T>(expression: string, kind: Kind<T>, reason: string): void {
  assert.throws(() => compileFilter(expression, kind), new FilterFault(reason));
}
