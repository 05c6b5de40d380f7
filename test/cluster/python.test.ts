import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { dirname, join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Cluster } from "../support/cluster.ts";
import { cannotRun } from "../support/missing.ts";

/** Debian's own: its packages are for no other. */
const PYTHON = "/usr/bin/python3";
const SCRIPT = join(dirname(fileURLToPath(import.meta.url)), "python.py");
const run = promisify(execFile);

/** What the script prints, step by step, with Consul 1.8.7 (`KVORUM_TEST_PROGRAM`) as with ours. */
const EXPECTED: readonly (readonly [step: string, result: unknown])[] = [
  ["put", true],
  ["get", ["one", 7, 0, false]],
  ["missing", null],
  ["unicode", [true, ["значение", 0, 0, false]]],
  ["keys", ["app/a", "app/ключ"]],
  ["cas lost", false],
  ["cas won", true],
  [
    "recurse",
    [
      ["app/a", ["two", 0, 0, false]],
      ["app/ключ", ["значение", 0, 0, false]],
    ],
  ],
  ["delete", true],
  ["gone", null],
  ["woken", [["after", 0, 0, false], true, true]],
  ["acquire", [true, false]],
  ["held", ["me", 0, 1, true]],
  ["renew", ["delete", 0, "20s", "worker"]],
  ["release", [false, true]],
  ["again", [true, ["me", 0, 2, true]]],
  ["sessions", ["other", "worker"]],
  ["destroy", [true, null, null]],
  ["renew gone", "NotFound: Session id 'ID' not found"],
  ["unknown session", 'ConsulException: 500 invalid session "ID"'],
  ["short ttl", [500, "Invalid Session TTL '1000000000', must be between [10s=24h0m0s]"]],
  ["register", true],
  ["pass", 200],
  ["checks", [["service:web-1", "passing", "fine"]]],
  ["healthy", [["web-1", "10.0.0.1", 80, ["blue"]]]],
  ["catalog", [["blue"], ["web-1"]]],
  ["fail", 200],
  ["critical", [["service:web-1", "broken"]]],
  ["maintenance", [true, ["_node_maintenance", "service:web-1"], true]],
  ["external", true],
  ["nodes", ["elsewhere", "s1"]],
  ["removed", [true, []]],
  ["deregister", [200, {}]],
  ["members", [["s1", 1]]],
  ["leader", [true, ["dc1"]]],
  ["event", "deploy"],
  ["query", ["10s", "web", true]],
];

function hasLibrary(): boolean {
  try {
    execFileSync(PYTHON, ["-c", "import consul"], { stdio: "ignore" });
    return true;
  } catch {
    return false; // neither the interpreter nor its library need be there
  }
}

describe("the real python3-consul", { timeout: 300_000 }, () => {
  it("reads, writes, waits, locks, registers and asks", async (t: TestContext) => {
    if (!hasLibrary()) {
      cannotRun(t, "python3-consul, a client library");
      return;
    }
    await using cluster = await Cluster.form({ servers: 1 });
    const { stdout } = await run(PYTHON, [SCRIPT, cluster.servers[0]?.address ?? ""], { timeout: 120_000 });
    const steps = stdout.trimEnd().split("\n");
    assert.deepEqual(
      steps.map((line) => JSON.parse(line)),
      EXPECTED,
    );
  });
});
