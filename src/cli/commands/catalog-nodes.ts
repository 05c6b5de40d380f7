import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from "../../base/json.ts";
import { CLIENT_FLAGS, SERVER_FLAGS } from "../api-flags.ts";
import { asking } from "../asking.ts";
import type { Command, Terminal } from "../command.ts";
import type { FlagSpec } from "../flags.ts";
import { nodeMetaOf } from "../pairs.ts";
import { columns } from "../table.ts";

const API: readonly FlagSpec[] = [...CLIENT_FLAGS, ...SERVER_FLAGS];
const OWN: readonly FlagSpec[] = [
  { name: "detailed", kind: "bool", help: "Prints whole ids, all addresses and the metadata." },
  { name: "filter", kind: "string", help: "Filter expression: only nodes that it is true of." },
  { name: "near", kind: "string", help: "Name of a node, or _agent for the agent's own: the nearest to it come first." },
  { name: "node-meta", kind: "strings", value: "key=value", help: "Only nodes with this metadata. May be given several times." },
  { name: "service", kind: "string", value: "id or name", help: "Only nodes that have this service." },
];

export const catalogNodes: Command = {
  usage: "catalog nodes [options]",
  help: `Lists the nodes of a datacenter.

    $ kvorum catalog nodes
    $ kvorum catalog nodes -detailed
    $ kvorum catalog nodes -service=web -near=_agent
    $ kvorum catalog nodes -node-meta=rack=7`,
  api: API,
  flags: OWN,
  async run(flags, terminal) {
    const meta = nodeMetaOf(flags, [...API, ...OWN], terminal);
    if (typeof meta === "number") return meta;
    const service = flags.string("service");
    return asking({ flags, terminal, fault: "Error listing nodes" }, async (client) => {
      const query = {
        ...client.readQuery,
        near: flags.string("near") || undefined,
        filter: flags.string("filter") || undefined,
        "node-meta": meta,
      };
      const answer = await client.json("GET", service === "" ? "/v1/catalog/nodes" : `/v1/catalog/service/${encodeURIComponent(service)}`, { query });
      show((isJsonArray(answer) ? answer : []).filter(isJsonObject), flags.bool("detailed"), terminal);
      return 0;
    });
  },
};

/** Nodes, or instances of a service with the nodes that they run on. */
function show(nodes: readonly JsonObject[], detailed: boolean, terminal: Terminal): void {
  if (nodes.length === 0) {
    terminal.error("No nodes match the given query - try expanding your search.");
    return;
  }
  const head = ["Node", "ID", "Address", "DC", ...(detailed ? ["TaggedAddresses", "Meta"] : [])];
  const rows = nodes.map(({ Node: node, ID: id, Address: address, Datacenter: datacenter, TaggedAddresses: tagged, Meta: meta, NodeMeta: ofInstance }) => {
    const shownId = detailed ? text(id) : (text(id).split("-")[0] ?? "");
    return [text(node), shownId, text(address), text(datacenter), ...(detailed ? [listed(tagged), listed(ofInstance ?? meta)] : [])];
  });
  terminal.print(columns([head, ...rows]));
}

function listed(map: JsonValue | undefined): string {
  if (!isJsonObject(map)) return "";
  return Object.entries(map)
    .map(([key, value]) => `${key}=${text(value)}`)
    .sort()
    .join(", ");
}

function text(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : "";
}
