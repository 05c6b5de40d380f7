// Runs the tests:  npm test [-- [--group NAME] [--name PATTERN] [WORD …]]
//
// Without anything, all of them. A WORD takes only files whose path contains it; PATTERN only tests whose name matches it.
// Groups: `unit` (everything not named here) and `cluster` (real processes, which mostly wait for one another) some files at a time,
// then `docker` and `conformance` one file at a time, since they need the machine for themselves. Node 20's runner knows no globs, so the files are collected here.
// What could not run because this machine lacks a part is listed at the end; with KVORUM_TEST_COMPLETE=1 that is a failure.
// The last line is the sum of all groups, alone: "3101 passed, 0 failed".
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const APART = ["cluster", "docker", "conformance"];
/** One more than the two processors that the whole must be content with: in each group some files mostly wait. */
const FILES_AT_ONCE = 3;
/** No file may take longer: the runner ends it and names it, for a test that hangs or leaves something open would keep the run from ending. */
const FILE_TIMEOUT_MS = 360_000;
/** No group may take longer, whatever the runner does: the slowest takes three minutes on two cores. */
const GROUP_TIMEOUT_MS = 480_000;
const options = readOptions(process.argv.slice(2));
const notes = mkdtempSync(join(tmpdir(), "kvorum-test-"));
const started = Date.now();
const outcomes = [];

try {
  const files = testFiles(join(root, "test")).filter((file) => options.words.every((word) => file.includes(word)));
  for (const group of ["unit", ...APART]) {
    if (options.group !== undefined && options.group !== group) continue;
    const chosen = files.filter((file) => groupOf(file) === group);
    if (chosen.length > 0) outcomes.push({ group, ...runGroup(group, chosen) });
  }
  process.exitCode = report();
} finally {
  rmSync(notes, { recursive: true, force: true });
}

function runGroup(group, files) {
  const begun = Date.now();
  console.log(`\n— ${group}: ${files.length} ${files.length === 1 ? "file" : "files"}`);
  const args = [
    "--import",
    "tsx",
    "--test",
    `--test-timeout=${FILE_TIMEOUT_MS}`,
    `--test-concurrency=${group === "unit" || group === "cluster" ? FILES_AT_ONCE : 1}`,
    `--test-reporter=${join(root, "scripts", "test-reporter.mjs")}`,
  ];
  if (options.name !== undefined) args.push(`--test-name-pattern=${options.name}`);
  const { status, signal } = spawnSync(process.execPath, [...args, ...files], {
    cwd: root,
    stdio: "inherit",
    timeout: GROUP_TIMEOUT_MS,
    env: { ...process.env, KVORUM_TEST_NOTES: join(notes, "missing"), KVORUM_TEST_COUNTS: join(notes, group), NODE_OPTIONS: "" },
  });
  if (signal !== null) console.log(`\nThe group was ended by ${signal} after ${((Date.now() - begun) / 60_000).toFixed(1)} minutes`);
  return { isGood: status === 0, seconds: (Date.now() - begun) / 1000, ...readCounts(group, status === 0) };
}

/** How many tests passed and failed in a group; one that ended badly has at least one that failed, whether it could still tell or not. */
function readCounts(group, isGood) {
  const file = join(notes, group);
  const { passed, failed } = existsSync(file) ? JSON.parse(readFileSync(file, "utf8").split("\n")[0]) : { passed: 0, failed: 0 };
  return { passed, failed: isGood ? failed : Math.max(failed, 1) };
}

function report() {
  if (outcomes.length === 0) {
    console.error("No test file matches. Files:");
    for (const file of testFiles(join(root, "test"))) console.error(`  ${file}`);
    return 2;
  }
  console.log("");
  for (const { group, isGood, seconds } of outcomes) console.log(`${isGood ? "passed" : "FAILED"}  ${group.padEnd(12)} ${seconds.toFixed(1)} s`);
  console.log(`total   ${((Date.now() - started) / 1000).toFixed(1)} s`);
  const missing = readMissing();
  if (missing.length > 0) {
    const bar = "!".repeat(100);
    console.log(`\n${bar}\n!! NOT EVERYTHING RAN. This machine lacks parts that these tests need:\n!!`);
    for (const line of missing) console.log(`!!   ${line.slice(2)}`);
    console.log(`!!\n!! On Debian, as root, scripts/peers installs what is missing.\n${bar}`);
  }
  const isIncomplete = missing.some((line) => line.startsWith("!")) && process.env.KVORUM_TEST_COMPLETE === "1";
  if (isIncomplete) console.log("\nA run that was to be complete is not, which counts as a failure");
  const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0);
  const failed = outcomes.reduce((sum, outcome) => sum + outcome.failed, 0) + (isIncomplete ? 1 : 0);
  console.log(`\n${passed} passed, ${failed} failed`);
  return outcomes.some(({ isGood }) => !isGood) || isIncomplete ? 1 : 0;
}

function readMissing() {
  const file = join(notes, "missing");
  if (!existsSync(file)) return [];
  return [...new Set(readFileSync(file, "utf8").split("\n").filter(Boolean))].sort();
}

function groupOf(file) {
  const folder = file.split(sep)[1];
  return APART.includes(folder) ? folder : "unit";
}

/** Paths of the test files, from the root of the project, sorted. */
function testFiles(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return testFiles(path);
      return entry.name.endsWith(".test.ts") ? [relative(root, path)] : [];
    })
    .sort();
}

function readOptions(args) {
  const found = { group: undefined, name: undefined, words: [] };
  for (let i = 0; i < args.length; i++) {
    if (args[i] === "--group") found.group = args[++i];
    else if (args[i] === "--name") found.name = args[++i];
    else found.words.push(args[i]);
  }
  return found;
}
