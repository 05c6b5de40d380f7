import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { asIndex, asTerm } from "../../src/base/ids.ts";
import type { Entry } from "../../src/raft/index.ts";
import { until } from "../support/until.ts";
import { assertEntries, Bench, batch, chanceOf, command, commands, hardState, metaAt, saveSnapshot } from "./fixture.ts";

describe("LevelLog", () => {
  it("starts with nothing (Raft paper, figure 2)", async () => {
    await using bench = await Bench.create();

    assert.deepEqual(await bench.found(), { hardState: hardState(0), snapshot: undefined, entries: [] });
  });

  it("gives back vote, term and every kind of entry", async () => {
    await using bench = await Bench.create();
    const entries: Entry[] = [
      { kind: "config", index: asIndex(1), term: asTerm(1), configuration: metaAt(1).configuration },
      { kind: "noop", index: asIndex(2), term: asTerm(2) },
      command(3, 2, 0),
      command(4, 2, 600_000),
      command(5, 2),
    ];
    {
      await using storage = await bench.open();
      await storage.log.load();
      await storage.log.write(batch(entries, { hardState: hardState(2, "someone") }));
    }

    const stored = await bench.found();

    assert.deepEqual(stored.hardState, hardState(2, "someone"));
    assertEntries(stored.entries, entries);
  });

  it("truncates and appends in one step, also in the middle of a batch stored before", async () => {
    await using bench = await Bench.create();
    {
      await using storage = await bench.open();
      await storage.log.load();
      await storage.log.write(batch(commands(1, 10), { hardState: hardState(1) }));
      await storage.log.write(batch([command(5, 2), command(6, 2)], { hardState: hardState(2), truncateFrom: asIndex(5) }));
      await storage.log.write(batch([], { hardState: hardState(3), truncateFrom: asIndex(6) }));
      await storage.log.write(batch([command(6, 3)]));
    }

    assertEntries((await bench.found()).entries, [...commands(1, 4), command(5, 2), command(6, 3)]);
  });

  it("forgets what a snapshot holds and keeps the tail", async () => {
    await using bench = await Bench.create();
    {
      await using storage = await bench.open();
      await storage.log.load();
      for (let index = 1; index <= 50; index++) await storage.log.write(batch([command(index)], { hardState: hardState(1) }));
      await saveSnapshot(storage, metaAt(40));
      await storage.log.compact(asIndex(30));
    }

    const stored = await bench.found();

    assert.deepEqual(stored.snapshot, metaAt(40));
    assertEntries(stored.entries, commands(31, 50));
  });

  it("gives the space of forgotten entries back", async () => {
    await using bench = await Bench.create();
    await using storage = await bench.open();
    await storage.log.load();
    for (let at = 0; at < 30; at++) await storage.log.write(batch(commands(at * 100 + 1, at * 100 + 100, 1, 10_000), { hardState: hardState(1) }));
    const diskBytes = () => bench.platform.metricsView.report().Gauges.find(({ Name }) => Name === "consul.raft.storage.disk_bytes")?.Value ?? 0;
    await saveSnapshot(storage, metaAt(2900));

    await storage.log.compact(asIndex(2900));

    await until("less than 10 of 30 million bytes on disk", () => diskBytes() > 0 && diskBytes() < 10_000_000);
  });

  it("begins anew behind an installed snapshot", async () => {
    await using bench = await Bench.create();
    {
      await using storage = await bench.open();
      await storage.log.load();
      await storage.log.write(batch(commands(1, 5), { hardState: hardState(4) }));
      await saveSnapshot(storage, metaAt(100, 3));
      await storage.log.compact(asIndex(100));
      await storage.log.write(batch(commands(101, 103, 4)));
    }

    assertEntries((await bench.found()).entries, commands(101, 103, 4));
  });

  it("drops a log that an installed snapshot contradicts, when the crash came before the log was cut", async () => {
    await using bench = await Bench.create();
    {
      await using storage = await bench.open();
      await storage.log.load();
      await storage.log.write(batch(commands(1, 20, 1), { hardState: hardState(3) }));
      await saveSnapshot(storage, metaAt(10, 2));
    }

    assert.deepEqual(await bench.found(), { hardState: hardState(3), snapshot: metaAt(10, 2), entries: [] });
    {
      await using storage = await bench.open();
      await storage.log.load();
      await storage.log.write(batch(commands(11, 12, 3)));
    }
    assertEntries((await bench.found()).entries, commands(11, 12, 3));
  });

  it("refuses a log that was cut when the snapshot has gone", async () => {
    await using bench = await Bench.create();
    {
      await using storage = await bench.open();
      await storage.log.load();
      await storage.log.write(batch(commands(1, 20), { hardState: hardState(1) }));
      await storage.log.compact(asIndex(10));
    }

    await assert.rejects(bench.found(), { code: "corrupt", message: /cut up to index 10, but of the snapshots none is there/ });
  });

  it("refuses writes once closed", async () => {
    await using bench = await Bench.create();
    const storage = await bench.open();
    await storage.log.load();
    await storage[Symbol.asyncDispose]();

    await assert.rejects(storage.log.write(batch([command(1)])), { code: "unavailable" });
  });

  it("is one process's at a time", async () => {
    await using bench = await Bench.create();
    await using _storage = await bench.open();

    await assert.rejects(bench.open(), { code: "disk", message: /another process uses it/ });
  });

  for (let seed = 1; seed <= 8; seed++) {
    it(`holds what a plain list would after any writes, cuts and restarts, seed=${seed}`, async () => {
      await using bench = await Bench.create();
      const chance = chanceOf(seed);
      let entries: Entry[] = [];
      let term = 1;
      let first = 1;
      let last = 0;
      let storage = await bench.open();
      await storage.log.load();
      for (let step = 0; step < 60; step++) {
        const dice = chance(10);
        if (dice < 7) {
          const truncateFrom = chance(3) === 0 && last >= first ? first + chance(last - first + 1) : undefined;
          if (truncateFrom !== undefined) {
            last = truncateFrom - 1;
            term++;
            entries = entries.filter(({ index }) => index < truncateFrom);
          }
          const added = commands(last + 1, last + chance(40), term, chance(20) === 0 ? 70_000 : chance(200));
          await storage.log.write(batch(added, { hardState: hardState(term), truncateFrom: truncateFrom === undefined ? undefined : asIndex(truncateFrom) }));
          entries.push(...added);
          last += added.length;
        } else if (dice === 7 && last > first) {
          const upTo = first + chance(last - first);
          await saveSnapshot(storage, metaAt(upTo, entries.find(({ index }) => index === upTo)?.term ?? 1));
          await storage.log.compact(asIndex(upTo));
          first = upTo + 1;
          entries = entries.filter(({ index }) => index > upTo);
        } else {
          await storage[Symbol.asyncDispose]();
          storage = await bench.open();
          const stored = await storage.log.load();
          const needed = stored.entries.filter(({ index }) => index >= first);
          assertEntries(needed, entries, `step ${step}`);
        }
      }
      await storage[Symbol.asyncDispose]();
    });
  }
});
