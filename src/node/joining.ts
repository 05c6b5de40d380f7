import { KvorumError } from "../base/errors.ts";
import type { Gossip, JoinResult } from "../gossip/index.ts";
import { type Clock, type Logger, pause } from "../platform/index.ts";
import { ALONE_AGAIN_MS, FIRST_JOIN_PAUSE_MS } from "./limits.ts";

export interface JoinPlan {
  readonly pool: Gossip;
  /** `LAN` or `WAN`, for the log. */
  readonly label: string;
  /** Tried once: failure ends the start. */
  readonly now: readonly string[];
  /** Tried again and again. */
  readonly retry: readonly string[];
  readonly intervalMs: number;
  /** Attempts before the agent gives up; 0: no end. */
  readonly most: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Joins those that must be there at the start. Rejects with `unavailable` when none of them answers. Consul docs, `start_join`. */
export async function joinNow({ pool, now, label, logger }: JoinPlan): Promise<void> {
  if (now.length === 0) return;
  const { joined, errors } = await pool.join(now);
  if (joined === 0) throw new KvorumError("unavailable", `Cannot join ${label} pool: ${reasons(errors)}`);
  logger.info("Join completed", { pool: label, members: joined });
}

/**
 * Joins those that may come later, until it has met somebody; and when everybody has gone without a trace, as after a start with old addresses, again.
 * Rejects with `unavailable` when it has to give up. Consul docs, `retry_join`, `retry_max`.
 */
export async function keepJoining(plan: JoinPlan, signal: AbortSignal): Promise<void> {
  const { pool, retry, intervalMs, most, label, logger } = plan;
  if (retry.length === 0) return;
  let met = false;
  for (let attempt = 1; !signal.aborted && !pool.stopped; attempt++) {
    if (isAlone(pool)) {
      const { joined, errors } = await pool.join(retry);
      if (signal.aborted) return;
      if (!isAlone(pool)) {
        logger.info("Join completed", { pool: label, members: joined });
        met = true;
      } else if (!met && joined === 0 && most > 0 && attempt >= most) {
        throw new KvorumError("unavailable", `Cannot join ${label} pool: ${most} attempts failed, the last with ${reasons(errors)}`);
      } else if (joined === 0) logger.warn("Join failed, will retry", { pool: label, afterMs: intervalMs, error: reasons(errors) });
    } else met = true;
    if (attempt === 1 && !met) await untilMet(plan, signal);
    else await pause(plan.clock, met ? Math.max(ALONE_AGAIN_MS, intervalMs) : intervalMs, signal);
  }
}

/**
 * The first interval: servers that are started together try again soon, since each may have looked before the others were there.
 * These tries count as one attempt with the one before them.
 */
async function untilMet({ pool, retry, intervalMs, clock }: JoinPlan, signal: AbortSignal): Promise<void> {
  let left = intervalMs;
  for (let pauseMs = FIRST_JOIN_PAUSE_MS; left > 0 && !signal.aborted && !pool.stopped; pauseMs *= 2) {
    await pause(clock, Math.min(pauseMs, left), signal);
    left -= pauseMs;
    if (!isAlone(pool)) return;
    if (left > 0 && !signal.aborted) await pool.join(retry);
  }
}

function isAlone(pool: Gossip): boolean {
  return !pool.members().some(({ name, status }) => name !== pool.name && status === "alive");
}

function reasons(errors: JoinResult["errors"]): string {
  return errors.map(({ address, message }) => `${address}: ${message}`).join("; ");
}
