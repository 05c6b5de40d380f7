import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from "../../base/json.ts";
import { type Coordinate, distanceSeconds } from "../../base/network-coordinate.ts";
import type { Client } from "../../client/index.ts";
import { CLIENT_FLAGS } from "../api-flags.ts";
import { asking, refused, told } from "../asking.ts";
import type { Command } from "../command.ts";
import { refusedWithHelp } from "../usage-fault.ts";

export const rtt: Command = {
  usage: "rtt [options] node1 [node2]",
  help: `Estimates the round trip between two nodes from their network coordinates; without a second one, between a node and the agent's own.
Names are those that "kvorum members" shows. With -wan they are names of servers followed by a period and their datacenter, as in n1.dc1.
Coordinates of the LAN and of the WAN cannot be compared with each other.`,
  api: CLIENT_FLAGS,
  flags: [{ name: "wan", kind: "bool", help: "Takes the coordinates of the servers in the WAN pool." }],
  async run(flags, terminal) {
    const wan = flags.bool("wan");
    const [first, second] = flags.rest;
    if (first === undefined || flags.rest.length > 2) return refusedWithHelp(terminal, rtt, "One or two node names must be specified");
    if (wan && flags.rest.some((name) => name.split(".").length !== 2))
      return refused(terminal, "Node names must be specified as <node name>.<datacenter> with -wan");
    return asking({ flags, terminal, fault: "Unable to look up agent info" }, async (client) => {
      const other = second ?? ownName(await client.json("GET", "/v1/agent/self"), wan);
      try {
        const places = await (wan ? wanPlaces(client) : lanPlaces(client));
        const [a, b] = [places.get(first), places.get(other)];
        // In the WAN Consul names the first one, whichever it was.
        if (a === undefined || (wan && b === undefined)) return refused(terminal, `Could not find a coordinate for node ${JSON.stringify(first)}`);
        if (b === undefined) return refused(terminal, `Could not find a coordinate for node ${JSON.stringify(other)}`);
        const milliseconds = (distanceSeconds(a, b) * 1_000).toFixed(3);
        terminal.print(`Estimated ${first} <-> ${other} rtt: ${milliseconds} ms (using ${wan ? "WAN" : "LAN"} coordinates)`);
        return 0;
      } catch (error) {
        return told(error, "Error getting coordinates", terminal);
      }
    });
  },
};

function ownName(self: JsonValue, wan: boolean): string {
  const config = isJsonObject(self) ? self["Config"] : undefined;
  if (!isJsonObject(config)) return "";
  return wan ? `${String(config["NodeName"])}.${String(config["Datacenter"])}` : String(config["NodeName"]);
}

async function lanPlaces(client: Client): Promise<ReadonlyMap<string, Coordinate>> {
  return new Map(placed(await client.json("GET", "/v1/coordinate/nodes")));
}

async function wanPlaces(client: Client): Promise<ReadonlyMap<string, Coordinate>> {
  const datacenters = objectsOf(await client.json("GET", "/v1/coordinate/datacenters"));
  return new Map(
    datacenters.flatMap(({ Datacenter: name, Coordinates: list }) =>
      placed(list ?? null).map(([node, place]): [string, Coordinate] => [`${node}.${String(name)}`, place]),
    ),
  );
}

function placed(list: JsonValue): [string, Coordinate][] {
  return objectsOf(list).flatMap(({ Node: node, Segment: segment, Coord: coord }) =>
    isJsonObject(coord) && (segment ?? "") === "" ? [[String(node), coordinateOf(coord)]] : [],
  );
}

function coordinateOf(coord: JsonObject): Coordinate {
  const { Vec: vec } = coord;
  return {
    vec: isJsonArray(vec) ? vec.map(Number) : [],
    error: Number(coord["Error"] ?? 0),
    adjustment: Number(coord["Adjustment"] ?? 0),
    height: Number(coord["Height"] ?? 0),
  };
}

function objectsOf(list: JsonValue): readonly JsonObject[] {
  return isJsonArray(list) ? list.filter(isJsonObject) : [];
}
