import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { appendFileSync, closeSync, fsyncSync, openSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { Cluster } from "../support/cluster.ts";
import { cannotRun } from "../support/missing.ts";
import { removeFolder, scratchFolder } from "../support/processes.ts";
import { familyOf, PROGRAM } from "../support/programs.ts";
import type { ServerProcess } from "../support/server-process.ts";
import { until } from "../support/until.ts";
import { content, Writers } from "./writers.ts";

const isOurs = familyOf(PROGRAM) === "kvorum";

describe("a full disk", { timeout: 400_000 }, () => {
  it("makes a server refuse writes, not lose any that it acknowledged, and serve again when there is room", async (t) => {
    using disk = smallDisk(48);
    if (disk === undefined) return cannotRun(t, "root, for a small file system (disk full)");
    await using cluster = await Cluster.form({ servers: 1, folder: join(disk.path, "c") });
    const server = await cluster.leader();
    const acked = new Map<string, string>();
    await write(server, acked, 200);
    const ballast = join(disk.path, "ballast");
    fill(ballast);
    const failed = await untilRefused(server, acked);
    assert(failed, "a write is refused when the disk is full");
    rmSync(ballast);
    await until(
      "it writes again",
      async () => {
        if (!server.running) server.start(); // stopping with a clear word is as good as refusing
        return (await server.api.ask("PUT", "/v1/kv/room", { body: "again" })).status === 200;
      },
      90_000,
      250,
    );
    await mustHold(server, acked);
    await server.kill();
    server.start();
    await cluster.leader();
    await mustHold(server, acked);
  });

  it("of one server of three does not keep the others from working", async (t) => {
    using disk = smallDisk(96);
    if (disk === undefined) return cannotRun(t, "root, for a small file system (disk full)");
    await using cluster = await Cluster.form({ servers: 3, folder: join(disk.path, "c"), disks: [undefined, scratchFolder("a"), scratchFolder("b")] });
    await using writers = new Writers(cluster, 4);
    await writers.progress(100);
    const ballast = join(disk.path, "ballast");
    fill(ballast);
    await writers.progress(500);
    rmSync(ballast);
    await until(
      "all vote again",
      async () => {
        for (const server of cluster.servers) if (!server.running) server.start(); // it may stop with a clear word at any moment
        await cluster.allVote(2_000);
        return true;
      },
      90_000,
    );
    await writers.stop();
    await writers.check();
  });
});

describe("a damaged data directory", { timeout: 400_000 }, () => {
  it("with half a record at its tail is repaired, and nothing acknowledged is lost", async (t) => {
    if (!isOurs) return t.diagnostic("the files of others are not ours to damage");
    await using cluster = await Cluster.form({ servers: 1 });
    const server = await cluster.leader();
    const acked = new Map<string, string>();
    await write(server, acked, 300);
    await server.kill();
    const log = newestLog(server);
    appendFileSync(log, readFileSync(log).subarray(-40, -3)); // what a power cut leaves of a write that was under way
    server.start();
    await cluster.leader();
    await mustHold(server, acked);
  });

  it("cut short by bytes that were synced is refused, with the file's name and what to do", async (t) => {
    if (!isOurs) return t.diagnostic("the files of others are not ours to damage");
    await using cluster = await Cluster.form({ servers: 1 });
    const server = await cluster.leader();
    await write(server, new Map(), 300);
    await server.kill();
    const log = newestLog(server);
    truncateSync(log, statSync(log).size - 2_000);
    await refuses(server);
  });

  it("with damage in its middle is refused, with the file's name and what to do", async (t) => {
    if (!isOurs) return t.diagnostic("the files of others are not ours to damage");
    await using cluster = await Cluster.form({ servers: 1 });
    const server = await cluster.leader();
    await write(server, new Map(), 300);
    await server.kill();
    const log = newestLog(server);
    const bytes = readFileSync(log);
    const at = bytes.length >> 1;
    writeFileSync(log, Buffer.concat([bytes.subarray(0, at), Buffer.from([(bytes[at] ?? 0) ^ 0x40]), bytes.subarray(at + 1)]));
    await refuses(server);
  });

  it("of one server of three: moved away, it joins again and holds everything", async (t) => {
    if (!isOurs) return t.diagnostic("the files of others are not ours to damage");
    await using cluster = await Cluster.form({ servers: 3 });
    await using writers = new Writers(cluster, 4);
    await writers.progress(200);
    const [follower] = await cluster.followers();
    assert(follower !== undefined);
    await follower.kill();
    const id = readFileSync(join(follower.dataFolder, "node-id"), "utf8").trim();
    const log = newestLog(follower);
    truncateSync(log, statSync(log).size >> 1);
    await refuses(follower);
    rmSync(follower.dataFolder, { recursive: true });
    const leader = await cluster.leader();
    assert.equal((await leader.api.ask("DELETE", `/v1/operator/raft/peer?id=${id}`)).status, 200);
    follower.start();
    await follower.answers();
    await cluster.add(follower);
    await cluster.allVote();
    await writers.stop();
    await writers.check();
  });
});

/** Writes keys one after another and notes those that were acknowledged. */
async function write(server: ServerProcess, acked: Map<string, string>, count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    const key = `held/${acked.size}`;
    const value = `${n} ${"y".repeat(100)}`;
    if (await server.api.put(key, value)) acked.set(key, value);
  }
}

