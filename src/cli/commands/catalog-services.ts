import { isJsonArray, isJsonObject, type JsonValue } from "../../base/json.ts";
import type { Client } from "../../client/index.ts";
import { CLIENT_FLAGS, NAMESPACE_FLAG, SERVER_FLAGS } from "../api-flags.ts";
import { asking } from "../asking.ts";
import type { Command } from "../command.ts";
import type { FlagSpec } from "../flags.ts";
import { nodeMetaOf } from "../pairs.ts";

const API: readonly FlagSpec[] = [...CLIENT_FLAGS, ...SERVER_FLAGS];
const OWN: readonly FlagSpec[] = [
  NAMESPACE_FLAG,
  { name: "node", kind: "string", value: "id or name", help: "Only services of this node." },
  { name: "node-meta", kind: "strings", value: "key=value", help: "Only services of nodes with this metadata. May be given several times." },
  { name: "tags", kind: "bool", help: "Prints the tags of each service beside it." },
];
/** Blanks between the longest name and the tags. */
const GAP = 6;

export const catalogServices: Command = {
  usage: "catalog services [options]",
  help: `Lists the services of a datacenter by their names.

    $ kvorum catalog services
    $ kvorum catalog services -tags
    $ kvorum catalog services -node=db-1`,
  api: API,
  flags: OWN,
  async run(flags, terminal) {
    const meta = nodeMetaOf(flags, [...API, ...OWN], terminal);
    if (typeof meta === "number") return meta;
    const node = flags.string("node");
    return asking({ flags, terminal, fault: node === "" ? "Error listing services" : "Error listing services for node" }, async (client) => {
      const query = { ...client.readQuery, "node-meta": meta };
      const services = node === "" ? await all(client, query) : await ofNode(client, node, query);
      if (services.size === 0) {
        terminal.error("No services match the given query - try expanding your search.");
        return 0;
      }
      const names = [...services.keys()].sort();
      const width = Math.max(...names.map((name) => [...name].length)) + GAP;
      for (const name of names) {
        const blanks = " ".repeat(width - [...name].length);
        terminal.print(flags.bool("tags") ? `${name}${blanks}${(services.get(name) ?? []).join(",")}` : name);
      }
      return 0;
    });
  },
};

type Services = ReadonlyMap<string, readonly string[]>;
type Query = NonNullable<Parameters<Client["json"]>[2]>["query"];

async function all(client: Client, query: Query = {}): Promise<Services> {
  const answer = await client.json("GET", "/v1/catalog/services", { query });
  return new Map(Object.entries(isJsonObject(answer) ? answer : {}).map(([name, tags]) => [name, tagsOf(tags)]));
}

/** By name: instances of one name are put together. */
async function ofNode(client: Client, node: string, query: Query = {}): Promise<Services> {
  const answer = await client.json("GET", `/v1/catalog/node/${encodeURIComponent(node)}`, { query });
  const services = isJsonObject(answer) ? answer["Services"] : undefined;
  const found = new Map<string, readonly string[]>();
  for (const service of isJsonObject(services) ? Object.values(services) : []) {
    if (!isJsonObject(service)) continue;
    const name = String(service["Service"]);
    found.set(name, tagsOf([...(found.get(name) ?? []), ...tagsOf(service["Tags"])]));
  }
  return found;
}

function tagsOf(tags: JsonValue | undefined): readonly string[] {
  return [...new Set((isJsonArray(tags) ? tags : []).map(String))].sort();
}
