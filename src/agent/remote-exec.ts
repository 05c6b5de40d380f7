import { posix } from "node:path";
import { byteStringToUtf8, utf8ToByteString } from "../base/byte-string.ts";
import { KvorumError, messageOf } from "../base/errors.ts";
import { isJsonArray, isJsonObject, type JsonObject } from "../base/json.ts";
import { parseWholeJson } from "../base/json-parse.ts";
import { Scope } from "../base/scope.ts";
import type { Backend, Consistency } from "../model/index.ts";
import type { Clock, Logger, Processes } from "../platform/index.ts";
import { REMOTE_EXEC_NO_CODE, REMOTE_EXEC_WAIT_MAX_MS, REMOTE_EXEC_WAIT_MIN_MS, REMOTE_EXECS_AT_ONCE } from "./limits.ts";
import { RemoteOutput } from "./remote-output.ts";

/** Name of the user event by which agents are asked to run something. Consul's. */
export const REMOTE_EXEC_EVENT = "_rexec";

export interface RemoteExecOptions {
  readonly nodeName: string;
  readonly backend: Pick<Backend, "call">;
  readonly clock: Clock;
  /** Missing where the platform has none: what is asked for then ends with a code that says it was not run. */
  readonly processes: Processes | undefined;
  readonly logger: Logger;
}

/** Where a job lies and where its answers go: below `prefix/session`. */
interface Place {
  readonly prefix: string;
  readonly session: string;
}

interface Job {
  readonly command: string;
  readonly args: readonly string[];
  readonly script: Uint8Array;
  /** Without output for so long, a sign of life is sent. */
  readonly waitMs: number;
}

/**
 * Runs what `exec` asks for on this node: an event names a prefix and a session, the job lies in the store there, and acknowledgement, output and exit
 * code go back as keys that the session holds, so that all of it goes with the session. Consul docs, exec; the keys are Consul's.
 */
export class RemoteExec implements AsyncDisposable {
  readonly #with: RemoteExecOptions;
  readonly #scope: Scope;
  /** Ends each program that runs; a set of our own, since listeners on one signal are dear. */
  readonly #stops = new Set<() => void>();
  #running = 0;

  constructor(options: RemoteExecOptions) {
    this.#with = options;
    this.#scope = new Scope((_name, error) => options.logger.error("Remote exec failed", { error: messageOf(error) }));
  }

