import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the project, with no slash at its end. */
export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Paths of all files that belong to the project (those that git keeps or would keep), from its root, sorted. */
export function projectFiles(): readonly string[] {
  const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { cwd: ROOT, encoding: "utf8", maxBuffer: 16 << 20 });
  return [...new Set(listed.split("\n").filter((path) => path !== "" && existsSync(join(ROOT, path))))].sort();
}

export function textOf(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

/** What a TypeScript file imports, types included, as it is written there. */
export function importsOf(source: string): readonly string[] {
  const found = source.matchAll(/^\s*(?:import|export)\b[^;"']*?\bfrom\s*["']([^"']+)["']|^\s*import\s*["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']\s*\)/gm);
  return [...found].map((match) => match[1] ?? match[2] ?? match[3] ?? "");
}
