import { formatDuration } from "../../base/duration.ts";
import { isJsonObject, type JsonObject, type JsonValue, writeJson } from "../../base/json.ts";
import { CLIENT_FLAGS, SERVER_FLAGS } from "../api-flags.ts";
import { asking, refused, told } from "../asking.ts";
import type { Command } from "../command.ts";
import type { FlagSpec, Flags } from "../flags.ts";

const PATH = "/v1/operator/autopilot/configuration";
const QUERY_FAULT = "Error querying Autopilot configuration";

/** Flag → member of the API's object, in the order in which they are shown. */
const SETTINGS: readonly { readonly member: string; readonly flag: FlagSpec }[] = [
  {
    member: "CleanupDeadServers",
    flag: full("cleanup-dead-servers", "boolValue", "true|false", "Whether dead servers are removed when there is a new one in their place."),
  },
  {
    member: "LastContactThreshold",
    flag: full("last-contact-threshold", "duration", "200ms", "How long a server may be without word from the leader and still be healthy."),
  },
  { member: "MaxTrailingLogs", flag: full("max-trailing-logs", "uint", "value", "How many entries a server may be behind the leader and still be healthy.") },
  { member: "MinQuorum", flag: full("min-quorum", "uint", "value", "Servers that must remain: fewer, and no dead one is removed.") },
  { member: "ServerStabilizationTime", flag: full("server-stabilization-time", "duration", "10s", "How long a new server must be healthy before it votes.") },
  { member: "RedundancyZoneTag", flag: full("redundancy-zone-tag", "string", "value", "Not here: of the enterprise product. Kept as given.") },
  {
    member: "DisableUpgradeMigration",
    flag: full("disable-upgrade-migration", "boolValue", "true|false", "Not here: of the enterprise product. Kept as given."),
  },
  { member: "UpgradeVersionTag", flag: full("upgrade-version-tag", "string", "value", "Not here: of the enterprise product. Kept as given.") },
];

function full(name: string, kind: FlagSpec["kind"], value: string, help: string): FlagSpec {
  return { name, kind, value, help, full: true };
}

export const getConfig: Command = {
  usage: "operator autopilot get-config [options]",
  help: "Shows autopilot's settings.",
  api: [...CLIENT_FLAGS, ...SERVER_FLAGS],
  run: (flags, terminal) =>
    asking({ flags, terminal, fault: QUERY_FAULT }, async (client) => {
      const config = await client.json("GET", PATH, { query: client.readQuery });
      for (const { member, flag } of SETTINGS) {
        const value = isJsonObject(config) ? config[member] : undefined;
        terminal.print(`${member} = ${flag.kind === "string" ? JSON.stringify(String(value ?? "")) : String(value ?? 0)}`);
      }
      return 0;
    }),
};

export const setConfig: Command = {
  usage: "operator autopilot set-config [options]",
  help: "Changes those of autopilot's settings that are given.",
  api: [...CLIENT_FLAGS, ...SERVER_FLAGS],
  flags: SETTINGS.map(({ flag }) => flag),
  run: (flags, terminal) =>
    asking({ flags, terminal, fault: QUERY_FAULT }, async (client) => {
      const config = await client.json("GET", PATH);
      if (!isJsonObject(config)) return refused(terminal, `${QUERY_FAULT}: not an object`);
      try {
        const answer = await client.ask("PUT", PATH, { query: { cas: String(config["ModifyIndex"] ?? 0) }, body: writeJson(changed(config, flags)) });
        if (!answer.body.toString().includes("true")) return refused(terminal, "Configuration could not be atomically updated, please try again");
      } catch (error) {
        return told(error, "Error setting Autopilot configuration", terminal);
      }
      terminal.print("Configuration updated!");
      return 0;
    }),
};

function changed(config: JsonObject, flags: Flags): JsonObject {
  const given = SETTINGS.flatMap(({ member, flag }): [string, JsonValue][] => {
    const value = flags.values.get(flag.name);
    if (value === undefined || typeof value === "object") return [];
    return [[member, typeof value === "bigint" ? (flag.kind === "duration" ? formatDuration(value) : Number(value)) : value]];
  });
  return { ...config, ...Object.fromEntries(given) };
}
