import { mkdir, rm, stat } from "node:fs/promises";
import { basename } from "node:path";
import { durationToMs, formatDuration, type Nanoseconds } from "../../base/duration.ts";
import { KvorumError, messageOf } from "../../base/errors.ts";
import { isJsonObject, type JsonValue, writeJson } from "../../base/json.ts";
import type { Client } from "../../client/index.ts";
import { CLIENT_FLAGS } from "../api-flags.ts";
import { asking, refused } from "../asking.ts";
import type { Command, Terminal } from "../command.ts";
import { archiveFolder } from "../debug/archive.ts";
import { Capture, isTarget, TARGETS, type Target } from "../debug/capture.ts";
import type { Flags } from "../flags.ts";
import { FileError, fileError } from "../input.ts";

const NS_PER_S = 1_000_000_000n;
const DEFAULT_DURATION: Nanoseconds = 120n * NS_PER_S;
const DEFAULT_INTERVAL: Nanoseconds = 30n * NS_PER_S;
const DURATION_MIN: Nanoseconds = 10n * NS_PER_S;
const INTERVAL_MIN: Nanoseconds = 5n * NS_PER_S;
/** Version of the layout of a capture. */
const FORMAT = 1;

export const debug: Command = {
  usage: "debug [options]",
  help: `Records what an agent does for a while, for whoever looks for a fault: its own view of itself, its machine, its members, its metrics and its log,
as one archive. What was recorded is kept when it is interrupted.

    $ kvorum debug
    $ kvorum debug -duration=1m -interval=20s -capture=metrics -capture=logs

The archive may hold what is not meant for everybody: look at it before you pass it on.`,
  api: CLIENT_FLAGS,
  flags: [
    { name: "archive", kind: "bool", help: "Makes one compressed archive of it; so it is unless -archive=false, which leaves a folder." },
    {
      name: "capture",
      kind: "strings",
      help: `What to record: ${TARGETS.join(", ")}; all when not given. May be given several times. Profiles (pprof) need an agent with enable_debug.`,
    },
    { name: "duration", kind: "duration", help: "How long to record; 2m0s when not given, 10s at least." },
    { name: "interval", kind: "duration", help: "How often metrics and log are written down; 30s when not given, 5s at least." },
    { name: "output", kind: "string", help: "Where to, without the ending of an archive; consul-debug and the time when not given." },
  ],
  async run(flags, terminal) {
    if (flags.rest.length > 0) return refused(terminal, `==> debug: Too many arguments provided, expected 0`);
    const { realClock } = await import("../../platform/index.ts");
    const output = flags.string("output", `consul-debug-${Math.trunc(realClock.wall() / 1_000)}`);
    return asking({ flags, terminal, fault: "==> Debugging failed" }, async (client) => {
      try {
        const { targets, agentVersion } = await prepared(client, flags, output, terminal);
        return await record(client, { flags, terminal, output, targets, agentVersion });
      } catch (error) {
        if (!(error instanceof CaptureFault)) throw error;
        return refused(terminal, `==> Capture validation failed: ${error.message}`);
      }
    });
  },
};

/** A capture that cannot begin. The texts are Consul's. */
class CaptureFault extends Error {
  override readonly name = "CaptureFault";
}

interface Prepared {
  readonly targets: readonly Target[];
  readonly agentVersion: string;
}

