/** Run as a process of its own on a small file system: fills it with log entries, frees some room, and proves that nothing acknowledged is gone. */
import assert from "node:assert/strict";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Scope } from "../../src/base/scope.ts";
import { realPlatform } from "../../src/platform/index.ts";
import type { Entry } from "../../src/raft/index.ts";
import { openLevel } from "../../src/storage/index.ts";
import { assertEntries, batch, commands, hardState, metaAt } from "./fixture.ts";

const [mount = ""] = process.argv.slice(2);
const folder = join(mount, "data");
const ballast = join(mount, "ballast");
await writeFile(ballast, Buffer.alloc(20 * 1024 * 1024));
const platform = realPlatform(new Scope(), { log: { level: "warn", write: (text) => void process.stderr.write(text) } });

const acknowledged: Entry[] = [];
const storage = await openLevel({ platform, folder });
await storage.log.load();
await storage.log.write(batch([], { hardState: hardState(1, "voted") }));
let failure: unknown;
while (failure === undefined) {
  const entries = commands(acknowledged.length + 1, acknowledged.length + 10, 1, 3000);
  await storage.log.write(batch(entries)).then(
    () => acknowledged.push(...entries),
    (error: unknown) => {
      failure = error;
    },
  );
}
assert.match(String(failure), /Cannot write the raft log in ".*": .*[Nn]o space left/);
const next = commands(acknowledged.length + 1, acknowledged.length + 1);
await assert.rejects(storage.log.write(batch(next)), { code: "disk", message: /an earlier write failed/ });
const sink = await storage.snapshots.create(metaAt(10));
await assert.rejects(sink.write(Buffer.alloc(8 * 1024 * 1024)), { code: "disk", message: /Cannot write ".*state\.bin": ENOSPC/ });
await sink.abort();
await storage[Symbol.asyncDispose]();

// As much again as the data takes: LevelDB writes its tables anew before it lets go of the old ones.
await rm(ballast);
const again = await openLevel({ platform, folder });
const stored = await again.log.load();
assertEntries(stored.entries.slice(0, acknowledged.length), acknowledged);
assert.deepEqual(stored.hardState, hardState(1, "voted"));
await again.log.write(batch(commands(stored.entries.length + 1, stored.entries.length + 10)));
await again[Symbol.asyncDispose]();
process.stdout.write(`held ${acknowledged.length} entries\n`);
