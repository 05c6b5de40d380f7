import { type JsonValue, quoteJson } from "../../base/json.ts";
import type { Coordinate } from "../../base/network-coordinate.ts";
import type { DatacenterCoordinates, NodeCoordinate } from "../coordinate.ts";
import { decodeJson, JsonDecodeError, list, number, optional, struct, text } from "./go-struct.ts";
import { writeList } from "./write.ts";

/** `coordinate/nodes` and `coordinate/node`. */
export function writeCoordinates(coordinates: readonly NodeCoordinate[]): string {
  return writeList(coordinates, ({ node, segment, coord }) => `{"Node":${quoteJson(node)},"Segment":${quoteJson(segment)},"Coord":${writeCoordinate(coord)}}`);
}

/** `coordinate/datacenters`. */
export function writeDatacenterCoordinates(datacenters: readonly DatacenterCoordinates[]): string {
  return writeList(
    datacenters,
    ({ datacenter, areaId, coordinates }) =>
      `{"Datacenter":${quoteJson(datacenter)},"AreaID":${quoteJson(areaId)},"Coordinates":${coordinates.length === 0 ? "null" : writeCoordinates(coordinates)}}`,
  );
}

export function writeCoordinate({ vec, error, adjustment, height }: Coordinate): string {
  return `{"Vec":[${vec.join(",")}],"Error":${error},"Adjustment":${adjustment},"Height":${height}}`;
}

const coordinate = struct("coordinate.Coordinate", { Vec: list(number, "float64"), Error: number, Adjustment: number, Height: number });
const body = struct("structs.CoordinateUpdateRequest", { Datacenter: text, Node: text, Segment: text, Coord: optional(coordinate), Token: text });

export interface CoordinateWish {
  readonly datacenter: string;
  readonly token: string;
  readonly update: NodeCoordinate;
}

/** The body of `coordinate/update`. Throws `JsonDecodeError`, also without a coordinate, where Consul 1.8.7 crashes. */
export function decodeCoordinateUpdate(value: JsonValue): CoordinateWish {
  const { Datacenter, Node, Segment, Coord, Token } = decodeJson(body, value);
  if (Coord === undefined) throw new JsonDecodeError("Coord is missing");
  const coord = { vec: Coord.Vec ?? [], error: Coord.Error, adjustment: Coord.Adjustment, height: Coord.Height };
  return { datacenter: Datacenter, token: Token, update: { node: Node, segment: Segment, coord } };
}
