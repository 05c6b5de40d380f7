// Copies to the folder given the packages that the build left outside, with all they need: the rest is in dist. For the image.
import { cpSync, existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { OUTSIDE } from "./outside.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [target] = process.argv.slice(2);
if (target === undefined) throw new Error("Usage: image-packages.mjs FOLDER");

const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
const needed = new Set();
for (const name of OUTSIDE) need(name, "");
for (const path of [...needed].sort()) cpSync(join(root, path), join(target, path), { recursive: true });

/** Takes in the package of this name that the one at `from` finds, and what that needs. Those for other systems are not installed. */
function need(name, from) {
  const path = found(name, from);
  if (path === undefined || needed.has(path) || !existsSync(join(root, path))) return;
  needed.add(path);
  const { dependencies, optionalDependencies } = packages[path];
  for (const inner of Object.keys({ ...dependencies, ...optionalDependencies })) need(inner, path);
}

function found(name, from) {
  for (let place = from; ; place = place.slice(0, Math.max(0, place.lastIndexOf("node_modules/") - 1))) {
    const path = `${place === "" ? "" : `${place}/`}node_modules/${name}`;
    if (packages[path] !== undefined) return path;
    if (place === "") return undefined;
  }
}
