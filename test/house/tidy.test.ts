import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { ARROWS } from "./arrows.ts";
import { projectFiles, ROOT, textOf } from "./files.ts";

const MAX_LINES = 500;
/** A file above this says why, in a comment that begins with "Over 300 lines:". */
const REASON_LINES = 300;
const files = projectFiles();
const code = files.filter((path) => /\.(ts|mjs)$/.test(path) && !path.endsWith(".golden.ts"));
const texts = files.filter((path) => /\.(ts|mjs|md|json|sh|txt|yml|hcl)$|(^|\/)(Dockerfile|run|peers|kvorum)$|^scripts\/[a-z-]+$/.test(path));

describe("the house", () => {
  it(`has no source file of more than ${MAX_LINES} lines`, () => {
    assert.deepEqual(
      code.filter((path) => lines(path) > MAX_LINES),
      [],
    );
  });

  it(`has a reason in every source file of more than ${REASON_LINES} lines`, () => {
    assert.deepEqual(
      code.filter((path) => lines(path) > REASON_LINES && !/Over 300 lines: \S/.test(textOf(path))),
      [],
    );
  });

  it("has a page about itself in every room", () => {
    const built = Object.keys(ARROWS).filter((room) => files.some((path) => path.startsWith(`src/${room}/`)));
    assert.deepEqual(
      built.filter((room) => !existsSync(join(ROOT, "src", room, "README.md"))),
      [],
    );
  });

  it("has nothing put off and no test left out", () => {
    // Written in halves, so that this file does not find itself.
    const putOff = new RegExp(`\\b(${["TO" + "DO", "FIX" + "ME", "HA" + "CK", "X" + "XX"].join("|")})\\b`);
    const leftOut = /\b(?:it|test|describe)\.(?:only|skip|todo)\b|[{,]\s*(?:only|skip|todo):/;
    assert.deepEqual(
      code.flatMap((path) => where(path, (line) => putOff.test(line) || (path.startsWith("test/") && leftOut.test(line)))),
      [],
    );
  });

  it("leaves a test out in one place only, the one that says so loudly", () => {
    const own = "test/support/missing.ts";
    assert.deepEqual(
      code.filter((path) => path !== own && path.startsWith("test/") && /\bt\.skip\(/.test(textOf(path))),
      [],
    );
  });

  it("explains every limit", () => {
    const limits = files.filter((path) => /^src\/.*\blimits\.ts$/.test(path));
    assert.deepEqual(
      limits.flatMap((path) => unexplained(path)),
      [],
    );
  });

  it("speaks of itself alone: no path of a machine it was made on, no host of a registry", () => {
    const strangers = [
      "/work" + "/",
      "/tmp/" + "team",
      "shared" + "/tools",
      "shared" + "/facts",
      "shared" + "/style",
      "registry." + "npmjs",
      "deb." + "debian.org",
      "proxy." + "golang",
    ];
    assert.deepEqual(
      texts.flatMap((path) => where(path, (line) => strangers.some((word) => line.includes(word)))),
      [],
    );
  });
});

function lines(path: string): number {
  return textOf(path).trimEnd().split("\n").length;
}

function where(path: string, matches: (line: string) => boolean): readonly string[] {
  return textOf(path)
    .split("\n")
    .flatMap((line, at) => (matches(line) ? [`${path}:${at + 1}: ${line.trim().slice(0, 160)}`] : []));
}

/** Numbers of a limits file that no comment speaks of: neither on the line, nor above it, nor above the lines it stands together with. */
function unexplained(path: string): readonly string[] {
  const all = textOf(path).split("\n");
  let explained = false;
  return all.flatMap((line, at) => {
    const comment = /^\s*(\/\/|\/?\*)/.test(line);
    const name = /^export const (\w+)[^=]*=\s*[-\d(]/.exec(line)?.[1] ?? /^ {2,4}(\w+):\s*[-\d(]/.exec(line)?.[1];
    if (comment) explained = true;
    else if (name === undefined) explained = false;
    return name === undefined || explained || line.includes("//") ? [] : [`${path}:${at + 1}: ${name}`];
  });
}
