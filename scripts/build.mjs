// Builds the program into dist/: all of src/ and its packages as a few files, since a Node that looks up five hundred modules one by one
// spends most of an agent's start on it. Commands of the command line stay files of their own and are read when they are asked for.
// What has native parts (level) is left as a package. Types are checked by `npm run types`, not here.
import { rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { OUTSIDE } from "./outside.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, "dist");

rmSync(dist, { recursive: true, force: true });
await build({
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
});
// younger than every source as long as nothing changed: `ensure-installed.mjs` looks at it
writeFileSync(join(dist, ".built"), "");
