import { aborted } from "../../base/aborted.ts";
import { KvorumError } from "../../base/errors.ts";
import { type Client, KvClient } from "../../client/index.ts";
import { CLIENT_FLAGS, SERVER_FLAGS } from "../api-flags.ts";
import { asking, refused } from "../asking.ts";
import { type Child, type ChildEnd, startChild } from "../child.ts";
import type { Command, Terminal } from "../command.ts";
import type { FlagSpec, Flags } from "../flags.ts";
import type { Holder } from "../lock/holder.ts";
import { KeptSession } from "../lock/kept-session.ts";
import { Mutex } from "../lock/mutex.ts";
import { Semaphore } from "../lock/semaphore.ts";
import { pause } from "../pause.ts";

/** How long a child has between SIGTERM and SIGKILL. As Consul. */
const CHILD_GRACE_MS = 5_000;
const DEFAULT_MONITOR_RETRIES = 3;
const CHILD_FAILED = 2;
const NS_PER_MS = 1_000_000n;

const FLAGS: readonly FlagSpec[] = [
  { name: "child-exit-code", kind: "bool", help: "Ends with 2 when the command failed; otherwise with 0." },
  { name: "monitor-retry", kind: "int", help: "How many errors 500 in a row the watch over the lock bears, a second apart; 3 when not given. 0 for none." },
  { name: "n", kind: "int", help: "How many may hold it at a time; 1 (a lock) when not given, more make it a semaphore." },
  { name: "name", kind: "string", help: "Name of the session. Made of command and prefix when not given." },
  { name: "pass-stdin", kind: "bool", help: "Lets the command read standard input." },
  { name: "shell", kind: "bool", help: "Runs the command through a shell ($SHELL, else /bin/sh); so it is unless -shell=false." },
  { name: "timeout", kind: "duration", help: 'How long to wait for the lock, such as "1s" or "3h"; for ever when not given.' },
  { name: "try", kind: "duration", help: "Older name of -timeout." },
  { name: "verbose", kind: "bool", help: "Tells what it does." },
];

export const lock: Command = {
  usage: "lock [options] prefix child...",
  help: `Runs a command while holding a lock, or one of -n seats of a semaphore, under the prefix. When the lock is lost, the command
gets SIGTERM, and SIGKILL if it still runs five seconds later.

    $ kvorum lock jobs/cleanup ./cleanup.sh`,
  api: [...CLIENT_FLAGS, ...SERVER_FLAGS],
  flags: FLAGS,
  async run(flags, terminal) {
    const fault = faultOf(flags);
    if (fault !== undefined) return refused(terminal, fault);
    return asking({ flags, terminal, fault: "Error querying Consul agent" }, async (client) => {
      await client.ask("GET", "/v1/agent/self");
      return new LockRun(client, flags, terminal).run();
    });
  },
};

function faultOf(flags: Flags): string | undefined {
  if (flags.rest.length < 2) return "Key prefix and child command must be specified";
  if (flags.int("n", 1) < 1) return "Lock holder limit must be positive";
  if ((flags.big("timeout") ?? flags.big("try") ?? 0n) < 0n) return "Timeout must be positive";
  if (flags.int("monitor-retry", DEFAULT_MONITOR_RETRIES) < 0) return "Number for 'monitor-retry' must be >= 0";
  return undefined;
}

class LockRun {
  readonly #client: Client;
  readonly #flags: Flags;
  readonly #terminal: Terminal;
  readonly #prefix: string;
  readonly #words: readonly string[];
  /** The user wants to stop. */
  readonly #stop = new AbortController();

  constructor(client: Client, flags: Flags, terminal: Terminal) {
    this.#client = client;
    this.#flags = flags;
    this.#terminal = terminal;
    this.#prefix = (flags.rest[0] ?? "").replace(/^\//, "");
    this.#words = flags.rest.slice(1);
  }

