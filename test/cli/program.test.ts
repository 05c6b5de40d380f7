import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { removeFolder, scratchFolder } from "../support/processes.ts";
import { PROGRAM } from "../support/programs.ts";

describe("bin/kvorum", () => {
  const folder = scratchFolder("program");
  after(() => removeFolder(folder));
  const said = (command: string, args: readonly string[]): string => execFileSync(command, args, { encoding: "utf8", timeout: 60_000 });

  it("runs by its name, through a link, and when it is handed to Node", () => {
    const link = join(folder, "consul with a blank");
    symlinkSync(PROGRAM, link);
    const expected = said(PROGRAM, ["version"]);
    assert.match(expected, /^Kvorum v/);
    assert.equal(said(link, ["version"]), expected);
    assert.equal(said(process.execPath, [PROGRAM, "version"]), expected);
  });

  it("hands its arguments on as they are", () => {
    assert.throws(
      () => execFileSync(PROGRAM, ["no such $command *"], { encoding: "utf8", timeout: 60_000, stdio: "pipe" }),
      (error: { readonly status: number }) => error.status === 127,
    );
  });
});
