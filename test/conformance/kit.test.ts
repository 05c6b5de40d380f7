import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { cannotRun } from "../support/missing.ts";
import { removeFolder, scratchFolder } from "../support/processes.ts";
import { PROGRAM } from "../support/programs.ts";

/** Areas of Consul's API that are there. `npm run conformance` of the kit itself takes any. */
const AREAS = ["kv", "txn", "session", "status", "operator", "snapshot", "coordinate", "event", "agent", "catalog", "health", "flows", "http"];
/** Scenarios with steps that are known to differ, with their number and the reason; the number may only go down. */
const KNOWN = join(dirname(fileURLToPath(import.meta.url)), "known-differences.json");

interface Outcome {
  readonly id: string;
  readonly steps: number;
  readonly pass: number;
  readonly failed: string | null;
}

/** The kit replays recorded conversations with Consul 1.8.7; it is not part of the project. */
describe("conformance with recorded Consul 1.8.7", { timeout: 400_000 }, () => {
  const kit = findKit();
  const known = JSON.parse(readFileSync(KNOWN, "utf8")) as Readonly<Record<string, { readonly steps: number; readonly why: string }>>;
  let outcomes: readonly Outcome[] = [];
  let output = "";

  before(async () => {
    if (kit === undefined) return;
    const folder = scratchFolder("kit");
    const file = join(folder, "outcome.json");
    output = await run(kit, ["run", "--sut", PROGRAM, "--slack", "3", "--max-diff", "10", "--json", file, ...AREAS]);
    assert(existsSync(file), output);
    ({ scenarios: outcomes } = JSON.parse(readFileSync(file, "utf8")) as { readonly scenarios: readonly Outcome[] });
    removeFolder(folder);
  });

  for (const area of AREAS) {
    it(`answers as recorded: ${area}`, (t) => {
      if (kit === undefined) return cannotRun(t, "the conformance kit: its folder goes into KVORUM_CONFORMANCE", { installable: false });
      const own = outcomes.filter(({ id }) => id.startsWith(`${area}/`));
      assert(own.length > 0, `no scenario of ${area} ran\n${output}`);
      const worse = own.filter(({ id, steps, pass, failed }) => failed !== null || steps - pass > (known[id]?.steps ?? 0));
      assert.deepEqual(worse, [], output);
      const better = own.filter(({ id, steps, pass }) => steps - pass < (known[id]?.steps ?? 0)).map(({ id, steps, pass }) => `${id}: ${steps - pass}`);
      assert.deepEqual(better, [], "fewer differences than known-differences.json allows: lower the number there");
    });
  }
});

/** The folder that KVORUM_CONFORMANCE names, or one called `conformance` in a folder beside the project. */
function findKit(): string | undefined {
  const named = process.env["KVORUM_CONFORMANCE"];
  if (named !== undefined) return named;
  const around = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
  return readdirSync(around)
    .map((name) => join(around, name, "conformance"))
    .find((folder) => existsSync(join(folder, "conform.mjs")));
}

function run(kit: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(kit, "conform.mjs"), ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, NODE_OPTIONS: "" },
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (bytes: Buffer) => {
        output += bytes.toString();
      });
    }
    child.once("error", reject);
    child.once("close", () => resolve(output));
  });
}
