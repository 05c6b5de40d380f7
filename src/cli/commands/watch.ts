import { KvorumError } from "../../base/errors.ts";
import { indentJson, isJsonArray, isJsonObject, type JsonValue, writeJson } from "../../base/json.ts";
import { parseWholeJson } from "../../base/json-parse.ts";
import { type Client, KvClient, type KvPair } from "../../client/index.ts";
import { eventIndex } from "../../model/index.ts";
import { CLIENT_FLAGS, SERVER_FLAGS } from "../api-flags.ts";
import { asking, refused } from "../asking.ts";
import { startChild } from "../child.ts";
import { type Command, helpOf, type Terminal } from "../command.ts";
import type { FlagSpec, Flags } from "../flags.ts";
import { pause } from "../pause.ts";

const OTHER_TYPES = new Set(["services", "nodes", "service", "checks", "connect_roots", "connect_leaf", "agent_service"]);
/** Which flags say something for which type. */
const PARAMETERS: Readonly<Record<string, "key" | "prefix" | "name">> = { key: "key", keyprefix: "prefix", event: "name" };
const RETRY_BASE_MS = 5_000;
const RETRY_MAX_MS = 180_000;

const FLAGS: readonly FlagSpec[] = [
  { name: "key", kind: "string", help: "Key to watch, with -type=key." },
  { name: "name", kind: "string", help: "Event to watch, with -type=event." },
  { name: "passingonly", kind: "string", value: "true|false", help: "Only instances whose checks pass, with -type=service." },
  { name: "prefix", kind: "string", help: "Prefix to watch, with -type=keyprefix." },
  { name: "service", kind: "string", help: "Service to watch, with -type=service or -type=checks." },
  { name: "shell", kind: "bool", help: "Runs the command through a shell ($SHELL, else /bin/sh); so it is unless -shell=false." },
  { name: "state", kind: "string", help: "State to watch, with -type=checks." },
  { name: "tag", kind: "strings", help: "Tag of the service, with -type=service. May be given several times." },
  { name: "type", kind: "string", help: "What to watch: key, keyprefix or event. Others come later." },
];

export const watch: Command = {
  usage: "watch [options] [child...]",
  help: `Waits for changes of a key or of all keys under a prefix, or for events. A command that is given runs at each change and at the start; it reads the
new state as JSON from its standard input, and its index from CONSUL_INDEX. Without a command the state is printed once.

    $ kvorum watch -type=key -key=config/limit ./apply.sh`,
  api: [...CLIENT_FLAGS, ...SERVER_FLAGS],
  flags: FLAGS,
  async run(flags, terminal) {
    const fault = faultOf(flags);
    if (fault !== undefined) return refused(terminal, fault);
    return asking({ flags, terminal, fault: "Error querying Consul agent" }, async (client) => {
      await client.ask("GET", "/v1/agent/self");
      const stop = new AbortController();
      using _ = terminal.onInterrupt(() => stop.abort());
      if (flags.rest.length > 0) return await new Watching(client, flags, terminal).run(stop.signal);
      const { value } = await look(client, flags, {});
      terminal.print(indentJson(writeJson(value)));
      return 0;
    });
  },
};

function faultOf(flags: Flags): string | undefined {
  const type = flags.string("type");
  if (type === "") return `Watch type must be specified\n\n${helpOf(watch)}`;
  const parameter = PARAMETERS[type];
  if (parameter === undefined) return OTHER_TYPES.has(type) ? `Watch type ${type} is not there yet` : `Unsupported watch type: ${type}`;
  if (flags.string(parameter) === "" && type !== "event") return `Must specify a single ${parameter} to watch`;
  const foreign = ["key", "name", "passingonly", "prefix", "service", "state", "tag"].filter((name) => name !== parameter && flags.has(name));
  return foreign.length === 0 ? undefined : `Invalid parameters: [${foreign.join(" ")}]`;
}

