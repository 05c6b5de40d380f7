import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { cannotRun } from "../support/missing.ts";

it("storage refuses when the disk is full, and holds every acknowledged entry", (test) => {
  const isPossible = spawnSync("unshare", ["-m", "true"]).status === 0;
  if (!isPossible) {
    cannotRun(test, "root on Linux (unshare -m), for a full disk: it takes a small file system of its own");
    return;
  }
  const mount = mkdtempSync(join(tmpdir(), "kvorum-full-"));
  try {
    const script = join(import.meta.dirname, "full-disk.ts");
    const command = `mount -t tmpfs -o size=32m kvorum-test "$1" && exec "$2" --import tsx "$3" "$1"`;
    const run = spawnSync("unshare", ["-m", "sh", "-c", command, "sh", mount, process.execPath, script], { encoding: "utf8", timeout: 180_000 });
    assert.equal(run.status, 0, run.stderr);
    assert.match(run.stdout, /held \d{2,} entries/);
  } finally {
    rmSync(mount, { recursive: true });
  }
});
