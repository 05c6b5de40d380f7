import assert from "node:assert/strict";
import { posix } from "node:path";
import { describe, it } from "node:test";
import { ARROWS, PURE, roomOf } from "./arrows.ts";
import { circlesOf } from "./circles.ts";
import { importsOf, projectFiles, textOf } from "./files.ts";

const sources = projectFiles().filter((path) => path.startsWith("src/") && path.endsWith(".ts"));

describe("the arrows between the rooms", () => {
  it("has a room in the table for every source file", () => {
    assert.deepEqual(
      sources.filter((path) => roomOf(path) === undefined),
      [],
    );
  });

  it("has no circle in the table", () => {
    const settled = new Set<string>();
    for (let before = -1; before !== settled.size; ) {
      before = settled.size;
      for (const [room, below] of Object.entries(ARROWS)) if (below.every((other) => settled.has(other))) settled.add(room);
    }
    assert.deepEqual([...settled].sort(), Object.keys(ARROWS).sort());
  });

  it("lets every import go down, through the door of the other room", () => {
    assert.deepEqual(
      sources.flatMap((path) => importsOf(textOf(path)).flatMap((specifier) => faultsOf(path, specifier))),
      [],
    );
  });

  it("lets no source file import from outside src/", () => {
    const strays = sources.flatMap((path) =>
      importsOf(textOf(path))
        .filter((specifier) => specifier.startsWith(".") && !targetOf(path, specifier).startsWith("src/"))
        .map((specifier) => `${path}: ${specifier}`),
    );
    assert.deepEqual(strays, []);
  });

  it("has no circle of files, within a room or outside the rooms, types included", () => {
    const files = projectFiles().filter((path) => /\.(ts|mjs)$/.test(path));
    const imports = new Map(files.map((path) => [path, localImportsOf(path)]));
    assert.deepEqual(circlesOf(imports), []);
  });

  it("tells a circle when it sees one", () => {
    const imports = { a: ["b"], b: ["c", "d"], c: ["a"], d: ["e"], e: [], f: ["f"] };
    assert.deepEqual(circlesOf(new Map(Object.entries(imports))), [["a", "b", "c"], ["f"]]);
  });

  it("tells a stranger when it sees one", () => {
    assert.equal(faultsOf("src/base/x.ts", "../state/index.ts").length, 1);
    assert.equal(faultsOf("src/server/x.ts", "../raft/driver.ts").length, 1);
    assert.equal(faultsOf("src/state/x.ts", "node:fs").length, 1);
    assert.equal(faultsOf("src/raft/x.ts", "./core/core.ts").length, 0);
    assert.equal(faultsOf("src/server/x.ts", "../base/scope.ts").length, 0);
  });
});

function localImportsOf(path: string): readonly string[] {
  const local = importsOf(textOf(path)).filter((specifier) => specifier.startsWith("."));
  return local.map((specifier) => targetOf(path, specifier));
}

function targetOf(path: string, specifier: string): string {
  return posix.normalize(posix.join(posix.dirname(path), specifier));
}

function faultsOf(path: string, specifier: string): readonly string[] {
  const room = roomOf(path);
  if (room === undefined) return [];
  if (!specifier.startsWith(".")) return PURE.includes(room) ? [`${path} is in a pure room and imports "${specifier}"`] : [];
  const target = targetOf(path, specifier);
  const other = roomOf(target);
  if (other === undefined || other === room) return [];
  if (!(ARROWS[room] ?? []).includes(other)) return [`${path}: ${room} may not import ${other} ("${specifier}")`];
  // The driver and its core are two rooms in one folder; everybody else comes through the door.
  const byFile = other === "base" || other === `${room}/core`;
  return byFile || target === `src/${other}/index.ts` ? [] : [`${path}: imports the inside of ${other} ("${specifier}"), not its index.ts`];
}
