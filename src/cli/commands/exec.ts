import { durationToMs } from "../../base/duration.ts";
import { KvorumError, messageOf } from "../../base/errors.ts";
import { isJsonArray, isJsonObject, writeJson } from "../../base/json.ts";
import { type Client, KvClient } from "../../client/index.ts";
import { CLIENT_FLAGS, SERVER_FLAGS } from "../api-flags.ts";
import { asking, refused, told } from "../asking.ts";
import type { Command, Terminal } from "../command.ts";
import { JobProgress } from "../exec/progress.ts";
import { jobResults } from "../exec/results.ts";
import type { FlagSpec, Flags } from "../flags.ts";
import { KeptSession } from "../lock/kept-session.ts";
import { patternFault } from "../pattern-fault.ts";
import { pause } from "../pause.ts";
import { refusedWithHelp } from "../usage-fault.ts";

const NS_PER_MS = 1_000_000n;
const DEFAULT_WAIT_NS = 2_000n * NS_PER_MS;
const DEFAULT_REPLICATION_NS = 200n * NS_PER_MS;
/** Name of the event that agents listen for. */
const EVENT = "_rexec";

const FLAGS: readonly FlagSpec[] = [
  { name: "node", kind: "string", help: "Regular expression: only nodes with such a name." },
  { name: "prefix", kind: "string", help: "Prefix of the keys by which job and answers travel; _rexec when not given." },
  { name: "service", kind: "string", help: "Regular expression: only nodes with such a service." },
  { name: "shell", kind: "bool", help: "Runs the command through a shell on each node; so it is unless -shell=false." },
  { name: "tag", kind: "string", help: "Regular expression: only nodes whose service has such a tag. Needs -service." },
  { name: "verbose", kind: "bool", help: "Tells what it does, and when nodes take the job and show that they live." },
  { name: "wait", kind: "duration", help: "How long nothing may be heard before it counts as over; twice that while nodes are at work. 2s when not given." },
  { name: "wait-repl", kind: "duration", help: "How long the job has to reach all servers before the nodes are told of it. 200ms when not given." },
];

export const exec: Command = {
  usage: "exec [options] [-|command...]",
  help: `Runs a command on nodes whose agents allow it (disable_remote_exec = false), and prints what it prints there. The job lies in the store,
a user event tells the agents of it, and their answers come back through the store. With - the command is a script, read from standard input.

    $ kvorum exec uptime
    $ kvorum exec -service=web -wait=10s 'systemctl restart web && echo done'

Exit code 2 when the command failed on a node, or a node that took it did not finish.`,
  api: [...CLIENT_FLAGS, ...SERVER_FLAGS],
  flags: FLAGS,
  async run(flags, terminal) {
    const job = await jobOf(flags, terminal);
    if (typeof job === "number") return job;
    return asking({ flags, terminal, fault: "Error querying Consul agent" }, async (client) => {
      const self = await client.json("GET", "/v1/agent/self");
      return new ExecRun(client, { flags, terminal, job, self: configOf(self) }).run();
    });
  },
};

/** What the agents are to do; Wait in nanoseconds. */
interface Job {
  readonly Command: string;
  readonly Args: readonly string[] | null;
  readonly Script: string | null;
  readonly Wait: bigint;
}

/** The job that flags and standard input describe, or an exit code when they cannot be meant, which is told. */
async function jobOf(flags: Flags, terminal: Terminal): Promise<Job | number> {
  const shell = flags.bool("shell", true);
  const line = flags.rest.join(" ");
  const fromInput = line === "-";
  if (fromInput && !shell) return refused(terminal, "Cannot configure -shell=false when reading from stdin");
  const script = fromInput ? await terminal.input() : Buffer.alloc(0);
  if (line === "" || (fromInput && script.length === 0)) return refusedWithHelp(terminal, exec, "Must specify a command to execute");
  const fault = patternFault(flags);
  if (fault !== undefined) return refused(terminal, fault);
  return {
    Command: shell && !fromInput ? line : "",
    Args: shell ? null : flags.rest,
    Script: fromInput ? script.toString("base64") : null,
    Wait: flags.big("wait") ?? DEFAULT_WAIT_NS,
  };
}

interface Asked {
  readonly flags: Flags;
  readonly terminal: Terminal;
  readonly job: Job;
  /** The agent that is asked. */
  readonly self: { readonly node: string; readonly datacenter: string };
}

class ExecRun {
  readonly #client: Client;
  readonly #asked: Asked;
  readonly #kv: KvClient;
  readonly #stop = new AbortController();

