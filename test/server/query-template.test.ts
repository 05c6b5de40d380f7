// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the placeholders that it is about
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { checkTemplate, fillIn } from "../../src/server/endpoints/query-template.ts";
import { maxTemplateName } from "../../src/server/limits.ts";
import { sampleQuery as query } from "../support/samples.ts";

const TYPE = "name_prefix_match";

/** What Consul 1.8.7 made of these for the name `u-abc`, with the prefix `u-` and the expression `^u-(.*)$`. */
const FILLED: readonly (readonly [template: string, filled: string])[] = [
  ["$${name.full}", "${name.full}"],
  ["${name.full}${name.prefix}-x", "u-abcu--x"],
  ["${name.suffix}", "abc"],
  ['${"lit"}', "lit"],
  ["${ name.full }", "u-abc"],
  ["${match(-1)}", ""],
  ["${match(0)}", "u-abc"],
  ["${match( 1 )}", "abc"],
  ["${match(1.5)}", "abc"],
  ["${match(7)}", ""],
  ["a$b", "a$b"],
  ["}", "}"],
  ["${name.full} and {x}", "u-abc and {x}"],
  ["\\${name.full}", "\\u-abc"],
  ["[${agent.segment}]", "[]"],
];

/** Asked of Consul 1.8.7 with the name `geo-db-42`, the prefix `geo-` and the expression `^geo-([a-z]+)-?([0-9]*)$`: what each is filled in as, or why not. */
const RECORDED = JSON.parse(readFileSync(new URL("templates-1.8.7.json", import.meta.url), "utf8")) as readonly (readonly [string, boolean, string])[];

const FAULTS: readonly (readonly [template: string, reason: string])[] = [
  ["${bogus}", "Bad evaluation for '${bogus}' in Service.Service: 1:3: unknown variable accessed: bogus"],
  ["${name.nope}", "Bad evaluation for '${name.nope}' in Service.Service: 1:3: unknown variable accessed: name.nope"],
  ["${nope(1)}", "Bad evaluation for '${nope(1)}' in Service.Service: 1:3: unknown function called: nope"],
  ["${match()}", "Bad evaluation for '${match()}' in Service.Service: 1:3: match: expected 1 arguments, got 0"],
  ["${match(1,2)}", "Bad evaluation for '${match(1,2)}' in Service.Service: 1:3: match: expected 1 arguments, got 2"],
  ["${", "Bad format '${' in Service.Service: parse error: syntax error"],
  ["${name.full", "Bad format '${name.full' in Service.Service: parse error: syntax error"],
];

