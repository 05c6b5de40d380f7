import { decodeCoordinateUpdate, type NodeCoordinate, writeCoordinates, writeDatacenterCoordinates } from "../../model/index.ts";
import { emptyAnswer, jsonAnswer, metaHeaders } from "../answer.ts";
import { decodeBody, jsonBody } from "../body.ts";
import type { Call } from "../call.ts";
import { ask, datacenterOf, READ_PARAMETERS, readAnswer, readOptions, WRITE_PARAMETERS } from "../reads.ts";
import { asked, NO_BODY, pathPart, type Route } from "../route.ts";
import { REQUEST_DECODE_FAILED } from "./catalog.ts";

const SEGMENT = asked("segment", "text", "Only those of this network segment; empty for the one that everybody is in");

/** Consul api-docs, coordinate: where the nodes are in the network. */
export const coordinateRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/v1/coordinate/datacenters",
    about: "List the servers of all datacenters with their coordinates in the WAN pool",
    parameters: [],
    body: NO_BODY,
    answers: { 200: "For every datacenter its servers" },
    async handle(_call, world) {
      return jsonAnswer(writeDatacenterCoordinates(await world.backend.call("Coordinate.Datacenters", {})));
    },
  },
  {
    method: "GET",
    path: "/v1/coordinate/nodes",
    about: "List the coordinates of all nodes",
    parameters: [SEGMENT, ...READ_PARAMETERS],
    body: NO_BODY,
    answers: { 200: "A list of coordinates" },
    handle(call, world) {
      const options = readOptions(call, world);
      return readAnswer(async () => {
        const { value, meta } = await ask(call, world, "Coordinate.ListNodes", { options });
        return jsonAnswer(writeCoordinates(ofSegment(call, value)), metaHeaders(meta));
      });
    },
  },
  {
    method: "GET",
    path: "/v1/coordinate/node/*node",
    about: "Read the coordinates of a node",
    parameters: [pathPart("node", "The node's name"), SEGMENT, ...READ_PARAMETERS],
    body: NO_BODY,
    answers: { 200: "Its coordinates, one a segment", 404: "None is known" },
    handle(call, world) {
      const options = readOptions(call, world);
      return readAnswer(async () => {
        const { value, meta } = await ask(call, world, "Coordinate.Node", { node: call.name, options });
        const found = ofSegment(call, value).map((one) => ({ ...one, node: call.name })); // as it was asked for
        return found.length === 0 ? emptyAnswer(404) : jsonAnswer(writeCoordinates(found), metaHeaders(meta));
      });
    },
  },
  {
    method: "PUT",
    path: "/v1/coordinate/update",
    about: "Write the coordinate of a node; it is seen some seconds later",
    parameters: WRITE_PARAMETERS,
    body: jsonBody("Node, Segment, Coord"),
    answers: { 200: "Nothing: it was taken", 400: "The body cannot be read", 500: "It is no coordinate" },
    async handle(call, world) {
      const { datacenter, token, update } = decodeBody(call.body, decodeCoordinateUpdate, REQUEST_DECODE_FAILED);
      await world.backend.call("Coordinate.Update", { update, options: { datacenter: datacenterOf(call, world, datacenter), token: token || call.token } });
      return emptyAnswer(200);
    },
  },
];

function ofSegment(call: Call, coordinates: readonly NodeCoordinate[]): readonly NodeCoordinate[] {
  return call.query.has("segment") ? coordinates.filter(({ segment }) => segment === call.query.get("segment")) : coordinates;
}
