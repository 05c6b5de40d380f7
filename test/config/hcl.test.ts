import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseHcl } from "../../src/config/index.ts";

/** Two parts, since it is no template of this file. */
const TEMPLATE = ["x$", '{f("y")}z'].join("");

describe("parseHcl", () => {
  const reads: readonly (readonly [name: string, text: string, value: unknown])[] = [
    ["an empty file", "", {}],
    [
      "strings, numbers and switches",
      'a = "x"\nb = 12\nc = -1\nd = 1.5\ne = 0x1F90\nf = 1e3\ng = true\nh = false',
      { a: "x", b: 12, c: -1, d: 1.5, e: 8080, f: 1000, g: true, h: false },
    ],
    ["comments of three kinds", "# one\na = 1 // two\n/* three\n b = 2 */ c = 3", { a: 1, c: 3 }],
    ["lists with a comma at the end", 'a = ["x", "y",]\nb = []', { a: ["x", "y"], b: [] }],
    ["lists in lists", "a = [[1, 2], [3]]", { a: [[1, 2], [3]] }],
    ["a block as a list of one", "ports { http = 1 }", { ports: [{ http: 1 }] }],
    ["an object value as a list of one", "ports = { http = 1, dns = 2 }", { ports: [{ http: 1, dns: 2 }] }],
    ["blocks of one name in order", "s { a = 1 }\ns { a = 2 }", { s: [{ a: 1 }, { a: 2 }] }],
    ["labels as objects in objects", 'service "web" { port = 80 }', { service: [{ web: [{ port: 80 }] }] }],
    ["objects in a list", 'checks = [{ ttl = "1s" }, { ttl = "2s" }]', { checks: [{ ttl: "1s" }, { ttl: "2s" }] }],
    ["quoted keys and keys with dots and dashes", '"X-Y" = 1\na.b-c = 2', { "X-Y": 1, "a.b-c": 2 }],
    ["the last of a setting written twice", "a = 1\na = 2", { a: 2 }],
    ["escapes", 'a = "q\\"b\\\\n\\nu\\u00e4"', { a: 'q"b\\n\nuä' }],
    ["a template with quotes of its own", `a = "${TEMPLATE}"`, { a: TEMPLATE }],
    ["a heredoc", "a = <<EOT\none\n  two\nEOT\nb = 1", { a: "one\n  two\n", b: 1 }],
    ["an indented heredoc", "a = <<-EOT\n    one\n      two\n    EOT\n", { a: "one\n  two\n" }],
    ["JSON", '{"a": {"b": [1, true]}}', { a: [{ b: [1, true] }] }],
    ["Windows line ends and a byte order mark", "\ufeffa = 1\r\nb = 2\r\n", { a: 1, b: 2 }],
    ["a key named like a member of every object", "__proto__ = 1", Object.defineProperty({}, "__proto__", { value: 1, enumerable: true })],
  ];
  for (const [name, text, value] of reads) it(`reads ${name}`, () => assert.deepEqual(parseHcl(text), value));

  const faults: readonly (readonly [name: string, text: string, message: string])[] = [
    ["a block without an end", 'data_dir = "x" ports {', "At 1:23: object expected closing RBRACE got: EOF"],
    ["a word that is no value", "a = 1\nserver = yes", "At 2:10: Unknown token: 2:10 IDENT yes"],
    ["a string without an end", 'a = "x', "At 1:5: literal not terminated"],
    ["a string over two lines", 'a = "x\ny"', "At 1:5: literal not terminated"],
    ["a value without a key", "= 5", "At 1:1: no object keys found!"],
    ["a list without a comma", 'a = ["x" "y"]', "At 1:10: error parsing list, expected comma or list end, got: STRING"],
    ["a lone word", "foo", "At 1:1: key 'foo' expected start of object ('{') or assignment ('=')"],
    ["a comment without an end", "/* a", "At 1:1: comment not terminated"],
    ["a heredoc without an end", "a = <<EOT\nx", "At 1:5: heredoc not terminated"],
    ["a foreign sign", "a = 1\n%", 'At 2:1: illegal character "%"'],
    ["an escape that is none", 'a = "\\q"', "At 1:5: illegal char escape"],
    ["labels without end", `a ${'"x" '.repeat(500)}{}`, "At 1:1: nested deeper than 100 levels"],
    ["nesting without end", "a = ".concat("[".repeat(500)), "At 1:105: nested deeper than 100 levels"],
  ];
  for (const [name, text, message] of faults) it(`refuses ${name} with its place`, () => assert.throws(() => parseHcl(text), { name: "ConfigError", message }));
});
