import { messageOf } from "../base/errors.ts";
import type { Scope } from "../base/scope.ts";
import type { RuntimeConfig } from "../config/index.ts";
import type { Platform } from "../platform/index.ts";
import { floodJoin } from "./flood-join.ts";
import { type JoinPlan, joinNow, keepJoining } from "./joining.ts";
import type { Pools } from "./options.ts";

interface Joins {
  readonly config: RuntimeConfig;
  readonly platform: Platform;
  readonly pools: Pools;
  readonly scope: Scope;
  /** Called when there is no use in trying any more. */
  readonly giveUp: () => void;
}

/** Has an agent join whom its configuration names: some now, which must work, others in the background. Rejects as `joinNow` does. */
export async function beginJoins({ config, platform, pools, scope, giveUp }: Joins): Promise<void> {
  const { join, datacenter } = config;
  const logger = platform.log.logger.named("agent");
  const { clock } = platform;
  const lan: JoinPlan = {
    pool: pools.lan,
    label: "LAN",
    now: join.startJoin,
    retry: join.retryJoin,
    intervalMs: join.retryIntervalMs,
    most: join.retryMax,
    clock,
    logger,
  };
  const { wan } = pools;
  const plans = [lan];
  if (wan !== undefined) {
    plans.push({
      ...lan,
      pool: wan,
      label: "WAN",
      now: join.startJoinWan,
      retry: join.retryJoinWan,
      intervalMs: join.retryIntervalWanMs,
      most: join.retryMaxWan,
    });
    scope.use(floodJoin({ lan: pools.lan, wan, datacenter, clock }));
  }
  await Promise.all(plans.map(joinNow));
  for (const plan of plans) {
    scope.spawn(`join ${plan.label}`, async (signal) => {
      try {
        await keepJoining(plan, signal);
      } catch (error) {
        logger.error("Max join retry exhausted, exiting", { error: messageOf(error) });
        giveUp();
      }
    });
  }
}
