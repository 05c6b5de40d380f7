// Asks the questions of test/dns of a server that has Consul's command line, and writes down what it answered:
//   node --import tsx scripts/dns-truth.ts PATH [GROUP …]
// Only the real Consul 1.8.7 may be recorded; without PATH ending in `consul` the answers are printed and nothing is written.
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { recordGroup } from "../test/dns/recording.ts";
import { GROUPS } from "../test/dns/tables.ts";

/** What may stay without an answer: too short, answers themselves, and what Consul cannot write. */
const SILENT = /^raw (00|00010100|00018100.*)$|longmeta/;
const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const [program = "", ...names] = process.argv.slice(2);
for (const group of GROUPS) {
  if (names.length > 0 && !names.includes(group.name)) continue;
  const answers = await recordGroup(program, group, (question) => SILENT.test(question));
  const lines = Object.entries(answers).map(([question, heard]) => `${JSON.stringify(question)}: ${JSON.stringify(heard)}`);
  const text = `{\n${lines.join(",\n")}\n}\n`;
  if (program.endsWith("/consul")) writeFileSync(join(ROOT, "test", "dns", "facts", `${group.name}.json`), text);
  else process.stdout.write(text);
}
