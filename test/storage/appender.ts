/** Run as a process of its own, to be killed: appends batch after batch to the folder given and reports each that was acknowledged. */
import { writeSync } from "node:fs";
import { Scope } from "../../src/base/scope.ts";
import { realPlatform } from "../../src/platform/index.ts";
import { openLevel } from "../../src/storage/index.ts";
import { batch, commands, hardState } from "./fixture.ts";

const [folder = "", term = "1"] = process.argv.slice(2);
const platform = realPlatform(new Scope(), { log: { level: "warn", write: (text) => void writeSync(2, text) } });
const storage = await openLevel({ platform, folder });
const stored = await storage.log.load();
let last: number = stored.entries.at(-1)?.index ?? 0;
await storage.log.write(batch([], { hardState: hardState(Number(term)) }));
for (let round = 0; ; round++) {
  const entries = commands(last + 1, last + 1 + (round % 7), Number(term), round % 50 === 0 ? 60_000 : 200);
  await storage.log.write(batch(entries));
  last += entries.length;
  writeSync(1, `${last}\n`);
}
