import { BadRequestError } from "../../base/errors.ts";
import { writeJson } from "../../base/json.ts";
import { decodeCheckDefinition, decodeCheckUpdate, writeAgentChecks } from "../../model/index.ts";
import { emptyAnswer, jsonAnswer, plainAnswer } from "../answer.ts";
import { decodeBody, jsonBody } from "../body.ts";
import { refuseNamespace } from "../reads.ts";
import { asked, NO_BODY, pathPart, type Route } from "../route.ts";
import { maintenanceWish } from "./agent-maintenance.ts";
import { ownRoutes, withToken } from "./agent-own.ts";
import { REQUEST_DECODE_FAILED } from "./catalog.ts";

const ID = pathPart("id", "The check's id");
const own = ownRoutes({
  what: "check",
  id: ID,
  along: "",
  list: (world, filter) => writeAgentChecks(world.agent.local.checks(filter)),
  remove: (world, id) => world.agent.local.deregisterCheck(id),
});
const STATUSES = ["passing", "warning", "critical"] as const;

/** Consul api-docs, agent: checks. */
export const agentCheckRoutes: readonly Route[] = [
  own.listed,
  {
    method: "GET",
    path: "/v1/agent/check/transitions/*id",
    about: "List the last changes of a check's status, oldest first (of Kvorum's own)",
    parameters: [ID],
    body: NO_BODY,
    answers: { 200: "A list of At (milliseconds since 1970), From, To, Output", 404: "There is no such check" },
    handle(call, world) {
      const transitions = world.agent.local.transitions(call.name);
      if (transitions === undefined) return plainAnswer(404, `unknown check ID: ${call.name}`);
      return jsonAnswer(writeJson(transitions.map(({ at, from, to, output }) => ({ At: at, From: from, To: to, Output: output }))));
    },
  },
  {
    method: "PUT",
    path: "/v1/agent/check/register",
    about: "Register a check of this node, or of one of its services",
    parameters: [],
    body: jsonBody("Name, ID, ServiceID, Notes, Status, TTL, HTTP, TCP, GRPC, Args, DockerContainerID, AliasNode, AliasService, Interval, Timeout, …"),
    answers: { 200: "Nothing: it is registered, and the catalog will follow", 400: "A field is at fault", 500: "It is not allowed" },
    async handle(call, world) {
      refuseNamespace(call);
      const said = decodeBody(call.body, decodeCheckDefinition, REQUEST_DECODE_FAILED);
      await world.agent.local.registerCheck(withToken(said, call));
      return emptyAnswer(200);
    },
  },
  own.takenOut,
  told("/v1/agent/check/pass/*id", "passing"),
  told("/v1/agent/check/warn/*id", "warning"),
  told("/v1/agent/check/fail/*id", "critical"),
  {
    method: "PUT",
    path: "/v1/agent/check/update/*id",
    about: "Say how a TTL check stands, with an output",
    parameters: [ID],
    body: jsonBody("Status, Output"),
    answers: { 200: "Nothing: it is noted", 400: "The status is none", 500: "There is no such check, or it is of another kind" },
    async handle(call, world) {
      refuseNamespace(call);
      const said = decodeBody(call.body, decodeCheckUpdate, REQUEST_DECODE_FAILED);
      const status = STATUSES.find((known) => known === said.status);
      if (status === undefined) throw new BadRequestError(`Invalid check status: '${said.status}'`);
      await world.agent.local.report(call.name, status, said.output);
      return emptyAnswer(200);
    },
  },
  {
    method: "PUT",
    path: "/v1/agent/maintenance",
    about: "Put the node into maintenance, or out of it",
    parameters: [asked("enable", "boolean", "In, or out"), asked("reason", "text", "A word for people")],
    body: NO_BODY,
    answers: { 200: "Nothing: it is done", 400: "A parameter is at fault" },
    async handle(call, world) {
      await world.agent.local.nodeMaintenance(maintenanceWish(call));
      return emptyAnswer(200);
    },
  },
];

function told(path: Route["path"], status: (typeof STATUSES)[number]): Route {
  return {
    method: "PUT",
    path,
    about: `Say that a TTL check is ${status}`,
    parameters: [ID, asked("note", "text", "Becomes its output")],
    body: NO_BODY,
    answers: { 200: "Nothing: it is noted", 500: "There is no such check, or it is of another kind" },
    async handle(call, world) {
      refuseNamespace(call);
      await world.agent.local.report(call.name, status, call.query.get("note"));
      return emptyAnswer(200);
    },
  };
}
