import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assertEntries, Bench, chanceOf, commands } from "./fixture.ts";

const ROUNDS = 4;

describe("storage of a process that is killed (kill -9)", () => {
  it(`holds every acknowledged entry, ${ROUNDS} times in a row`, async () => {
    await using bench = await Bench.create();
    const chance = chanceOf(7);
    let least = 0;
    for (let term = 1; term <= ROUNDS; term++) {
      least = await appendUntilKilled(bench.folder, { term, afterAcks: 20 + chance(400) });

      const { entries, hardState } = await bench.found();
      const last = entries.at(-1)?.index ?? 0;
      assert.ok(last >= least, `acknowledged up to ${least}, found up to ${last}`);
      assert.equal(hardState.term, term);
      assert.ok(entries.every((entry, at) => entry.index === at + 1));
      const newest = entries.at(-1);
      const sample = entries.filter(({ term: at }) => at === term).slice(0, 1);
      assertEntries(sample, commands(sample[0]?.index ?? 0, sample[0]?.index ?? 0, term, sizeOf(sample[0])));
      assert.ok(newest !== undefined);
    }
  });
});

/** The last index that the process said it had on disk. */
async function appendUntilKilled(folder: string, plan: { readonly term: number; readonly afterAcks: number }): Promise<number> {
  const script = join(import.meta.dirname, "appender.ts");
  const child = spawn(process.execPath, ["--import", "tsx", script, folder, String(plan.term)], { stdio: ["ignore", "pipe", "inherit"] });
  let acknowledged = 0;
  let seen = 0;
  let rest = "";
  child.stdout.on("data", (bytes: Buffer) => {
    const lines = (rest + bytes.toString()).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) acknowledged = Number(line);
    seen += lines.length;
    if (seen >= plan.afterAcks) child.kill("SIGKILL");
  });
  const [, signal] = await once(child, "close");
  assert.equal(signal, "SIGKILL");
  return acknowledged;
}

function sizeOf(entry: { readonly kind: string; readonly data?: Uint8Array } | undefined): number {
  return entry?.data?.length ?? 0;
}
