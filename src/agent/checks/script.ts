import { formatDurationMs } from "../../base/duration.ts";
import { KvorumError } from "../../base/errors.ts";
import { PROGRAM_CHECK_TIMEOUT_MS } from "../limits.ts";
import { programOutput } from "./output.ts";
import { repeat } from "./schedule.ts";
import type { CheckJob, CheckRunner, CheckWorld, Finding } from "./types.ts";

/** Runs a program: 0 is passing, 1 a warning, all else critical. Consul docs, checks: script. */
export function scriptCheck(job: CheckJob, world: CheckWorld): CheckRunner {
  return repeat(job, world, { slots: world.programSlots, run: () => run(job, world) });
}

async function run({ definition, outputMaxBytes }: CheckJob, { processes }: CheckWorld): Promise<Finding> {
  if (processes === undefined) throw new KvorumError("unavailable", "This agent cannot run programs");
  const timeoutMs = definition.timeoutMs > 0 ? definition.timeoutMs : PROGRAM_CHECK_TIMEOUT_MS;
  const { exitCode, output, timedOut } = await processes.run({ command: definition.args, timeoutMs, keepBytes: outputMaxBytes });
  const text = programOutput(output);
  if (timedOut) {
    const late = `Timed out (${formatDurationMs(timeoutMs)}) running check`;
    return { status: "critical", output: text === "" ? late : `${late}\n\n${text}` };
  }
  return { status: statusOf(exitCode), output: text };
}

/** What a program's exit code means; a signal is no code. */
export function statusOf(exitCode: number | undefined): Finding["status"] {
  if (exitCode === 0) return "passing";
  return exitCode === 1 ? "warning" : "critical";
}
