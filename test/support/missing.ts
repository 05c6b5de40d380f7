import { appendFileSync } from "node:fs";
import type { TestContext } from "node:test";

/**
 * Marks the running test as one that cannot run here, because `part` is missing, and has that said loudly at the end of `npm test`.
 *
 * The one place where a test may be left out; a test that could run never is.
 *
 * @param part what is missing and what it would be needed for, in a few words
 * @param installable whether scripts/peers can bring it: then a complete run (KVORUM_TEST_COMPLETE=1) fails without it
 */
export function cannotRun(t: TestContext, part: string, { installable = true }: { readonly installable?: boolean } = {}): void {
  note(`${installable ? "!" : "-"} ${part}`);
  t.skip(part);
}

/** Has it said loudly at the end of `npm test` that a test ran with something in place of what it should have had: `part` tells both. */
export function ranOtherwise(part: string): void {
  note(`- ${part}`);
}

function note(line: string): void {
  const notes = process.env["KVORUM_TEST_NOTES"];
  if (notes !== undefined) appendFileSync(notes, `${line}\n`);
  else console.error(`CANNOT RUN: ${line.slice(2)}`);
}
