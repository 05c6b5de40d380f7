// Makes a checkout ready to run: installs the packages when they are missing or other than the lock file says, and builds dist
// when it is missing or older than the sources. Quiet when all is well. Plain Node, since nothing is installed yet when it runs.
// Of two that run at once, one waits for the other.
import { spawnSync } from "node:child_process";
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** Written by each build; younger than every source as long as nothing changed. */
const stamp = join(root, "dist", ".built");

/** Holds the process id of whoever installs or builds. In dist, since an install empties node_modules. */
const lock = join(root, "dist", ".preparing");
const LOOK_AGAIN_MS = 200;

checkNode();
if (!packagesMatch() || !buildIsFresh()) {
  takeLock();
  process.on("exit", () => rmSync(lock, { force: true }));
  prepare();
}

/** Looks again: another one may have done it meanwhile. */
function prepare() {
  if (!packagesMatch()) {
    say("installing packages (npm ci), once");
    run("npm", ["ci", "--include=dev"]);
  }
  if (!buildIsFresh()) {
    say("building");
    run(process.execPath, [join("scripts", "build.mjs")]);
  }
}

function takeLock() {
  mkdirSync(dirname(lock), { recursive: true });
  const mine = `${lock}.${process.pid}`;
  writeFileSync(mine, String(process.pid));
  try {
    for (let told = false; !linked(mine, lock); told = true) {
      if (!holderLives()) rmSync(lock, { force: true });
      else if (!told) say("another process installs or builds here: waiting for it");
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_AGAIN_MS);
    }
  } finally {
    rmSync(mine, { force: true });
  }
}

/** By a link, so that the lock is never there without its holder's id in it. */
function linked(from, to) {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
}

/** False for the lock of a process that was killed, and for one that has just gone. */
function holderLives() {
  try {
    return process.kill(Number(readFileSync(lock, "utf8")), 0);
  } catch (error) {
    return error.code === "EPERM";
  }
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  say(`needs Node 20.19 or newer, this is ${process.versions.node}`);
  process.exit(1);
}

/** Whether what npm noted down in node_modules is what the lock file asks for. Packages for other systems may be absent. */
function packagesMatch() {
  const noted = readJson(join(root, "node_modules", ".package-lock.json"));
  const asked = readJson(join(root, "package-lock.json"));
  if (noted === undefined || asked === undefined) return false;
  return Object.entries(asked.packages).every(([path, wanted]) => {
    if (path === "") return true;
    const there = noted.packages[path];
    if (there === undefined) return wanted.optional === true;
    return there.version === wanted.version && existsSync(join(root, path, "package.json"));
  });
}

function buildIsFresh() {
  if (!existsSync(join(root, "dist", "main.js")) || !existsSync(stamp)) return false;
  const built = statSync(stamp).mtimeMs;
  const inputs = ["package-lock.json", "scripts/build.mjs", "scripts/outside.mjs"].map((name) => join(root, name));
  return [...inputs, ...sourcesBelow(join(root, "src"))].every((path) => statSync(path).mtimeMs <= built);
}

function sourcesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    // The folder's own time counts as well: it tells of files that went away.
    if (entry.isDirectory()) return [path, ...sourcesBelow(path)];
    return entry.name.endsWith(".ts") ? [path] : [];
  });
}

function readJson(path) {
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined; // a half-written note counts as none: the packages are installed anew
  }
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ["ignore", 2, 2] });
  if (status === 0) return;
  say(`"${command} ${args.join(" ")}" failed${error === undefined ? "" : `: ${error.message}`}`);
  process.exit(1);
}

function say(text) {
  process.stderr.write(`kvorum: ${text}\n`);
}
