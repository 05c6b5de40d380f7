import type { LocalAgent } from "../agent/index.ts";
import { definitionsOf } from "./local-agent.ts";
import type { NodeOptions } from "./options.ts";

/** What can change while running: the level of the log, services and checks. The rest of a new configuration waits for the next start, as in Consul. */
export async function reload({ readConfig, platform }: NodeOptions, local: LocalAgent | undefined): Promise<void> {
  if (readConfig === undefined) return;
  const fresh = await readConfig();
  platform.setLogLevel?.(fresh.log.level);
  await local?.configure(definitionsOf(fresh));
  platform.log.logger.info("Configuration read anew", { level: fresh.log.level });
}