  async run(): Promise<number> {
    using _ = this.#terminal.onInterrupt(() => this.#stop.abort());
    const limit = this.#flags.int("n", 1);
    const name = this.#flags.string("name", `Consul lock for '${this.#words.join(" ")}' at '${this.#prefix}'`);
    await using session = await KeptSession.create(this.#client, { name, behavior: limit === 1 ? "release" : "delete" });
    const options = { kv: new KvClient(this.#client), session, retries: this.#flags.int("monitor-retry", DEFAULT_MONITOR_RETRIES) };
    this.#tell(limit === 1 ? `Setting up lock at path: ${this.#prefix}/.lock` : `Setting up semaphore (limit ${limit}) at prefix: ${this.#prefix}`);
    const holder: Holder = limit === 1 ? new Mutex(`${this.#prefix}/.lock`, options) : new Semaphore(this.#prefix, limit, options);
    this.#tell("Attempting lock acquisition");
    try {
      if (!(await this.#acquire(holder))) return refused(this.#terminal, "Shutdown triggered or timeout during lock acquisition");
    } catch (error) {
      if (!(error instanceof KvorumError)) throw error;
      return refused(this.#terminal, `Lock acquisition failed: ${error.message}`);
    }
    const failed = await this.#runChild(holder, session.lost);
    const code = await this.#giveBack(holder);
    return code === 0 && failed && this.#flags.bool("child-exit-code") ? CHILD_FAILED : code;
  }

  async #acquire(holder: Holder): Promise<boolean> {
    const timeout = this.#flags.big("timeout") ?? this.#flags.big("try") ?? 0n;
    const signals = timeout === 0n ? [this.#stop.signal] : [this.#stop.signal, AbortSignal.timeout(Number(timeout / NS_PER_MS))];
    const signal = AbortSignal.any(signals);
    try {
      return await holder.acquire(signal);
    } catch (error) {
      if (signal.aborted) return false;
      throw error;
    }
  }

  /** Runs the command until it ends, the lock is lost or the user stops. True: it failed. */
  async #runChild(holder: Holder, sessionLost: AbortSignal): Promise<boolean> {
    this.#tell("Starting handler");
    const child = startChild({
      words: this.#words,
      shell: this.#flags.bool("shell", true),
      env: { ...this.#terminal.env, CONSUL_LOCK_HELD: "true", KVORUM_LOCK_HELD: "true" },
      input: this.#flags.bool("pass-stdin") ? "inherit" : "none",
    });
    const over = new AbortController();
    const lost = holder.lost(AbortSignal.any([over.signal, sessionLost])).then(() => "lost" as const);
    const stopped = aborted(this.#stop.signal).then(() => "stopped" as const);
    const first = await Promise.race([child.ended, lost, stopped]);
    const end = typeof first === "object" ? first : await this.#end(child, first);
    over.abort();
    if (end.kind === "done") return false;
    // of a command that we ended ourselves nothing need be said
    if (typeof first === "object") this.#terminal.error(`Error ${end.kind === "failed" ? "running" : "starting"} handler: ${end.why}`);
    return true;
  }

  async #end(child: Child, why: "lost" | "stopped"): Promise<ChildEnd> {
    this.#tell(why === "lost" ? "Lock lost, killing child" : "Shutdown triggered, killing child");
    child.kill("SIGTERM");
    const over = new AbortController();
    const late = pause(CHILD_GRACE_MS, over.signal).then(() => child.kill("SIGKILL"));
    const end = await child.ended;
    over.abort();
    await late;
    return end;
  }

  async #giveBack(holder: Holder): Promise<number> {
    this.#tell("Child terminated, releasing lock");
    try {
      await holder.release();
    } catch (error) {
      if (!(error instanceof KvorumError)) throw error;
      return refused(this.#terminal, `Lock release failed: ${error.message}`);
    }
    try {
      this.#tell((await holder.cleanup()) ? "Cleanup succeeded" : "Cleanup aborted, lock in use");
      return 0;
    } catch (error) {
      if (!(error instanceof KvorumError)) throw error;
      return refused(this.#terminal, `Lock cleanup failed: ${error.message}`);
    }
  }

  #tell(line: string): void {
    if (this.#flags.bool("verbose")) this.#terminal.print(line);
  }
}