describe("a template of a prepared query", () => {
  for (const [template, filled] of FILLED) {
    it(`is filled in as Consul does it: ${template}`, () => {
      const made = fillIn(query({ name: "u-", template: { type: TYPE, regexp: "^u-(.*)$", removeEmptyTags: false } }, { service: template }), "u-abc");

      assert.equal(made.service.service, filled);
    });
  }
  for (const [template, reason] of FAULTS) {
    it(`is refused in Consul's words: ${template}`, () => {
      const refused = query({ name: "u-", template: { type: TYPE, regexp: "", removeEmptyTags: false } }, { service: template });

      assert.throws(() => checkTemplate(refused), { code: "internal", message: `failed compiling template: ${reason}` });
    });
  }

  for (const [template, good, said] of RECORDED) {
    it(`comes to what it does at Consul 1.8.7: ${template}`, () => {
      const kept = query({ name: "geo-", template: { type: TYPE, regexp: "^geo-([a-z]+)-?([0-9]*)$", removeEmptyTags: false } }, { service: template });
      const made = (): string => {
        checkTemplate(kept); // as when it is created
        return fillIn(kept, "geo-db-42").service.service;
      };

      if (good) assert.equal(made(), said);
      else assert.throws(made, ({ message }: Error) => message.replace(` '${template}' in Service.Service`, "") === `failed compiling template: ${said}`);
    });
  }

  it("does not break the connection off where Consul does: texts as numbers, division by nothing, signs without a meaning", () => {
    const filled = (service: string): string =>
      fillIn(query({ name: "", template: { type: TYPE, regexp: "", removeEmptyTags: false } }, { service }), "x").service.service;

    assert.equal(filled('${"1" + "2"}'), "3");
    assert.throws(() => filled("${1 / 0}"), { message: /divide by zero/ });
    assert.throws(() => filled("${7 % 0}"), { message: /divide by zero/ });
    assert.throws(() => filled("${+1}"), { message: /Bad format/ });
  });

  it("is refused when it is deeper than the stack should be, and worked out when it is long", () => {
    const filled = (service: string): string =>
      fillIn(query({ name: "", template: { type: TYPE, regexp: "", removeEmptyTags: false } }, { service }), "x").service.service;

    assert.equal(filled(`\${${"(".repeat(100)}1${")".repeat(100)}}`), "1");
    assert.throws(() => filled(`\${${"(".repeat(100_000)}1${")".repeat(100_000)}}`), { message: /Bad format/ });
    assert.equal(filled(`\${1${" + 1".repeat(20_000)}}`), "20001");
  });

  it("is filled in wherever its service has texts", () => {
    const made = fillIn(
      query(
        { name: "", template: { type: TYPE, regexp: "^(.*)-in-(.*)$", removeEmptyTags: true } },
        {
          service: "${match(1)}",
          near: "${match(2)}",
          tags: ["${match(3)}", "!${match(2)}"],
          nodeMeta: { dc: "${match(2)}" },
          failover: { nearestN: 0, datacenters: ["${match(2)}"] },
        },
      ),
      "web-in-eu",
    );

    const { service, near, tags, nodeMeta, failover } = made.service;
    assert.deepEqual(
      { service, near, tags, nodeMeta, failover: failover.datacenters },
      { service: "web", near: "eu", tags: ["!eu"], nodeMeta: { dc: "eu" }, failover: ["eu"] },
    );
  });

  const MARKS = { name: "Geo-", template: { type: TYPE, regexp: "(", removeEmptyTags: false } };
  const ORDER: readonly (readonly [service: string, tag: string, regexp: string, reason: string])[] = [
    ["${bogus}", "${", "(", "Bad format '${' in Service.Tags[0]: parse error: syntax error"],
    ["${bogus}", "${name.full}", "(", "Bad Regexp: error parsing regexp: missing closing ): `(`"],
    ["${bogus}", "${name.full}", "x", "Bad evaluation for '${bogus}' in Service.Service: 1:3: unknown variable accessed: bogus"],
  ];
  for (const [service, tag, regexp, reason] of ORDER) {
    it(`is refused for the first of its faults, in Consul's order: ${service} ${tag} ${regexp}`, () => {
      const refused = query({ ...MARKS, template: { ...MARKS.template, regexp } }, { service, tags: [tag] });

      assert.throws(() => checkTemplate(refused), { message: `failed compiling template: ${reason}` });
    });
  }

  it("has the whole name for a suffix when the name begins in other letters, and no tags at all when the empty ones are left out (Consul 1.8.7)", () => {
    const made = fillIn(query({ name: "Geo-", template: { type: TYPE, regexp: "", removeEmptyTags: true } }, { service: "${name.suffix}" }), "geo-x");

    assert.deepEqual([made.service.service, made.service.tags], ["geo-x", []]);
    assert.equal(fillIn(query({ name: "Geo-", template: { type: TYPE, regexp: "", removeEmptyTags: false } }, {}), "geo-x").service.tags, undefined);
  });

  it("is refused with Go's words when its expression is none", () => {
    const refused = query({ template: { type: TYPE, regexp: "(", removeEmptyTags: false } }, {});

    assert.throws(() => checkTemplate(refused), { message: "failed compiling template: Bad Regexp: error parsing regexp: missing closing ): `(`" });
  });

  it("does not search names beyond the bound", () => {
    const template = query({ name: "", template: { type: TYPE, regexp: "(.)$", removeEmptyTags: false } }, { service: "x${match(1)}" });

    assert.equal(fillIn(template, "a".repeat(maxTemplateName)).service.service, "xa");
    assert.equal(fillIn(template, "a".repeat(maxTemplateName + 1)).service.service, "x");
  });
});
