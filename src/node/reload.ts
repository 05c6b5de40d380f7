import { dnsSettings } from "./dns-door.ts";
import type { Doors } from "./doors.ts";
import { definitionsOf } from "./local-agent.ts";
import type { NodeOptions } from "./options.ts";
import { watchesOf } from "./watches.ts";

/** What can change while running: the level of the log, services and checks, watches, DNS but for its names and addresses. The rest of a new configuration waits for the next start, as in Consul. */
export async function reload({ readConfig, platform }: NodeOptions, doors: Doors | undefined): Promise<void> {
  if (readConfig === undefined) return;
  const fresh = await readConfig();
  const watches = watchesOf(fresh); // a fault in them stops the reload before anything has changed
  platform.setLogLevel?.(fresh.log.level);
  await doors?.local.configure(definitionsOf(fresh));
  await doors?.watches?.configure(watches);
  doors?.dns?.configure(dnsSettings(fresh));
  platform.log.logger.info("Configuration read anew", { level: fresh.log.level });
}
