// The benchmark:  npm run bench [-- --peer PATH] [--only SECTION,…] [--rounds N] [--seconds S] [--keys N] [--program PATH] [--json FILE]
//
// Prints a table of what was measured on this machine after each section and all of it at the end, each line the median of its rounds. With the path
// of another executable that has
// Consul's command line and API, both are measured in one run, their rounds alternating, and the ratio is printed: ours by theirs.
// Sections: rates, waiting, failover, start, gossip, million, discovery, agents, dns. What is measured is told at the head of each section's file in scripts/bench/.
import { writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { PROGRAM } from "../test/support/programs.ts";
import { benchAgents } from "./bench/agents.ts";
import type { Bench } from "./bench/contestants.ts";
import { benchDiscovery } from "./bench/discovery.ts";
import { benchDns } from "./bench/dns.ts";
import { benchFailover } from "./bench/failover.ts";
import { Figures, printTable } from "./bench/figures.ts";
import { benchGossip } from "./bench/gossip.ts";
import { Loader } from "./bench/loader.ts";
import { benchMillion } from "./bench/million.ts";
import { benchRates } from "./bench/rates.ts";
import { benchStart } from "./bench/start.ts";
import { benchWaiting } from "./bench/waiting.ts";

const SECTIONS: Readonly<Record<string, (bench: Bench) => Promise<void>>> = {
  rates: benchRates,
  waiting: benchWaiting,
  failover: benchFailover,
  start: benchStart,
  gossip: benchGossip,
  million: benchMillion,
  discovery: benchDiscovery,
  agents: benchAgents,
  dns: benchDns,
};

const { values: options } = parseArgs({
  options: {
    peer: { type: "string" },
    program: { type: "string", default: PROGRAM },
    only: { type: "string" },
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "2" },
    keys: { type: "string", default: "1000000" },
    json: { type: "string" },
  },
});

const programs = [options.program, ...(options.peer === undefined ? [] : [options.peer])];
const contestants = programs.map((program, at) => ({ at, name: at === 0 && program === PROGRAM ? "kvorum" : (program.split("/").at(-1) ?? program), program }));
const chosen = options.only?.split(",") ?? Object.keys(SECTIONS);
const figures = new Figures();
const names = contestants.map(({ name }) => name);
{
  using loader = new Loader();
  const bench: Bench = { contestants, figures, loader, rounds: Number(options.rounds), seconds: Number(options.seconds), manyKeys: Number(options.keys) };
  for (const name of chosen) {
    const section = SECTIONS[name];
    if (section === undefined) throw new Error(`No section "${name}"; there are ${Object.keys(SECTIONS).join(", ")}`);
    console.error(`measuring: ${name}`);
    const before = figures.all().length;
    await section(bench);
    // as soon as they are known: who stops a long run early has what was measured until then
    printTable(figures.all().slice(before), names);
  }
}

const { model = "unknown processor", length: cores = 0 } = { model: cpus()[0]?.model ?? "unknown processor", length: cpus().length };
console.log(
  `\n${cores} × ${model.trim()}, ${(totalmem() / 2 ** 30).toFixed(0)} GB, Node ${process.versions.node}; rounds of ${options.seconds} s, at least ${options.rounds} of each\n`,
);
if (chosen.length > 1) printTable(figures.all(), names);
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify({ contestants, figures: figures.all() }, undefined, 2)}\n`);
process.exit(0);
