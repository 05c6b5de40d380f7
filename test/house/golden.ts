import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT, textOf } from "./files.ts";

/** Compares a text with a file of the project. With UPDATE=1 in the environment the file is written instead, for the change to be looked at. */
export function mustEqualFile(path: string, text: string): void {
  if (process.env["UPDATE"] === "1") writeFileSync(join(ROOT, path), text);
  assert(existsSync(join(ROOT, path)), `${path} is missing: make it with UPDATE=1`);
  assert.equal(textOf(path), text, `${path} is not what the source says: look at the change, then UPDATE=1 npm test -- ${path.split("/").at(-1)}`);
}
