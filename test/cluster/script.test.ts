import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { freeLoopback } from "../support/addresses.ts";
import { Api } from "../support/api.ts";
import { removeFolder, scratchFolder } from "../support/processes.ts";

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

describe("npm run cluster", () => {
  it("starts three servers that vote with one command, keeps their data over down and up, and stops them with another", async () => {
    const folder = scratchFolder("script");
    const net = await freeLoopback();
    const cluster = (...words: readonly string[]): { readonly status: number | null; readonly stdout: string } =>
      spawnSync(process.execPath, ["--import", "tsx", join(ROOT, "scripts", "cluster.ts"), ...words, "--net", net, "--state", join(folder, "state")], {
        cwd: ROOT,
        encoding: "utf8",
        timeout: 180_000,
      });
    const api = new Api(`${net}.2`);
    try {
      const up = cluster("up", "3");
      assert.equal(up.status, 0, up.stdout);
      assert.match(up.stdout, /leader/);
      assert.match(cluster("up", "3").stdout, /A cluster runs already: n1, n2, n3/);
      assert.equal(await api.put("kept", "yes"), true);
      assert.match(cluster("down").stdout, /Stopped n1, n2, n3/);
      assert.equal(cluster("up", "3").status, 0);
      const again = new Api(`${net}.2`);
      assert.equal(await again.get("kept"), "yes");
      again.close();
      assert.match(cluster("down", "--wipe").stdout, /removed their data/);
      assert.ok(!existsSync(join(folder, "state")));
    } finally {
      cluster("down");
      api.close();
      removeFolder(folder);
    }
  });
});
