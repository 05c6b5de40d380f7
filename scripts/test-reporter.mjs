import { appendFileSync } from "node:fs";
import { inspect } from "node:util";

// The runner's reporter: a dot for a test that passed, an s for one that could not run, and every failure in full at once,
// with its file and name. Tests slower than SLOW_MS are listed, since the whole has to stay within ten minutes.
const SLOW_MS = 15_000;

export default async function* report(source) {
  let failed = 0;
  const slow = [];
  let passed = 0;
  let skipped = 0;
  let column = 0;
  for await (const event of source) {
    if (event.type === "test:stdout" || event.type === "test:stderr") {
      yield `${column === 0 ? "" : "\n"}${event.data.message}`;
      column = 0;
    }
    if (event.type !== "test:pass" && event.type !== "test:fail") continue;
    const { name, file, details, skip } = event.data;
    if (typeof skip === "string" && skip.includes("does not match pattern")) continue; // not asked for
    if (details.type !== "suite" && details.duration_ms > SLOW_MS) slow.push(`${(details.duration_ms / 1000).toFixed(1)} s  ${name}`);
    if (event.type === "test:fail") {
      if (details.error?.failureType === "subtestsFailed") continue; // the failure below it is told already
      failed++;
      yield `${column === 0 ? "" : "\n"}\nFAILED: ${name}\n  in ${file ?? "?"}\n${indent(text(details.error?.cause ?? details.error))}\n\n`;
      column = 0;
      continue;
    } else if (details.type !== "suite") {
      if (skip === undefined) passed++;
      else skipped++;
    }
    if (details.type === "suite") continue;
    yield skip === undefined ? "." : "s";
    column = (column + 1) % 120;
    if (column === 0) yield "\n";
  }
  if (process.env.KVORUM_TEST_COUNTS !== undefined) appendFileSync(process.env.KVORUM_TEST_COUNTS, `${JSON.stringify({ passed, failed })}\n`);
  yield `\n${passed} passed${skipped > 0 ? `, ${skipped} could not run` : ""}${failed > 0 ? `, ${failed} FAILED` : ""}\n`;
  for (const line of slow) yield `slow: ${line}\n`;
}

function text(error) {
  if (error instanceof Error || (typeof error === "object" && error !== null && "stack" in error)) return inspect(error, { depth: 4 });
  return String(error);
}

function indent(lines) {
  return lines
    .split("\n")
    .map((line) => `    ${line}`)
    .join("\n");
}
