import { parseArgs } from "node:util";
import { LAN } from "../src/gossip/core/index.ts";
import { measureDetection, measureFalsePositives, measureSpread } from "../test/gossip/sim/experiments.ts";

const USAGE = `npm run gossip-sim -- [--sizes 10,100,1000,5000] [--loss 0,0.25] [--seed S] [--only spread|detection|false]
Runs the real gossip rules with many members on virtual time. Beyond 2000 members it needs memory: NODE_OPTIONS=--max-old-space-size=12000.`;
const SHARES = [0.5, 0.9, 0.99, 0.999];

const { values } = parseArgs({
  options: {
    sizes: { type: "string", default: "10,30,100,1000" },
    loss: { type: "string", default: "0,0.25" },
    seed: { type: "string", default: "1" },
    only: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
const sizes = numbers(values.sizes);
const losses = numbers(values.loss);
const seed = Number(values.seed);

if (values.help) console.log(USAGE);
else {
  if (values.only === undefined || values.only === "spread") spread();
  if (values.only === undefined || values.only === "detection") detection();
  if (values.only === undefined || values.only === "false") falsePositives();
}

function spread(): void {
  console.log("Spread of one change, milliseconds until a share knows: measured (model, ratio)");
  for (const n of sizes) {
    for (const loss of losses) {
      const found = measureSpread({ n, loss, seed, changes: n > 1000 ? 3 : 15, shares: SHARES.filter((share) => share * (n - 1) < n - 1.5 || share <= 0.9) });
      const cells = found.map(
        ({ share, measuredMs, modelMs }) => `${share * 100}% ${measuredMs.toFixed(0)} (${modelMs.toFixed(0)}, ${(measuredMs / modelMs).toFixed(2)}x)`,
      );
      console.log(`  ${n} members, ${loss * 100}% loss: ${cells.join("  ")}`);
    }
  }
}

function detection(): void {
  console.log("One member killed, seconds until the first and until all know it failed; bytes a second of each member meanwhile");
  for (const n of sizes) {
    for (const loss of losses) {
      const { firstMs, allMs, bytesPerNodeSecond } = measureDetection({ n, loss, seed });
      console.log(
        `  ${n} members, ${loss * 100}% loss: first ${(firstMs / 1000).toFixed(1)}  all ${(allMs / 1000).toFixed(1)}  ${bytesPerNodeSecond.toFixed(0)} B/s`,
      );
    }
  }
}

function falsePositives(): void {
  console.log("Members declared dead while others stand still again and again: about healthy ones / about stalled ones, as healthy ones saw it");
  for (const [stalled, stallMs] of [
    [4, 2_000],
    [8, 8_000],
    [16, 8_000],
    [24, 8_000],
    [24, 16_000],
  ] as const) {
    const base = { n: 64, stalled, stallMs, betweenMs: 5, loss: 0.01, seed, runMs: 120_000 };
    const plain = measureFalsePositives({ ...base, timing: { ...LAN, plainSwim: true } });
    const full = measureFalsePositives({ ...base, timing: LAN });
    const cell = (name: string, found: typeof plain): string => `${name} ${found.aboutHealthy} / ${found.aboutStalled}`;
    console.log(`  ${stalled} of 64 stopped for ${stallMs / 1000} s: ${cell("plain SWIM", plain)}   ${cell("Lifeguard", full)}`);
  }
}

function numbers(text: string): readonly number[] {
  return text.split(",").map(Number);
}
