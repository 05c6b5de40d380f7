import assert from "node:assert/strict";
import { cp, open, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Entry } from "../../src/raft/index.ts";
import { assertEntries, Bench, batch, chanceOf, command, commands, hardState } from "./fixture.ts";

/** Acknowledged before each damage: entries that fill some tables of LevelDB, and some that are in its write-ahead log only. */
const ENTRIES = [...commands(1, 3000, 1, 2000), ...commands(3001, 3100, 2, 300)];

type Damage = (path: string, sizeBytes: number, chance: (below: number) => number) => Promise<void>;

const DAMAGES: Readonly<Record<string, Damage>> = {
  "one byte flipped": (path, sizeBytes, chance) => overwrite(path, chance(sizeBytes), (old) => old ^ (1 + chance(255)), 1),
  "512 bytes of rubbish": (path, sizeBytes, chance) => overwrite(path, chance(sizeBytes), () => chance(256), 512),
  "4096 zeros": (path, sizeBytes, chance) => overwrite(path, chance(sizeBytes), () => 0, 4096),
  "cut short": (path, sizeBytes, chance) => truncate(path, chance(sizeBytes)),
  "cut short by a few bytes": (path, sizeBytes, chance) => truncate(path, Math.max(0, sizeBytes - 1 - chance(40))),
  emptied: (path) => truncate(path, 0),
  lost: (path) => rm(path),
};

describe("storage after damage to its files: refuses, or holds every acknowledged entry", () => {
  let bench: Bench;
  before(async () => {
    bench = await Bench.create();
    await using storage = await bench.open(join(bench.folder, "whole"));
    await storage.log.load();
    await storage.log.write(batch([], { hardState: hardState(2, "voted") }));
    for (let at = 0; at < 3000; at += 20) await storage.log.write(batch(ENTRIES.slice(at, at + 20)));
    for (const entry of ENTRIES.slice(3000)) await storage.log.write(batch([entry]));
    await cp(join(bench.folder, "whole"), join(bench.folder, "killed"), { recursive: true });
  });
  after(() => bench[Symbol.asyncDispose]());

  for (const [name, damage] of Object.entries(DAMAGES)) {
    for (let seed = 1; seed <= 2; seed++) {
      it(`${name}, seed=${seed}`, async () => {
        const chance = chanceOf(seed * 1000 + name.length);
        for (const file of await filesOf(join(bench.folder, "killed", "raft"))) {
          const folder = join(bench.folder, "damaged");
          await cp(join(bench.folder, "killed"), folder, { recursive: true });
          const path = join(folder, "raft", file);
          const { size } = await stat(path);
          if (size > 0 || name === "lost") await damage(path, size, chance);
          await assertRefusedOrWhole(bench, folder, file);
          await rm(folder, { recursive: true });
        }
      });
    }
  }
});

