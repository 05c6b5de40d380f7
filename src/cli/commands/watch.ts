import { aborted } from "../../base/aborted.ts";
import { indentJson } from "../../base/json.ts";
import { readBlocking } from "../../client/index.ts";
import { type Change, isConnect, nothingLeft, Parameters, runWatch, takeCommon, takePlan, WatchCore, WatchFault, type WatchPlan } from "../../watch/index.ts";
import { CLIENT_FLAGS, SERVER_FLAGS } from "../api-flags.ts";
import { asking, refused } from "../asking.ts";
import { startChild } from "../child.ts";
import { type Command, helpOf, type Terminal } from "../command.ts";
import { type FlagSpec, type Flags, flagTruth } from "../flags.ts";
import { pause } from "../pause.ts";

const FLAGS: readonly FlagSpec[] = [
  { name: "key", kind: "string", help: "Key to watch, with -type=key." },
  { name: "name", kind: "string", help: "Event to watch, with -type=event; all when not given." },
  { name: "passingonly", kind: "string", value: "[true|false]", help: "Only instances whose checks pass, with -type=service." },
  { name: "prefix", kind: "string", help: "Prefix to watch, with -type=keyprefix." },
  { name: "service", kind: "string", help: "Service to watch, with -type=service or -type=checks." },
  { name: "shell", kind: "bool", help: "Runs the command through a shell ($SHELL, else /bin/sh); so it is unless -shell=false." },
  { name: "state", kind: "string", help: "State of checks to watch, with -type=checks; all when not given." },
  { name: "tag", kind: "strings", help: "Tag of the service, with -type=service. May be given several times." },
  { name: "type", kind: "string", help: "What to watch: key, keyprefix, services, nodes, service, checks or event." },
];

export const watch: Command = {
  usage: "watch [options] [child...]",
  help: `Waits for changes of what an agent shows: a key, the keys under a prefix, services, nodes, the instances of a service, checks, events.
A command that is given runs at the start and at each change; it reads the new state as JSON from its standard input, and its index from
CONSUL_INDEX. Without a command the state is printed once.

    $ kvorum watch -type=key -key=config/limit ./apply.sh
    $ kvorum watch -type=service -service=web -passingonly=true`,
  api: [...CLIENT_FLAGS, ...SERVER_FLAGS],
  flags: FLAGS,
  async run(flags, terminal) {
    const plan = planOf(flags);
    if (typeof plan === "string") return refused(terminal, plan);
    return asking({ flags, terminal, fault: "Error querying Consul agent" }, async (client) => {
      await client.ask("GET", "/v1/agent/self");
      const stop = new AbortController();
      using _ = terminal.onInterrupt(() => stop.abort());
      let code = 0;
      const core = new WatchCore({ plan, digest: (text) => text, seen: undefined, fireAtStart: true });
      await runWatch(
        core,
        plan.question,
        {
          ask: (question, options) => readBlocking(client, question, options),
          handle: async (change, signal) => {
            const fault = flags.rest.length === 0 ? shown(change, terminal) : await ran(change, { flags, terminal, signal });
            if (fault !== undefined) code = refused(terminal, fault);
            return fault === undefined && flags.rest.length > 0;
          },
          remember: async () => undefined,
          pause,
          failed: ({ message }, againInMs) => terminal.error(`[ERROR] watch: Watch errored: type=${plan.type} error="${message}" retry=${againInMs / 1000}s`),
        },
        stop.signal,
      );
      return code;
    });
  },
};

/** What to watch, or what is wrong with the flags. */
function planOf(flags: Flags): WatchPlan | string {
  const passing = flags.string("passingonly");
  const truth = passing === "" ? undefined : flagTruth(passing);
  if (passing !== "" && truth === undefined) return `Failed to parse passingonly flag: strconv.ParseBool: parsing ${JSON.stringify(passing)}: invalid syntax`;
  const given = (name: string): string | undefined => flags.string(name) || undefined;
  const from = new Parameters({
    ...Object.fromEntries(["type", "datacenter", "key", "name", "prefix", "service", "state"].map((name) => [name, given(name)])),
    tag: flags.has("tag") ? flags.strings("tag") : undefined,
    stale: flags.bool("stale") || undefined,
    passingonly: truth,
  });
  try {
    const common = takeCommon(from);
    if (isConnect(common.type) || common.type === "agent_service") return `Type ${common.type} is not supported in the CLI tool`;
    const plan = takePlan(from, common);
    nothingLeft(from);
    return plan;
  } catch (error) {
    if (!(error instanceof WatchFault)) throw error;
    return from.has("type") || flags.string("type") !== "" ? error.message : `${error.message}\n\n${helpOf(watch).trimEnd()}`;
  }
}

function shown({ text }: Change, terminal: Terminal): undefined {
  terminal.print(indentJson(text));
}

/** Runs the command to its end; gives what went wrong. When the user stops, it is asked to end and not waited for. */
async function ran(
  { text, index }: Change,
  { flags, terminal, signal }: { readonly flags: Flags; readonly terminal: Terminal; readonly signal: AbortSignal },
): Promise<string | undefined> {
  const child = startChild({
    words: flags.rest,
    shell: flags.bool("shell", true),
    env: { ...terminal.env, CONSUL_INDEX: index, KVORUM_INDEX: index },
    input: Buffer.from(`${text}\n`),
  });
  const end = await Promise.race([child.ended, aborted(signal)]);
  if (end === undefined) child.kill("SIGTERM");
  if (end === undefined || end.kind === "done") return undefined;
  return `Error ${end.kind === "failed" ? "executing" : "starting"} handler: ${end.why}`;
}
