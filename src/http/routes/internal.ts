import { writeNodesWithAll, writeNodeWithAll, writeServiceSummaries } from "../../model/index.ts";
import { emptyAnswer, jsonAnswer, metaHeaders } from "../answer.ts";
import { ask, READ_PARAMETERS, readAnswer, readOptions, refuseNamespace } from "../reads.ts";
import { asked, NO_BODY, pathPart, type Route } from "../route.ts";
import { requiredName } from "./catalog.ts";

const FILTER = asked("filter", "text", "An expression that entries must meet");

/** What Consul's own page asks for; not part of its documented API. */
export const internalRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/v1/internal/ui/nodes",
    about: "List the nodes with all on them",
    parameters: [FILTER, ...READ_PARAMETERS],
    body: NO_BODY,
    answers: { 200: "A list of nodes with services and checks", 500: "The filter is at fault" },
    handle(call, world) {
      const options = readOptions(call, world);
      refuseNamespace(call);
      return readAnswer(async () => {
        const { value, meta } = await ask(call, world, "Internal.Nodes", { options });
        return jsonAnswer(writeNodesWithAll(value), metaHeaders(meta));
      });
    },
  },
  {
    method: "GET",
    path: "/v1/internal/ui/node/*node",
    about: "Read a node with all on it",
    parameters: [pathPart("node", "The node's name"), ...READ_PARAMETERS],
    body: NO_BODY,
    answers: { 200: "The node with services and checks", 404: "No such node" },
    handle(call, world) {
      const options = readOptions(call, world);
      refuseNamespace(call);
      const node = requiredName(call, "node name");
      return readAnswer(async () => {
        const { value, meta } = await ask(call, world, "Internal.Node", { node, options });
        return value === undefined ? emptyAnswer(404) : jsonAnswer(writeNodeWithAll(value), metaHeaders(meta));
      });
    },
  },
  {
    method: "GET",
    path: "/v1/internal/ui/services",
    about: "Sum the services up: instances, checks by status, tags",
    parameters: [FILTER, ...READ_PARAMETERS],
    body: NO_BODY,
    answers: { 200: "A list of services", 500: "The filter is at fault" },
    handle(call, world) {
      refuseNamespace(call);
      const options = readOptions(call, world);
      return readAnswer(async () => {
        const { value, meta } = await ask(call, world, "Internal.Services", { options });
        return jsonAnswer(writeServiceSummaries(value), metaHeaders(meta));
      });
    },
  },
];
