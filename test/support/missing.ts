import { appendFileSync } from "node:fs";
import type { TestContext } from "node:test";

/**
 * Marks the running test as one that cannot run here, because `part` is missing, and has that said loudly at the end of `npm test`.
 *
 * The one place where a test may be left out; a test that could run never is.
 *
 * @param part what is missing and what it would be needed for, in a few words
 */
export function cannotRun(t: TestContext, part: string): void {
  const notes = process.env["KVORUM_TEST_NOTES"];
  if (notes !== undefined) appendFileSync(notes, `${part}\n`);
  else console.error(`CANNOT RUN: ${part}`);
  t.skip(part);
}