async function untilRefused(server: ServerProcess, acked: Map<string, string>): Promise<boolean> {
  for (let n = 0; n < 3_000; n++) {
    const key = `full/${n}`;
    const value = "z".repeat(5_000);
    const answer = await server.api.ask("PUT", `/v1/kv/${key}`, { body: value, timeoutMs: 20_000 }).catch(() => undefined);
    if (answer?.status !== 200) return true;
    acked.set(key, value);
  }
  return false;
}

async function mustHold(server: ServerProcess, acked: ReadonlyMap<string, string>): Promise<void> {
  const held = await content(server, "consistent");
  assert.deepEqual(
    [...acked].filter(([key, value]) => held.get(key) !== value).map(([key]) => key),
    [],
    "acknowledged writes that are lost",
  );
}

/** It must not start, and say which file it is about and what can be done. */
async function refuses(server: ServerProcess): Promise<void> {
  server.start();
  await until("it ends by itself", () => !server.running);
  const { code } = await server.process.exited;
  const log = server.logTail();
  assert(code !== null && code !== 0, `it ends with an error, not with ${code}\n${log}`);
  assert.match(log, /Cannot use ".*raft.*"/);
  assert.match(log, /backup|join again/);
}

/** The write-ahead log in which the newest entries are. */
function newestLog(server: ServerProcess): string {
  const folder = join(server.dataFolder, "raft", "log");
  const logs = readdirSync(folder).filter((name) => name.endsWith(".log"));
  const [newest] = logs.sort((a, b) => (a < b ? 1 : -1));
  assert(newest !== undefined, `a log in ${folder}`);
  return join(folder, newest);
}

/** A file system of so many megabytes; `undefined` where this process may not make one. */
function smallDisk(megabytes: number): ({ readonly path: string } & Disposable) | undefined {
  const path = scratchFolder("disk");
  if (spawnSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "kvorum-test", path]).status !== 0) return undefined;
  const end = (): void => {
    spawnSync("umount", ["--lazy", path]);
    removeFolder(path);
  };
  process.once("exit", end);
  return {
    path,
    [Symbol.dispose]: () => {
      process.off("exit", end);
      execFileSync("umount", ["--lazy", path]);
      removeFolder(path);
    },
  };
}

/** Takes all the room there is. */
function fill(path: string): void {
  const file = openSync(path, "w");
  const block = Buffer.alloc(64 * 1024, 1);
  try {
    for (let size = block.length; size >= 1; size >>= 2) {
      try {
        for (;;) if (writeSync(file, block, 0, size) < size) break;
      } catch {
        // no room for a block of this size: a smaller one may still go in
      }
    }
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
