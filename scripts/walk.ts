import { join } from "node:path";
import { parseArgs } from "node:util";
import { freeLoopback } from "../test/support/addresses.ts";
import type { Answer } from "../test/support/api.ts";
import { scratchFolder } from "../test/support/processes.ts";
import { PROGRAM, peer } from "../test/support/programs.ts";
import { ServerProcess } from "../test/support/server-process.ts";
import { until } from "../test/support/until.ts";
import { neighbourSteps } from "./walk/neighbours.ts";
import { type IndexPair, orderFault, seenOf } from "./walk/seen.ts";
import { type Step, stepsOf } from "./walk/steps.ts";

const USAGE = `npm run walk -- [--walks 20] [--writes 40] [--seed 1] [--neighbours]
Starts this Kvorum and the real Consul 1.8.7 (scripts/peers installs it) and sends both the same requests at random: keys, sessions, transactions,
catalog, queries, and reads of all of it. Compares every answer, and over a whole walk the order of all indexes. Prints what led to a difference.
With --neighbours it sends, instead, bodies that are one field away from good ones: each field of what is registered, in every type of JSON.`;
const STEPS_SHOWN = 15;
/** An index that was there before the walk began. */
const OLD = 2;

const { values } = parseArgs({
  options: {
    walks: { type: "string", default: "20" },
    writes: { type: "string", default: "40" },
    seed: { type: "string", default: "1" },
    neighbours: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

class Side {
  readonly server: ServerProcess;
  /** The id of the session that was begun last; before there was one, of none. */
  session = "00000000-0000-0000-0000-000000000000";
  /** Indexes up to this are from before the walk. */
  mark = 0;

  constructor(server: ServerProcess) {
    this.server = server;
  }

  async ask({ method, path, body }: Step): Promise<Answer> {
    const answer = await this.server.api.ask(
      method,
      path.replace("SESSION", this.session),
      body === undefined ? {} : { body: body.replace("SESSION", this.session) },
    );
    if (path === "/v1/session/create" && answer.status === 200) this.session = JSON.parse(answer.body.toString()).ID;
    return answer;
  }

  async begin(walk: string): Promise<void> {
    await this.ask({ method: "PUT", path: "/v1/kv/walk-begins", body: walk });
    const { body } = await this.ask({ method: "GET", path: "/v1/kv/walk-begins" });
    this.mark = JSON.parse(body.toString())[0].ModifyIndex;
  }

  age(index: number): number {
    return index > 1 && index <= this.mark ? OLD : index;
  }
}

if (values.help) console.log(USAGE);
else process.exitCode = await main();

async function main(): Promise<number> {
  const consul = peer("usr/bin/consul");
  if (consul === undefined) {
    console.error("There is no Consul 1.8.7 here; scripts/peers installs it");
    return 2;
  }
  const ours = await started(PROGRAM);
  const theirs = await started(consul);
  try {
    if (values.neighbours) return await neighbours(ours, theirs);
    let different = 0;
    for (let walk = 0; walk < Number(values.walks); walk++) {
      const seed = Number(values.seed) + walk;
      const fault = await walked(seed, ours, theirs);
      if (fault === undefined) continue;
      different++;
      console.log(`seed ${seed}\n${fault}\n`);
    }
    console.log(`${values.walks} walks of ${values.writes} writes: ${different} with a difference`);
    return different === 0 ? 0 : 1;
  } finally {
    await Promise.all([ours.server.kill(), theirs.server.kill()]);
  }
}

/** Sends what is near to good requests, one after the other, and prints each answer that differs. What Consul does not answer is passed over. */
async function neighbours(ours: Side, theirs: Side): Promise<number> {
  let different = 0;
  let count = 0;
  for (const step of neighbourSteps()) {
    count++;
    const [a, b] = await Promise.all(
      [ours, theirs].map(async (side) => {
        const answer = await side.ask(step).catch(() => undefined); // Consul's handlers crash at some of these
        return answer && plainDetails(seenOf(answer, { address: side.server.address, unordered: step.unordered === true }).text);
      }),
    );
    if (b === undefined || a === b) continue;
    different++;
    console.log(`${step.method} ${step.path} ${step.body ?? ""}\n- ${b}\n+ ${a ?? "no answer"}\n`);
  }
  console.log(`${count} requests, ${different} answered differently`);
  return different === 0 ? 0 : 1;
}

/** Without the names of Go's types, which are not promised to anybody, and what an agent's checks found out by themselves. */
function plainDetails(text: string): string {
  return text.replace(/(json: cannot unmarshal ).*/g, "$1…").replace(/("Output": ")[^"]*(refused|timeout|failing|associated)[^"]*"/g, '$1…"');
}

async function started(program: string): Promise<Side> {
  const address = `${await freeLoopback()}.1`;
  const folder = join(scratchFolder("walk"), "n");
  const config = { bootstrap: true, performance: { raft_multiplier: 1 } };
  const server = new ServerProcess({ program, name: "n", address, folder, config });
  server.start();
  await until("the server is in its own catalog", async () => {
    const { body } = await server.api.ask("GET", "/v1/health/service/consul?passing");
    return body.includes('"wan"');
  });
  return new Side(server);
}

/** What differed, with the steps before it; `undefined` when nothing did. */
async function walked(seed: number, ours: Side, theirs: Side): Promise<string | undefined> {
  await Promise.all([ours.begin(String(seed)), theirs.begin(String(seed))]);
  const taken: string[] = [];
  const pairs: IndexPair[] = [];
  for (const step of stepsOf(seed, Number(values.writes), `w${seed}x`)) {
    taken.push(`${step.method} ${step.path} ${step.body ?? ""}`);
    const unordered = step.unordered === true;
    const [a, b] = await Promise.all([ours, theirs].map(async (side) => seenOf(await side.ask(step), { address: side.server.address, unordered })));
    if (a === undefined || b === undefined) continue;
    if (a.text !== b.text || a.indexes.length !== b.indexes.length) return `${shown(taken)}\n- ${b.text}\n+ ${a.text}`;
    a.indexes.forEach((index, at) => {
      pairs.push({ step: taken.length - 1, ours: ours.age(index), theirs: theirs.age(b.indexes[at] ?? 0) });
    });
  }
  const fault = orderFault(pairs);
  if (fault === undefined) return undefined;
  const [earlier, later] = fault;
  const places = `at step ${earlier.step} and step ${later.step}`;
  return `${shown(taken.slice(0, later.step + 1))}\nIndexes ${places}: Consul ${earlier.theirs} and ${later.theirs}, Kvorum ${earlier.ours} and ${later.ours}`;
}

function shown(taken: readonly string[]): string {
  const from = Math.max(0, taken.length - STEPS_SHOWN);
  return taken
    .slice(from)
    .map((step, at) => `[${from + at}] ${step}`)
    .join("\n");
}
