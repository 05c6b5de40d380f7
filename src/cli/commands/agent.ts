import { rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { messageOf } from "../../base/errors.ts";
import { Scope } from "../../base/scope.ts";
import { AGENT_FLAGS, ConfigError, type FlagValues, loadConfig, type RuntimeConfig } from "../../config/index.ts";
import { consulVersion, type RunningAgent, StartEnded, type StopReason, startAgent, version } from "../../node/index.ts";
import { type RealPlatformOptions, realPlatform } from "../../platform/index.ts";
import { banner, suggestions } from "../agent-output.ts";
import type { Command, Terminal } from "../command.ts";
import type { FlagSpec, Flags } from "../flags.ts";
import { diskFiles, thisHost } from "../host.ts";
import { FileError, fileError } from "../input.ts";
import { LogOutput } from "../log-output.ts";

/** The flags of `agent` as the command line reads them; `validate` and the help take them from here too. */
export const AGENT_FLAG_SPECS: readonly FlagSpec[] = AGENT_FLAGS.map(({ name, kind, help }) => ({
  name,
  help,
  kind: kind === "pairs" ? ("strings" as const) : kind,
  value: kind === "pairs" ? "key:value" : "value",
  full: true,
  ...(name === "config-dir" ? { into: "config-file" } : {}),
}));

export const agent: Command = {
  usage: "agent [options]",
  help: "Starts an agent and runs until it is interrupted. A server keeps a copy of the store and takes part in its elections.",
  flags: AGENT_FLAG_SPECS,
  flagFault: (message) => `==> error parsing flags: ${message}`,
  run: runAgent,
};

async function runAgent(flags: Flags, terminal: Terminal): Promise<number> {
  if (flags.rest.length > 0) {
    terminal.error(`==> Unexpected extra arguments: [${flags.rest.join(" ")}]`);
    return 1;
  }
  const read = (): Promise<RuntimeConfig> => loadConfig({ flags: configFlags(flags), files: diskFiles, host: thisHost });
  let config: RuntimeConfig;
  try {
    config = await read();
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof FileError)) throw error;
    terminal.error(`==> ${error.message}`);
    return 1;
  }
  return serve({ config, read, terminal });
}

interface Serving {
  readonly config: RuntimeConfig;
  readonly read: () => Promise<RuntimeConfig>;
  readonly terminal: Terminal;
}

async function serve({ config, read, terminal }: Serving): Promise<number> {
  terminal.print("==> Starting Kvorum agent...");
  await using scope = new Scope((name, error) => terminal.error(`==> ${name}: ${messageOf(error)}`));
  const log = new LogOutput(terminal, config.log.file);
  scope.defer(() => log.close());
  const platform = realPlatform(scope, {
    log: { level: config.log.level, json: config.log.json, write: log.write },
    metrics: metricOptions(config),
  });
  for (const warning of config.warnings) platform.log.logger.warn(warning);
  let node: RunningAgent;
  try {
    node = scope.use(await startAgent({ config, platform, readConfig: read, dockerHost: terminal.env["DOCKER_HOST"] }));
    await writePid(config.pidFile, scope);
  } catch (error) {
    log.release();
    if (error instanceof StartEnded) return exitCode(error.reason, config);
    terminal.error(`==> Error starting agent: ${messageOf(error)}`);
    return 1;
  }
  terminal.print(banner(config, { version, compatVersion: consulVersion, nodeId: node.id }));
  terminal.print("==> Log data will now stream in as it occurs:\n");
  log.release();
  terminal.print("==> Kvorum agent running!");
  if (config.devMode && terminal.env["npm_lifecycle_event"] === "start") terminal.print(suggestions(node.httpAddresses[0] ?? "127.0.0.1:8500"));
  const reason = await node.stopped;
  platform.signals.onSignal(() => undefined); // what is left to do is done in no time, and must not be cut short
  return exitCode(reason, config);
}

function metricOptions({ telemetry }: RuntimeConfig): NonNullable<RealPlatformOptions["metrics"]> {
  const goElsewhere =
    [telemetry.statsdAddress, telemetry.dogstatsdAddress, telemetry.statsiteAddress].some((address) => address !== "") || telemetry.prometheusRetentionMs > 0;
  return {
    prefix: telemetry.metricsPrefix,
    // as in Consul, gauges bear the machine's name only where they go elsewhere, to be told apart there
    ...(telemetry.disableHostname || !goElsewhere ? {} : { hostName: hostname() }),
    rules: { passByDefault: telemetry.filterDefault, rules: telemetry.prefixFilter },
    targets: {
      statsdAddress: telemetry.statsdAddress,
      dogstatsdAddress: telemetry.dogstatsdAddress,
      dogstatsdTags: telemetry.dogstatsdTags,
      statsiteAddress: telemetry.statsiteAddress,
    },
  };
}

async function writePid(path: string, scope: Scope): Promise<void> {
  if (path === "") return;
  try {
    await writeFile(path, String(process.pid));
  } catch (error) {
    throw fileError(error, "open", path);
  }
  scope.defer(() => rm(path, { force: true }));
}

/** As Consul: 0 when the agent left, 1 when a signal ended it without leaving, or a fault did. */
function exitCode(reason: StopReason, config: RuntimeConfig): number {
  switch (reason) {
    case "asked":
    case "left":
      return 0;
    case "interrupt":
      return config.skipLeaveOnInterrupt ? 1 : 0;
    case "terminate":
      return config.leaveOnTerminate ? 0 : 1;
    default:
      return 1;
  }
}

/** Flags as the configuration room takes them. */
export function configFlags(flags: Flags): FlagValues {
  const values = new Map<string, string | number | boolean | readonly string[]>();
  for (const [name, value] of flags.values) if (typeof value !== "bigint") values.set(name, value);
  return values;
}
