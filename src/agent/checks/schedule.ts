import { messageOf } from "../../base/errors.ts";
import type { Slots } from "../../base/slots.ts";
import { CHECK_INTERVAL_MIN_MS } from "../limits.ts";
import { Thresholds } from "./thresholds.ts";
import type { CheckJob, CheckRunner, CheckWorld, Finding } from "./types.ts";

/**
 * Runs a check again and again: first after a part of its interval at random, so that thousands that were registered together spread, then an
 * interval after each run has ended. What cannot be run is critical, and says why.
 */
export function repeat(job: CheckJob, world: CheckWorld, how: { readonly slots: Slots; readonly run: () => Promise<Finding> }): CheckRunner {
  const intervalMs = Math.max(CHECK_INTERVAL_MIN_MS, job.definition.intervalMs);
  const thresholds = new Thresholds(job.definition);
  let stopped = false;
  let timer: Disposable | undefined;

  const once = async (): Promise<void> => {
    const finding = await how.slots.run(async () => (stopped ? undefined : found(how.run)));
    if (finding === undefined || stopped) return;
    if (thresholds.passes(finding)) job.report(finding);
    else world.logger.debug("Check has not reached its threshold yet", { check: job.id, found: finding.status });
  };
  const next = (ms: number): void => {
    timer = world.clock.after(ms, () => {
      once()
        .catch((error: unknown) => world.logger.error("Check failed to run", { check: job.id, error: messageOf(error) }))
        .finally(() => {
          if (!stopped) next(intervalMs);
        })
        .catch(() => undefined);
    });
  };
  next(world.random.int(Math.max(1, Math.trunc(intervalMs))));
  return {
    [Symbol.dispose]() {
      stopped = true;
      timer?.[Symbol.dispose]();
    },
  };
}

async function found(run: () => Promise<Finding>): Promise<Finding> {
  try {
    return await run();
  } catch (error) {
    return { status: "critical", output: messageOf(error) };
  }
}
