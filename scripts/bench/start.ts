import { join } from "node:path";
import { freeLoopback } from "../../test/support/addresses.ts";
import { Api } from "../../test/support/api.ts";
import { RunningProgram, removeFolder, scratchFolder } from "../../test/support/processes.ts";
import { sleep } from "../../test/support/until.ts";
import { alternate, type Bench } from "./contestants.ts";

/** A dev agent is started: how long until it answers over HTTP at all, and until it acknowledges a write. */
export async function benchStart(bench: Bench): Promise<void> {
  await alternate(Math.max(3, bench.rounds), bench.contestants, async ({ at, program }) => {
    const { answerMs, writeMs } = await start(program);
    bench.figures.add(at, "dev agent started to first answer", "ms", "less", answerMs);
    bench.figures.add(at, "dev agent started to first write", "ms", "less", writeMs);
  });
}

async function start(program: string): Promise<{ readonly answerMs: number; readonly writeMs: number }> {
  const folder = scratchFolder("start");
  const address = `${await freeLoopback()}.1`;
  const api = new Api(address);
  const begun = performance.now();
  const agent = new RunningProgram({ command: program, args: ["agent", "-dev", `-bind=${address}`, `-client=${address}`], logFile: join(folder, "log") });
  try {
    const answerMs = (await firstOk(() => api.ask("GET", "/v1/status/leader"))) - begun;
    const writeMs = (await firstOk(() => api.ask("PUT", "/v1/kv/started", { body: "yes" }))) - begun;
    return { answerMs, writeMs };
  } finally {
    await agent.kill();
    api.close();
    removeFolder(folder);
  }
}

async function firstOk(ask: () => Promise<{ readonly status: number }>): Promise<number> {
  for (let tries = 0; tries < 10_000; tries++) {
    const answer = await ask().catch(() => undefined);
    if (answer?.status === 200) return performance.now();
    await sleep(2);
  }
  throw new Error("The agent never answered");
}