  constructor(client: Client, asked: Asked) {
    this.#client = client;
    this.#asked = asked;
    this.#kv = new KvClient(client);
  }

  async run(): Promise<number> {
    const { terminal } = this.#asked;
    using _ = terminal.onInterrupt(() => this.#stop.abort());
    let session: KeptSession;
    try {
      session = await this.#session();
    } catch (error) {
      return told(error, "Failed to create session", terminal);
    }
    await using kept = session;
    this.#tell(`Created remote execution session: ${kept.id}`);
    return await this.#withSession(kept.id);
  }

  async #withSession(session: string): Promise<number> {
    const { terminal, flags } = this.#asked;
    const place = joined(flags.string("prefix", EVENT), session);
    try {
      const put = await this.#kv.put(`${place}/job`, writeJson({ ...this.#asked.job }), { acquire: session });
      if (!put) return refused(terminal, "Failed to create job file: could not be locked");
    } catch (error) {
      return told(error, "Failed to create job file", terminal);
    }
    this.#tell("Uploaded remote execution spec");
    try {
      await pause(durationToMs(flags.big("wait-repl") ?? DEFAULT_REPLICATION_NS), this.#stop.signal);
      if (this.#stop.signal.aborted) return 1;
      this.#tell(`Fired remote execution event: ${await this.#fire(session)}`);
    } catch (error) {
      return told(error, "Failed to fire event", terminal);
    }
    try {
      return await this.#waitForJob(place);
    } finally {
      await this.#kv.delete(`${place}`, { recurse: true }).catch(messageOf); // the end of the session takes what is left
    }
  }

  /** In another datacenter the session needs a node there, and its TTL alone keeps it. */
  async #session(): Promise<KeptSession> {
    const { flags, terminal, self } = this.#asked;
    const datacenter = flags.string("datacenter");
    if (datacenter === "" || datacenter === self.datacenter) return KeptSession.create(this.#client, { name: "Remote Exec", behavior: "delete" });
    const node = await serverIn(this.#client);
    terminal.print("Remote exec in foreign datacenter, using Session TTL");
    return KeptSession.create(this.#client, { name: `Remote Exec via ${self.node}@${self.datacenter}`, behavior: "delete", node, checks: [] });
  }

  async #fire(session: string): Promise<string> {
    const { flags } = this.#asked;
    const query = Object.fromEntries(["node", "service", "tag"].map((filter) => [filter, flags.string(filter) || undefined]));
    const body = writeJson({ Prefix: flags.string("prefix", EVENT), Session: session });
    const fired = await this.#client.json("PUT", `/v1/event/fire/${EVENT}`, { query, body });
    return isJsonObject(fired) ? String(fired["ID"]) : "";
  }

  async #waitForJob(place: string): Promise<number> {
    const { terminal, flags, job } = this.#asked;
    const progress = new JobProgress({ terminal, verbose: flags.bool("verbose"), waitMs: durationToMs(job.Wait) });
    const over = new AbortController();
    const results = jobResults(this.#kv, { folder: `${place}/`, waitMs: durationToMs(job.Wait), signal: AbortSignal.any([over.signal, this.#stop.signal]) });
    try {
      return await progress.follow(results, this.#stop.signal);
    } catch (error) {
      if (this.#stop.signal.aborted) return 1;
      return told(error, "Failed to read results", terminal);
    } finally {
      over.abort();
    }
  }

  #tell(line: string): void {
    if (this.#asked.flags.bool("verbose")) this.#asked.terminal.print(line);
  }
}

function configOf(self: unknown): Asked["self"] {
  const config = typeof self === "object" && self !== null && "Config" in self ? self.Config : undefined;
  const { NodeName: node = "", Datacenter: datacenter = "" } = typeof config === "object" && config !== null ? (config as Record<string, unknown>) : {};
  return { node: String(node), datacenter: String(datacenter) };
}

async function serverIn(client: Client): Promise<string> {
  try {
    const servers = await client.json("GET", "/v1/health/service/consul", { query: { passing: "1" } });
    const [first] = isJsonArray(servers) ? servers : [];
    const node = isJsonObject(first) && isJsonObject(first["Node"]) ? first["Node"]["Node"] : undefined;
    if (typeof node !== "string") throw new KvorumError("internal", "No Consul servers in remote datacenter");
    return node;
  } catch (error) {
    if (!(error instanceof KvorumError)) throw error;
    throw new KvorumError(error.code, `Failed to find Consul server in remote datacenter: ${error.message}`, { cause: error });
  }
}

/** As Go joins paths: no slash twice. */
function joined(prefix: string, name: string): string {
  return `${prefix}/${name}`.replace(/\/+/g, "/");
}
