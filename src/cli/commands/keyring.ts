import { isJsonArray, isJsonObject, type JsonObject, type JsonValue, writeJson } from "../../base/json.ts";
import type { Client } from "../../client/index.ts";
import { CLIENT_FLAGS } from "../api-flags.ts";
import { asking, refused, told } from "../asking.ts";
import type { Command } from "../command.ts";
import type { Flags } from "../flags.ts";
import { refusedWithHelp } from "../usage-fault.ts";

const PATH = "/v1/operator/keyring";
const RELAY_MAX = 5;

interface Action {
  readonly flag: string;
  readonly says: string;
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Member of a listed pool that is printed. */
  readonly shows?: "Keys" | "PrimaryKeys";
}

const ACTIONS: readonly Action[] = [
  { flag: "list", says: "Gathering installed encryption keys...", method: "GET", shows: "Keys" },
  { flag: "list-primary", says: "Gathering installed primary encryption keys...", method: "GET", shows: "PrimaryKeys" },
  { flag: "install", says: "Installing new gossip encryption key...", method: "POST" },
  { flag: "use", says: "Changing primary gossip encryption key...", method: "PUT" },
  { flag: "remove", says: "Removing gossip encryption key...", method: "DELETE" },
];

export const keyring: Command = {
  usage: "keyring [options]",
  help: `Shows and changes the keys that gossip is encrypted with, on all members of the LAN and WAN pools at once. A change of key without
a gap: install the new one, use it, remove the old one.

Exit code 0 when every member answered and none refused, 1 otherwise.`,
  api: CLIENT_FLAGS,
  flags: [
    { name: "install", kind: "string", help: "Gives a key to all members." },
    { name: "list", kind: "bool", help: "Lists the keys, with how many members hold each." },
    { name: "list-primary", kind: "bool", help: "Lists the keys that are encrypted with, with how many members use each." },
    { name: "local-only", kind: "bool", help: "Asks only the members of this datacenter. For -list alone." },
    { name: "relay-factor", kind: "int", help: "How many other members pass each answer on, 0 to 5." },
    { name: "remove", kind: "string", help: "Takes a key away from all members. Not the one they encrypt with." },
    { name: "use", kind: "string", help: "Makes all members encrypt with this key, which they must hold." },
  ],
  async run(flags, terminal) {
    const asked = ACTIONS.filter(({ flag }) => flags.bool(flag) || flags.string(flag) !== "");
    const [action] = asked;
    if (action === undefined) return refusedWithHelp(terminal, keyring, "");
    if (asked.length > 1) return refused(terminal, "Only a single action is allowed");
    const relay = flags.int("relay-factor", 0);
    if (relay < 0 || relay > RELAY_MAX) return refused(terminal, `Error parsing relay factor: Relay factor must be in range: [0, ${RELAY_MAX}]`);
    if (flags.bool("local-only") && action.flag !== "list")
      return refused(terminal, "Error validating local-only: local-only can only be set for list requests");
    terminal.print(`==> ${action.says}`);
    return asking({ flags, terminal, fault: "error" }, async (client) => {
      try {
        const pools = await perform(client, action, flags);
        if (action.shows !== undefined) for (const pool of pools) terminal.print(poolText(pool, action.shows));
        return 0;
      } catch (error) {
        return told(error, "error", terminal);
      }
    });
  },
};

async function perform(client: Client, { flag, method, shows }: Action, flags: Flags): Promise<readonly JsonObject[]> {
  const relay = flags.int("relay-factor", 0);
  const query = { "relay-factor": relay === 0 ? undefined : relay, "local-only": flags.bool("local-only") ? "true" : undefined };
  if (shows === undefined) {
    await client.ask(method, PATH, { query, body: writeJson({ Key: flags.string(flag) }) });
    return [];
  }
  const pools: JsonValue = await client.json(method, PATH, { query });
  return isJsonArray(pools) ? pools.filter(isJsonObject) : [];
}

function poolText(pool: JsonObject, shows: "Keys" | "PrimaryKeys"): string {
  const segment = String(pool["Segment"] ?? "");
  const name = pool["WAN"] === true ? "WAN" : `${String(pool["Datacenter"])} (LAN)${segment === "" ? "" : ` [${segment}]`}`;
  const { Messages: messages, [shows]: keys } = pool;
  const said = Object.entries(isJsonObject(messages) ? messages : {}).map(([node, message]) => `  ===> ${node}: ${String(message)}`);
  const held = Object.entries(isJsonObject(keys) ? keys : {}).map(([key, count]) => `  ${key} [${String(count)}/${String(pool["NumNodes"])}]`);
  return ["", `${name}:`, ...said, ...held].join("\n");
}