interface Seen {
  readonly value: JsonValue;
  readonly index: string;
}

async function look(client: Client, flags: Flags, options: { readonly index?: string; readonly signal?: AbortSignal }): Promise<Seen> {
  if (flags.string("type") === "event") return lookAtEvents(client, flags, options);
  const kv = new KvClient(client);
  if (flags.string("type") === "key") {
    const { value, index } = await kv.get(flags.string("key"), options);
    return { value: value === undefined ? null : shown(value), index };
  }
  const { value, index } = await kv.list(flags.string("prefix"), options);
  return { value: value.length === 0 ? null : value.map(shown), index };
}

/** Events since those that were seen; all that are kept when none was, or when they are not kept any more. */
async function lookAtEvents(client: Client, flags: Flags, { index, signal }: { readonly index?: string; readonly signal?: AbortSignal }): Promise<Seen> {
  const query = { name: flags.string("name") || undefined, index };
  const { headers, body } = await client.ask("GET", "/v1/event/list", { query, ...(signal === undefined ? {} : { signal }) });
  const list = parseWholeJson(body.toString("utf8"));
  const events = isJsonArray(list) ? list : [];
  const known = events.findIndex((event) => isJsonObject(event) && String(eventIndex(String(event["ID"]))) === index);
  return { value: events.slice(known + 1), index: String(headers["x-consul-index"] ?? "0") };
}

/** An entry as handlers read it. The order of the members is that of Consul's client. */
function shown(pair: KvPair): JsonValue {
  return {
    Key: pair.key,
    CreateIndex: pair.createIndex,
    ModifyIndex: pair.modifyIndex,
    LockIndex: pair.lockIndex,
    Flags: pair.flags,
    Value: pair.value.length === 0 ? null : pair.value.toString("base64"),
    Session: pair.session,
  };
}

/** Blocking query after blocking query, and the handler at each change. */
class Watching {
  readonly #client: Client;
  readonly #flags: Flags;
  readonly #terminal: Terminal;

  constructor(client: Client, flags: Flags, terminal: Terminal) {
    this.#client = client;
    this.#flags = flags;
    this.#terminal = terminal;
  }

  async run(signal: AbortSignal): Promise<number> {
    let index: string | undefined;
    let last: string | undefined;
    let failures = 0;
    while (!signal.aborted) {
      let seen: Seen;
      try {
        seen = await look(this.#client, this.#flags, { signal, ...(index === undefined ? {} : { index }) });
      } catch (error) {
        if (signal.aborted) break;
        if (!(error instanceof KvorumError)) throw error;
        failures += 1;
        const waitMs = Math.min(RETRY_BASE_MS * failures * failures, RETRY_MAX_MS);
        this.#terminal.error(`[ERR] consul.watch: Watch (type: ${this.#flags.string("type")}) errored: ${error.message}, retry in ${waitMs / 1000}s`);
        await pause(waitMs, signal);
        continue;
      }
      failures = 0;
      if (seen.index === index) continue;
      // an index that went back is that of a restored store: begin anew; that of events has no order
      index = index !== undefined && this.#flags.string("type") !== "event" && BigInt(seen.index) < BigInt(index) ? "0" : seen.index;
      const text = writeJson(seen.value);
      if (text === last) continue;
      last = text;
      const code = await this.#handle(text, seen.index);
      if (code !== 0) return code;
    }
    return 0;
  }

  async #handle(json: string, index: string): Promise<number> {
    const { ended } = startChild({
      words: this.#flags.rest,
      shell: this.#flags.bool("shell", true),
      env: { ...this.#terminal.env, CONSUL_INDEX: index, KVORUM_INDEX: index },
      input: Buffer.from(`${json}\n`),
    });
    const end = await ended;
    if (end.kind === "done") return 0;
    return refused(this.#terminal, `Error ${end.kind === "failed" ? "executing" : "starting"} handler: ${end.why}`);
  }
}
