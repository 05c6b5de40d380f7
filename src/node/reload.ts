import type { NodeOptions } from "./options.ts";

/** What can change while running: the level of the log. The rest of a new configuration waits for the next start, as in Consul. */
export async function reload({ readConfig, platform }: NodeOptions): Promise<void> {
  if (readConfig === undefined) return;
  const fresh = await readConfig();
  platform.setLogLevel?.(fresh.log.level);
  platform.log.logger.info("Configuration read anew", { level: fresh.log.level });
}
