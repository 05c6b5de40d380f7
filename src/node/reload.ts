import { KvorumError } from "../base/errors.ts";
import { restartNeeded } from "../config/index.ts";
import { dnsSettings } from "./dns-door.ts";
import type { Doors } from "./doors.ts";
import { asksForHttps, credentialsOf } from "./https.ts";
import type { LiveSettings } from "./live.ts";
import { definitionsOf, nodeMetaOf } from "./local-agent.ts";
import type { NodeOptions } from "./options.ts";
import { watchesOf } from "./watches.ts";

/**
 * Reads the configuration anew and takes over what can change while the agent runs; what else has changed is named in a warning and waits for
 * the next start, as in Consul. Rejects with `config` when it is at fault: then everything stays as it was, unless it is definitions of services and checks
 * that are at fault; those alone are passed over then.
 */
export async function reload({ config, readConfig, platform }: NodeOptions, live: LiveSettings, doors: Doors | undefined): Promise<void> {
  if (readConfig === undefined) return;
  const { logger } = platform.log;
  const fresh = await readConfig();
  const watches = watchesOf(fresh); // a fault in them stops the reload before anything has changed
  const credentials = asksForHttps(config) ? await credentialsOf(fresh, platform.files) : undefined;
  if (credentials !== undefined) doors?.http?.changeCredentials(credentials);
  live.change(fresh);
  doors?.http?.limitConnections(fresh.limits.httpMaxConnsPerClient);
  doors?.local.describe({ meta: nodeMetaOf(fresh), discardCheckOutput: fresh.agent.discardCheckOutput });
  const faults = (await doors?.local.configure(definitionsOf(fresh))) ?? [];
  await doors?.watches?.configure(watches);
  doors?.dns?.configure(dnsSettings(fresh));
  const waiting = restartNeeded(config.merged, fresh.merged);
  if (waiting.length > 0) logger.warn("Settings have changed that count only from the next start on", { settings: waiting.join(", ") });
  logger.info("Configuration read anew", { level: fresh.log.level });
  if (faults.length > 0) throw new KvorumError("config", `Failed reloading services and checks: ${faults.join("; ")}`);
}
