import { parseArgs } from "node:util";
import { messageOf } from "../src/base/errors.ts";
import { replayCommand, runSeed, type SeedRun, serversFor, WORLD_KINDS, type WorldKind } from "../test/sim/run-seed.ts";

const USAGE = `npm run sim -- [--seeds N] [--first S] [--servers K] [--world ${WORLD_KINDS.join("|")}] [--storm-ms MS] [--trace] [--keep-going]
Runs N seeds from S on. A failure prints the seed and the command that replays it.`;

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "100" },
    first: { type: "string", default: "1" },
    servers: { type: "string" },
    world: { type: "string" },
    "storm-ms": { type: "string", default: "8000" },
    trace: { type: "boolean", default: false },
    "keep-going": { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

if (values.help) console.log(USAGE);
else process.exitCode = (await runAll()) === 0 ? 0 : 1;

/** How many seeds failed. */
async function runAll(): Promise<number> {
  const first = wholeNumber("first", values.first);
  const count = wholeNumber("seeds", values.seeds);
  const totals = { events: 0, operations: 0, virtualMs: 0, failed: 0 };
  const began = Date.now();
  for (let seed = first; seed < first + count; seed++) {
    for (const world of worlds()) {
      const run: SeedRun = {
        seed,
        world,
        servers: values.servers === undefined ? serversFor(seed) : wholeNumber("servers", values.servers),
        stormMs: wholeNumber("storm-ms", values["storm-ms"]),
        onLine: values.trace ? (line) => console.log(line) : undefined,
      };
      try {
        const result = await runSeed(run);
        totals.events += result.events;
        totals.operations += result.operations;
        totals.virtualMs += result.virtualMs;
        if (count === 1) console.log(result);
      } catch (error) {
        totals.failed++;
        console.error(`seed ${seed} (${world}) FAILED ${messageOf(error)}\n  replay: ${replayCommand(run)}`);
        if (!values["keep-going"]) return totals.failed;
      }
    }
  }
  const seconds = (Date.now() - began) / 1000;
  console.log(
    `${count} seeds, ${totals.failed} failed; ${(totals.virtualMs / 1000).toFixed(0)} s of virtual time, ${totals.events} events, ${totals.operations} operations in ${seconds.toFixed(1)} s`,
  );
  return totals.failed;
}

function worlds(): readonly WorldKind[] {
  const chosen = WORLD_KINDS.filter((kind) => kind === values.world);
  return values.world === undefined || chosen.length === 0 ? WORLD_KINDS : chosen;
}

function wholeNumber(name: string, text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0) throw new Error(`--${name} is not a whole number: "${text}"\n${USAGE}`);
  return number;
}
