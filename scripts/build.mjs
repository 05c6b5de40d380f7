// Builds the program into dist/: all of src/ and its packages as a few files, since a Node that looks up five hundred modules one by one
// spends most of an agent's start on it. Commands of the command line stay files of their own and are read when they are asked for.
// What has native parts (level) is left as a package. Types are checked by `npm run types`, not here.
//
// A process that runs meanwhile is not hurt: file names carry a hash of what is in them, main.js is replaced last and in one step, and what
// the build before this one made stays for those that began with it and may still read a part of it.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { OUTSIDE } from "./outside.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, "dist");
const MAIN = "main.js";
/** Names of the files of the last build, a line each; younger than every source as long as nothing changed: `ensure-installed.mjs` looks at it. */
const STAMP = ".built";

const { outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: ["src/cli/main.ts"],
  outdir: "dist",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20",
  sourcemap: true,
  sourcesContent: false,
  external: OUTSIDE,
  // packages that still call `require` find it
  banner: { js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);' },
  logLevel: "warning",
  write: false,
});

mkdirSync(dist, { recursive: true });
const before = existsSync(join(dist, STAMP)) ? readFileSync(join(dist, STAMP), "utf8").split("\n") : [];
const made = outputFiles.map(({ path }) => basename(path));
const mainLast = outputFiles.toSorted((a, b) => Number(basename(a.path) === MAIN) - Number(basename(b.path) === MAIN));
for (const { path, contents } of mainLast) put(basename(path), contents);
put(STAMP, made.join("\n"));
const kept = new Set([...made, ...before, STAMP]);
for (const name of readdirSync(dist)) if (!kept.has(name) && !name.startsWith(".")) rmSync(join(dist, name), { recursive: true, force: true });

/** Whoever reads meanwhile sees the file as it was or as it is now, nothing in between. */
function put(name, contents) {
  const unfinished = join(dist, `.${name}.${process.pid}`);
  writeFileSync(unfinished, contents);
  renameSync(unfinished, join(dist, name));
}
