import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { PROGRAM } from "../support/programs.ts";
import type { Heard } from "./asking.ts";
import { type Answers, recordGroup } from "./recording.ts";
import { GROUPS } from "./tables.ts";

const FACTS = join(dirname(fileURLToPath(import.meta.url)), "facts");
/** Lists that are cut: which of their records are left is chance. */
const LONG = /many\.service|wide\.service/;
const SHORTENED = /^\w+ (web|q|q-ttl)\.(service|query)\.(dc1\.)?(example|alt)/i;
const ALIAS_OF_MANY = /cn2\.service\.consul/;
/** What Consul does not answer at all since it cannot write the answer; these have meta longer than one text. */
const SILENT_ON_LONG_META = /longmeta/;

describe("DNS, asked what Consul 1.8.7 was asked", () => {
  for (const group of GROUPS) {
    it(`answers as it did, with the configuration "${group.name}"`, async () => {
      const facts = JSON.parse(readFileSync(join(FACTS, `${group.name}.json`), "utf8")) as Answers;
      const answers = await recordGroup(PROGRAM, group, (question) => facts[question] === null);
      const differences: string[] = [];
      for (const [question, fact] of Object.entries(facts)) {
        if (SILENT_ON_LONG_META.test(question)) continue;
        const answer = answers[question] ?? null;
        const [wanted, got] = [comparable(question, fact), comparable(question, answer)];
        if (wanted !== got) differences.push(`${question}\n  - ${wanted}\n  + ${got}`);
        else if (fact !== null && answer !== null && isCut(question, fact)) {
          const difference = cutDifference(fact, answer);
          if (difference !== undefined) differences.push(`${question}\n  - ${difference}`);
        }
      }
      assert.equal(differences.length, 0, `${differences.length} of ${Object.keys(facts).length} answers differ:\n${differences.slice(0, 25).join("\n")}`);
    });
  }
});

/** An answer as text, without the time in the serial number; of a cut list only what is certain. */
function comparable(question: string, heard: Heard | null): string {
  if (heard === null) return "silence";
  const plain = (records: readonly string[]): string => records.map((record) => record.replace(/(SOA \S+ \S+) \d+/, "$1 <time>")).join(" | ");
  if (isCut(question, heard)) return `${heard.head}; ${heard.question}; ${heard.authority.length}`;
  return `${heard.head}; ${heard.question}; ${plain(heard.answer)}; ${plain(heard.authority)}; ${plain(heard.additional)}; ${heard.bytes} bytes`;
}

/** Whether chance had a part in which records are there: some of them only. */
function isCut(question: string, { answer }: Heard): boolean {
  return (
    answer.length > 0 && ((LONG.test(question) && answer.length < 40) || (SHORTENED.test(question) && answer.length === 2) || ALIAS_OF_MANY.test(question))
  );
}

/** Of a cut list: as many records as there (one more or less, since some are shorter than others), each of them one that could be there. */
function cutDifference(fact: Heard, got: Heard): string | undefined {
  for (const section of ["answer", "additional"] as const) {
    if (Math.abs(fact[section].length - got[section].length) > 1) return `${fact[section].length} in ${section}, not ${got[section].length}`;
  }
  const form = (record: string | undefined): string => (record ?? "").replace(/\d+/g, "0");
  return form(fact.answer[0]) === form(got.answer[0]) ? undefined : `${fact.answer[0]}, not ${got.answer[0]}`;
}