async function prepared(client: Client, flags: Flags, output: string, terminal: Terminal): Promise<Prepared> {
  const { duration, interval } = times(flags);
  if (duration < DURATION_MIN) throw new CaptureFault(`duration must be longer than ${formatDuration(DURATION_MIN)}`);
  if (interval < INTERVAL_MIN) throw new CaptureFault(`interval must be longer than ${formatDuration(DURATION_MIN)}`);
  if (duration < interval) throw new CaptureFault(`duration (${formatDuration(duration)}) must be longer than interval (${formatDuration(interval)})`);
  let self: JsonValue;
  try {
    self = await client.json("GET", "/v1/agent/self");
  } catch (error) {
    if (!(error instanceof KvorumError)) throw error;
    throw new CaptureFault(`error querying target agent: ${error.message}. verify connectivity and agent address`, { cause: error });
  }
  const wished = flags.has("capture") ? flags.strings("capture") : TARGETS;
  const unknown = wished.find((target) => !isTarget(target));
  if (unknown !== undefined) throw new CaptureFault(`target not found: ${unknown}`);
  const profiles = sectionOf(self, "DebugConfig")["EnableDebug"] === true;
  if (!profiles && wished.includes("pprof"))
    terminal.error("==> [WARN] Unable to capture pprof. Set enable_debug to true on target agent to enable profiling.");
  await makeFolder(output);
  return {
    targets: wished.filter(isTarget).filter((target) => target !== "pprof" || profiles),
    agentVersion: String(sectionOf(self, "Config")["Version"] ?? ""),
  };
}

async function makeFolder(output: string): Promise<void> {
  const there = await stat(output).then(
    () => true,
    () => false,
  );
  if (there) throw new CaptureFault(`output directory already exists: ${output}`);
  // one by one: a recursive mkdir of Node's does not come back from folders that take none, such as /proc
  for (const [at, slash] of [...output].entries()) if (slash === "/" && at > 0) await makeOne(output.slice(0, at));
  await makeOne(output);
}

async function makeOne(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return;
    throw new CaptureFault(`could not create output directory: ${fileError(error, "mkdir", path).message}`, { cause: error });
  }
}

async function record(
  client: Client,
  { flags, terminal, output, targets, agentVersion }: Prepared & { readonly flags: Flags; readonly terminal: Terminal; readonly output: string },
): Promise<number> {
  const { duration, interval } = times(flags);
  const archive = flags.bool("archive", true);
  const result = archive ? `${output}.tar.gz` : output;
  terminal.print("==> Starting debugger and capturing static information...");
  const facts = {
    "Agent Version": `'${agentVersion}'`,
    Interval: quoted(interval),
    Duration: quoted(duration),
    Output: `'${result}'`,
    Capture: `'${targets.join(", ")}'`,
  };
  for (const [name, value] of Object.entries(facts)) terminal.print(`${name.padStart(18)}: ${value}`);
  const stop = new AbortController();
  using _ = terminal.onInterrupt(() => stop.abort());
  const capture = new Capture({
    client,
    terminal,
    folder: output,
    targets,
    durationMs: durationToMs(duration),
    intervalMs: durationToMs(interval),
    signal: stop.signal,
  });
  try {
    await capture.still();
    await capture.moving();
    if (stop.signal.aborted) terminal.error("==> Error encountered during collection: stopping collection due to shutdown signal");
    const index = { Version: FORMAT, AgentVersion: agentVersion, Interval: formatDuration(interval), Duration: formatDuration(duration), Targets: targets };
    await capture.write("index.json", writeJson(index));
    if (archive) {
      await archiveFolder(output, result, basename(output));
      await rm(output, { recursive: true });
    }
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return refused(terminal, `==> Archive creation failed: ${messageOf(error)}`);
  }
  terminal.print(`    Saved debug ${archive ? "archive" : "directory"}: ${result}`);
  return 0;
}

function times(flags: Flags): { readonly duration: Nanoseconds; readonly interval: Nanoseconds } {
  return { duration: flags.big("duration") ?? DEFAULT_DURATION, interval: flags.big("interval") ?? DEFAULT_INTERVAL };
}

function quoted(duration: Nanoseconds): string {
  return `'${formatDuration(duration)}'`;
}

function sectionOf(self: JsonValue, name: string): { readonly [name: string]: JsonValue | undefined } {
  const section = isJsonObject(self) ? self[name] : undefined;
  return isJsonObject(section) ? section : {};
}