  /** Takes what came with the event. What cannot be read, or is too much at once, is told in the log. */
  take({ id, payload }: { readonly id: string; readonly payload: Uint8Array }): void {
    const { logger } = this.#with;
    const place = placeOf(payload);
    if (place === undefined) return logger.error("Cannot read a remote exec event", { id });
    if (this.#running >= REMOTE_EXECS_AT_ONCE) return logger.warn("Too many remote execs at once: this one is not run", { id });
    this.#running += 1;
    this.#scope.spawn(`remote exec ${id}`, async (signal) => {
      try {
        await this.#run(place, signal);
      } catch (error) {
        if (!(error instanceof KvorumError)) throw error;
        logger.error("Remote exec failed", { id, error: error.message });
      } finally {
        this.#running -= 1;
      }
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    for (const stop of this.#stops) stop();
    return this.#scope[Symbol.asyncDispose]();
  }

  async #run(place: Place, signal: AbortSignal): Promise<void> {
    const { logger } = this.#with;
    const job = await this.#job(place);
    if (job === undefined) return logger.error("There is no job for a remote exec event, or none that can be read", { session: place.session });
    if (!(await this.#write(place, "ack", Buffer.alloc(0)))) return;
    logger.debug("Remote exec begins", { session: place.session });
    const code = await this.#execute(place, job, signal);
    if (!signal.aborted) await this.#write(place, "exit", Buffer.from(String(code)));
  }

  /** Any server's copy will do, since the asker waits a little before the event; the leader's when it is not there yet. */
  async #job(place: Place): Promise<Job | undefined> {
    const key = utf8ToByteString(posix.join(place.prefix, place.session, "job"));
    for (const consistency of ["stale", "default"] satisfies Consistency[]) {
      const options = { datacenter: "", token: "", consistency, maxStaleMs: undefined, minIndex: 0, maxWaitMs: 0, filter: "" };
      const { value } = await this.#with.backend.call("KV.Get", { key, options });
      if (value !== undefined) return jobOf(byteStringToUtf8(value.value));
    }
    return undefined;
  }

  /** Runs it and sends its output as it comes; gives the exit code. */
  async #execute(place: Place, job: Job, agentStops: AbortSignal): Promise<number> {
    const { processes, clock } = this.#with;
    if (processes === undefined) return REMOTE_EXEC_NO_CODE;
    const end = new AbortController();
    const stop = (): void => end.abort();
    this.#stops.add(stop);
    if (agentStops.aborted) stop();
    const output = new RemoteOutput(clock, job.waitMs);
    try {
      await using script = job.script.length === 0 ? undefined : await processes.scriptFile(job.script);
      const command = job.args.length > 0 ? job.args : processes.shell(script?.path ?? job.command);
      const ended = processes
        .run({ command, timeoutMs: undefined, keepBytes: 0, signal: end.signal, onOutput: (chunk) => output.add(chunk) })
        .finally(() => output.end());
      const sent = this.#send(place, output).catch((error: unknown) => {
        stop();
        throw error;
      });
      const [outcome, allSent] = await Promise.allSettled([ended, sent]);
      if (allSent.status === "rejected") throw allSent.reason;
      if (outcome.status === "rejected") return REMOTE_EXEC_NO_CODE;
      return outcome.value.exitCode ?? -1;
    } finally {
      this.#stops.delete(stop);
      output.end();
    }
  }

  /** Rejects with `unavailable` when the asker's session is gone: then nobody reads on. */
  async #send(place: Place, output: RemoteOutput): Promise<void> {
    for (let number = 0; ; number++) {
      const chunk = await output.next();
      if (chunk === undefined) return;
      const key = `out/${number.toString(16).padStart(5, "0")}`;
      if (!(await this.#write(place, key, chunk))) throw new KvorumError("unavailable", "The asker of a remote exec has gone");
    }
  }

  async #write({ prefix, session }: Place, name: string, value: Uint8Array): Promise<boolean> {
    const key = utf8ToByteString(posix.join(prefix, session, this.#with.nodeName, name));
    return this.#with.backend.call("KV.Apply", { write: { verb: "lock", key, value, flags: 0n, session }, options: { datacenter: "", token: "" } });
  }
}

function placeOf(payload: Uint8Array): Place | undefined {
  const event = objectOf(Buffer.from(payload).toString("utf8"));
  const { Prefix: prefix, Session: session } = event ?? {};
  return typeof prefix === "string" && typeof session === "string" && session !== "" ? { prefix, session } : undefined;
}

function jobOf(text: string): Job | undefined {
  const spec = objectOf(text);
  if (spec === undefined) return undefined;
  const { Command: command, Args: args, Script: script, Wait: waitNs } = spec;
  const words = isJsonArray(args) ? args : [];
  if (!words.every((word) => typeof word === "string")) return undefined;
  const waitMs = Number(waitNs ?? 0) / 1e6;
  return {
    command: typeof command === "string" ? command : "",
    args: words,
    script: typeof script === "string" ? Buffer.from(script, "base64") : new Uint8Array(),
    waitMs: Math.min(Math.max(waitMs || 0, REMOTE_EXEC_WAIT_MIN_MS), REMOTE_EXEC_WAIT_MAX_MS),
  };
}

function objectOf(text: string): JsonObject | undefined {
  try {
    const value = parseWholeJson(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined; // told by whoever asked
  }
}
