import assert from "node:assert/strict";
import { cp, mkdir, open, readdir, truncate } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { asIndex } from "../../src/base/ids.ts";
import type { SnapshotSource } from "../../src/raft/index.ts";
import { openMemory } from "../../src/storage/index.ts";
import { Bench, batch, commands, hardState, metaAt, saveSnapshot } from "./fixture.ts";

const STATE = Buffer.from(Array.from({ length: 700_001 }, (_, at) => (at * 31) % 253));

describe("snapshot store", () => {
  it("gives back the newest at any offset, also after a restart", async () => {
    await using bench = await Bench.create();
    {
      await using storage = await bench.open();
      await saveSnapshot(storage, metaAt(5), Buffer.from("old"));
      await saveSnapshot(storage, metaAt(9), STATE);
    }
    await using storage = await bench.open();

    const source = await newest(storage);

    assert.deepEqual(source.meta, metaAt(9));
    assert.equal(source.sizeBytes, STATE.length);
    for (const [offset, length] of [
      [0, 10],
      [262_140, 10],
      [100_000, 500_000],
      [700_000, 99],
      [700_001, 5],
    ] as const) {
      assert.ok(Buffer.from(await source.readAt(offset, length)).equals(STATE.subarray(offset, offset + length)), `${length} bytes from ${offset}`);
    }
  });

  it("keeps two, and one more for as long as it is read", async () => {
    await using bench = await Bench.create();
    await using storage = await bench.open();
    await saveSnapshot(storage, metaAt(1), STATE);
    const reading = await newest(storage);
    for (const index of [2, 3, 4]) await saveSnapshot(storage, metaAt(index));

    assert.deepEqual(await folders(bench), ["1-1-1", "1-3-3", "1-4-4"]);
    assert.equal((await reading.readAt(0, 20)).length, 20);
    await reading.close();
    assert.deepEqual(await folders(bench), ["1-3-3", "1-4-4"]);
  });

  it("puts a second one of the same entry in force, for a forced configuration", async () => {
    await using bench = await Bench.create();
    const forced = { ...metaAt(5), configuration: { servers: [] } };
    {
      await using storage = await bench.open();
      await saveSnapshot(storage, metaAt(5));
      await saveSnapshot(storage, forced);
    }

    assert.deepEqual((await bench.found()).snapshot, forced);
  });

  it("shows nothing of one that was not committed, and removes what a crash left", async () => {
    await using bench = await Bench.create();
    await using crashed = await Bench.create();
    {
      await using storage = await bench.open();
      const sink = await storage.snapshots.create(metaAt(7));
      await sink.write(STATE);
      assert.equal(await storage.snapshots.latest(), undefined);
      await cp(snapshotsFolder(bench), snapshotsFolder(crashed), { recursive: true });
      await sink.abort();
    }
    assert.deepEqual(await folders(bench), []);
    assert.deepEqual(await folders(crashed), ["tmp-1-7-1"]);

    assert.equal((await crashed.found()).snapshot, undefined);
    assert.deepEqual(await folders(crashed), []);
  });

  it("refuses the byte that is wrong when it is read", async () => {
    await using bench = await Bench.create();
    await using storage = await bench.open();
    await saveSnapshot(storage, metaAt(9), STATE);
    const source = await newest(storage);
    await spoil(join(snapshotsFolder(bench), "1-9-1", "state.bin"), 300_000);

    assert.equal((await source.readAt(0, 1000)).length, 1000);
    await assert.rejects(source.readAt(299_999, 1), { code: "corrupt", message: /state\.bin": the block at byte 262144 fails its checksum/ });
  });
});

describe("a damaged snapshot", () => {
  const damages: Readonly<Record<string, (folder: string) => Promise<void>>> = {
    "state.bin spoilt": (folder) => spoil(join(folder, "state.bin"), 5),
    "state.bin cut": (folder) => truncate(join(folder, "state.bin"), 3),
    "meta.json spoilt": (folder) => spoil(join(folder, "meta.json"), 40),
    "meta.json not there": (folder) => truncate(join(folder, "meta.json"), 0),
  };
  for (const [name, damage] of Object.entries(damages)) {
    it(`gives way to the one before it while the log reaches back so far: ${name}`, async () => {
      await using bench = await Bench.create();
      await withTwoSnapshots(bench, 10);
      await damage(join(snapshotsFolder(bench), "1-20-2"));

      const stored = await bench.found();

      assert.deepEqual(stored.snapshot, metaAt(10));
      assert.equal(stored.entries.at(-1)?.index, 30);
      assert.match(bench.lines.join(""), /Set aside a damaged snapshot/);
      assert.deepEqual(await folders(bench), ["1-10-1", "damaged-1-20-2"]);
    });

    it(`stops the server when the log was cut behind the one before it: ${name}`, async () => {
      await using bench = await Bench.create();
      await withTwoSnapshots(bench, 15);
      await damage(join(snapshotsFolder(bench), "1-20-2"));

      await assert.rejects(bench.found(), { code: "corrupt", message: /cut up to index 15, but of the snapshots the newest whole one ends at 10/ });
    });
  }
});

describe("storage in memory", () => {
  it("starts with nothing, takes everything and keeps the newest snapshot", async () => {
    await using storage = openMemory();
    assert.deepEqual(await storage.log.load(), { hardState: hardState(0), snapshot: undefined, entries: [] });
    await storage.log.write(batch(commands(1, 3), { hardState: hardState(1) }));
    await storage.log.compact(asIndex(2));
    assert.equal(await storage.snapshots.latest(), undefined);
    await saveSnapshot(storage, metaAt(2), STATE);

    const source = await newest(storage);

    assert.deepEqual(source.meta, metaAt(2));
    assert.ok(Buffer.from(await source.readAt(7, 1000)).equals(STATE.subarray(7, 1007)));
  });
});

async function withTwoSnapshots(bench: Bench, cutAt: number): Promise<void> {
  await using storage = await bench.open();
  await storage.log.load();
  for (const entry of commands(1, 30)) await storage.log.write(batch([entry], { hardState: hardState(1) }));
  await saveSnapshot(storage, metaAt(10));
  await saveSnapshot(storage, metaAt(20));
  await storage.log.compact(asIndex(cutAt));
}

async function newest(storage: { readonly snapshots: { latest(): Promise<SnapshotSource | undefined> } }): Promise<SnapshotSource> {
  const source = await storage.snapshots.latest();
  assert.ok(source !== undefined);
  return source;
}

function snapshotsFolder(bench: Bench): string {
  return join(bench.folder, "raft", "snapshots");
}

async function folders(bench: Bench): Promise<string[]> {
  await mkdir(snapshotsFolder(bench), { recursive: true });
  return (await readdir(snapshotsFolder(bench))).sort();
}

async function spoil(path: string, at: number): Promise<void> {
  const file = await open(path, "r+");
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, at);
  await file.write(Buffer.from([(buffer[0] ?? 0) ^ 1]), 0, 1, at);
  await file.close();
}
