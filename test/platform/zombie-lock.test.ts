import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { lockFolder } from "../../src/platform/folder-lock.ts";
import { cannotRun } from "../support/missing.ts";
import { until } from "../support/until.ts";

it("lockFolder takes over from a holder that has ended and was not yet asked after", async (t) => {
  if (process.platform !== "linux") return cannotRun(t, "Linux, for /proc", { installable: false });
  const folder = mkdtempSync(join(tmpdir(), "kvorum-lock-"));
  const parent = spawn("sh", ["-c", "true & exec sleep 60"]); // sleep never asks after its child
  try {
    const zombie = await until("a zombie", () => {
      const child = readFileSync(`/proc/${parent.pid}/task/${parent.pid}/children`, "utf8").trim();
      return child !== "" && statusOf(child)[0] === "Z" ? child : undefined;
    });
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    writeFileSync(join(folder, "lock"), `${zombie} ${statusOf(zombie)[19]} ${boot}\n`);
    const lock = await lockFolder(folder);
    assert.match(readFileSync(join(folder, "lock"), "utf8"), new RegExp(`^${process.pid} `));
    await lock[Symbol.asyncDispose]();
  } finally {
    parent.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  }
});

/** The fields of a process's status behind its name. */
function statusOf(pid: string): readonly string[] {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  return text.slice(text.lastIndexOf(")") + 2).split(" ");
}