describe("storage after a torn write", () => {
  const cases: Readonly<Record<string, (log: Buffer, recordAt: number) => Buffer>> = {
    "half of the record is there": (log, at) => log.subarray(0, at + (log.length - at) / 2),
    "only its header is there": (log, at) => log.subarray(0, at + 7),
    "the file is as long as it was to be, and zeros from its middle on": (log, at) => zeroed(log, at + Math.floor((log.length - at) / 2)),
    "its first block never came": (log, at) => Buffer.concat([zeroed(log.subarray(0, at + 4096), at), log.subarray(at + 4096)]),
    "some rubbish follows": (log, at) => Buffer.concat([log.subarray(0, at), Buffer.alloc(9999, 0x81)]),
  };
  for (const [name, tear] of Object.entries(cases)) {
    it(`drops it and holds everything before it: ${name}`, async () => {
      await using bench = await Bench.create();
      await fill(bench, commands(1, 20));
      const path = await newestLog(bench);
      const before = await readFile(path);
      const mark = await readFile(join(bench.folder, "raft", "synced"));
      await fillMore(bench, command(21, 1, 70_000)); // reopening starts a new log: what is torn is that one
      const newest = await newestLog(bench);
      const log = await readFile(newest);
      assert.notEqual(newest, path);
      assert.ok(before.length > 0);
      await writeFile(newest, tear(log, 0));
      await writeFile(join(bench.folder, "raft", "synced"), mark); // the write was not acknowledged

      assertEntries((await bench.found()).entries, commands(1, 20));

      assert.match(bench.lines.join(""), /\[WARN\] {2}agent\.storage: Dropped a torn write/);
      assert.deepEqual(
        (await readdir(join(bench.folder, "raft"))).filter((file) => file.startsWith("torn-")),
        [],
      );
    });
  }

  it("refuses when what was torn away had been acknowledged, keeps the log as it was, and says so", async () => {
    await using bench = await Bench.create();
    await fill(bench, commands(1, 20));
    const path = await newestLog(bench);
    const { size } = await stat(path);
    await truncate(path, size - 10);
    const message = /Cannot use ".*\.log": the last 1 acknowledged batches are missing .*kept in ".*torn-.*\.log".*Keep a copy/;

    await assert.rejects(bench.found(), { code: "corrupt", message });
    await assert.rejects(bench.found(), { code: "corrupt", message: /acknowledged batches are missing/ }); // and still does
  });

  it("refuses damage in the middle of the write-ahead log before anything is changed", async () => {
    await using bench = await Bench.create();
    await fill(bench, commands(1, 20));
    const path = await newestLog(bench);
    const { size } = await stat(path);
    await overwrite(path, Math.floor(size / 2), (old) => old ^ 1, 1);
    const before = await readFile(path);

    await assert.rejects(bench.found(), { code: "corrupt", message: /\.log": the record at byte \d+ is damaged, and later ones follow it/ });

    assert.ok((await readFile(path)).equals(before));
  });

  it("refuses an emptied log folder, for it held a vote", async () => {
    await using bench = await Bench.create();
    await fill(bench, []);
    await rm(bench.logFolder, { recursive: true });

    await assert.rejects(bench.found(), { code: "corrupt", message: /it is empty, but there was a log in it/ });
  });
});

async function assertRefusedOrWhole(bench: Bench, folder: string, file: string): Promise<void> {
  const outcome = await bench.found(folder).catch((error: unknown) => error);
  if (outcome instanceof Error) {
    assert.equal("code" in outcome && outcome.code, "corrupt", `${file}: ${outcome.message}`);
    assert.match(outcome.message, /^Cannot use "[^"]+": /);
    return;
  }
  const stored = outcome as Awaited<ReturnType<Bench["found"]>>;
  assert.deepEqual(stored.hardState, hardState(2, "voted"), file);
  assertEntries(stored.entries, ENTRIES, file);
}

async function fill(bench: Bench, entries: readonly Entry[]): Promise<void> {
  await using storage = await bench.open();
  await storage.log.load();
  await storage.log.write(batch([], { hardState: hardState(1, "voted") }));
  for (const entry of entries) await storage.log.write(batch([entry]));
}

async function fillMore(bench: Bench, entry: Entry): Promise<void> {
  await using storage = await bench.open();
  await storage.log.load();
  await storage.log.write(batch([entry]));
}

async function newestLog(bench: Bench): Promise<string> {
  const logs = (await readdir(bench.logFolder)).filter((name) => name.endsWith(".log")).sort();
  return join(bench.logFolder, logs.at(-1) ?? "none");
}

/** Paths below the folder of the files whose content counts; LevelDB's own diary and lock do not. */
async function filesOf(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
  return paths.filter((path) => !/(LOG|LOG\.old|LOCK)$/.test(path)).sort();
}

async function overwrite(path: string, at: number, change: (old: number) => number, count: number): Promise<void> {
  const file = await open(path, "r+");
  try {
    const bytes = Buffer.alloc(count);
    const { bytesRead } = await file.read(bytes, 0, count, at);
    await file.write(
      bytes.subarray(0, bytesRead).map((old) => change(old)),
      0,
      bytesRead,
      at,
    );
  } finally {
    await file.close();
  }
}

function zeroed(bytes: Buffer, from: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.fill(0, from);
  return copy;
}
