import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from "../../base/json.ts";
import { LinearPattern } from "../../base/linear-pattern.ts";
import { CLIENT_FLAGS } from "../api-flags.ts";
import { asking, refused } from "../asking.ts";
import type { Command } from "../command.ts";
import { columns } from "../table.ts";

interface Member {
  readonly name: string;
  readonly address: string;
  readonly status: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly segment: string;
}

const STATUSES = ["none", "alive", "leaving", "left", "failed"];
const NO_MATCH = 2;
const ALL_SEGMENTS = "_all";

export const members: Command = {
  usage: "members [options]",
  help: "Lists the members that an agent knows. Exit code 2 when none matches.",
  api: CLIENT_FLAGS,
  flags: [
    { name: "detailed", kind: "bool", help: "Prints the tags of each member." },
    { name: "segment", kind: "string", help: "Not here: network segment to list (of the enterprise product)." },
    { name: "status", kind: "string", help: "Regular expression that the status must match." },
    { name: "wan", kind: "bool", help: "Lists the servers of all datacenters, when asked of a server." },
  ],
  run: (flags, terminal) => {
    const status = flags.string("status", ".*");
    const pattern = LinearPattern.parse(status);
    if (pattern === undefined) return Promise.resolve(refused(terminal, `Failed to compile status regexp: ${LinearPattern.fault(status) ?? ""}`));
    const segment = flags.string("segment", ALL_SEGMENTS);
    return asking({ flags, terminal, fault: "Error retrieving members" }, async (client) => {
      const query = { segment, ...(flags.bool("wan") ? { wan: 1 } : {}) };
      const answer = await client.json("GET", "/v1/agent/members", { query });
      const all = (isJsonArray(answer) ? answer : []).flatMap((item) => (isJsonObject(item) ? [memberOf(item, segment)] : []));
      const found = all.filter((member) => pattern.test(member.status)).sort(bySegmentAndName);
      if (found.length === 0) return NO_MATCH;
      terminal.print(flags.bool("detailed") ? detailed(found) : standard(found));
      return 0;
    });
  },
};

function memberOf(item: JsonObject, segment: string): Member {
  const rawTags = item["Tags"];
  const tags = Object.fromEntries(Object.entries(isJsonObject(rawTags) ? rawTags : {}).map(([name, value]) => [name, String(value)]));
  return {
    name: text(item["Name"]),
    address: hostPort(text(item["Addr"]), Number(item["Port"] ?? 0)),
    status: STATUSES[Number(item["Status"] ?? 0)] ?? "unknown",
    tags,
    segment: tags["role"] === "consul" && segment === ALL_SEGMENTS ? "<all>" : (tags["segment"] ?? "") === "" ? "<default>" : (tags["segment"] ?? ""),
  };
}

function standard(list: readonly Member[]): string {
  const rows = list.map(({ name, address, status, tags, segment }) => [
    name,
    address,
    status,
    tags["role"] === "consul" ? "server" : tags["role"] === "node" ? "client" : "unknown",
    (tags["build"] ?? "").split(":")[0] ?? "",
    tags["vsn"] ?? "",
    tags["dc"] ?? "",
    segment,
  ]);
  return columns([["Node", "Address", "Status", "Type", "Build", "Protocol", "DC", "Segment"], ...rows]);
}

function detailed(list: readonly Member[]): string {
  const rows = list.map(({ name, address, status, tags, segment }) => {
    const shown = Object.entries({ ...tags, segment })
      .map(([key, value]) => `${key}=${value}`)
      .sort();
    return [name, address, status, shown.join(",")];
  });
  return columns([["Node", "Address", "Status", "Tags"], ...rows]);
}

function bySegmentAndName(a: Member, b: Member): number {
  if (a.segment !== b.segment) return a.segment < b.segment ? -1 : 1;
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

function text(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : "";
}

function hostPort(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
