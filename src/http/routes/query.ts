import { quoteJson } from "../../base/json.ts";
import { decodeQuery, writeQueries } from "../../model/index.ts";
import { type Answer, emptyAnswer, jsonAnswer, plainAnswer } from "../answer.ts";
import { decodeBody, jsonBody } from "../body.ts";
import { CACHE_PARAMETERS } from "../cached.ts";
import type { Call } from "../call.ts";
import { MethodNotAllowedError } from "../errors.ts";
import { ask, effectiveHeaders, READ_PARAMETERS, readAnswer, readOptions, WRITE_PARAMETERS, writeOptions } from "../reads.ts";
import { asked, NO_BODY, pathPart, type Route } from "../route.ts";
import { REQUEST_DECODE_FAILED } from "./catalog.ts";
import { executeQuery, explainQuery } from "./query-execution.ts";

const QUERY = pathPart("query", "The query's id");
const LIMIT = asked("limit", "integer", "To execute: how many instances at most");
const CONNECT = asked("connect", "boolean", "To execute: what speaks Connect for the service");
const NEAR = asked("near", "text", "To execute: sort by distance from this node; _agent or _ip for the agent or the client");
/** What an empty body of an update stands for. */
const NOTHING_SAID = Buffer.from("{}");
const BODY = jsonBody("Name, Session, Token, Service, DNS, Template");

/** Consul api-docs, prepared queries. */
export const queryRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/v1/query",
    about: "List the prepared queries",
    parameters: READ_PARAMETERS,
    body: NO_BODY,
    answers: { 200: "A list of queries" },
    handle(call, world) {
      const options = readOptions(call, world);
      return readAnswer(async () => {
        const { value, meta } = await ask(call, world, "Query.List", { options });
        return jsonAnswer(writeQueries(value), effectiveHeaders(meta, options.consistency));
      });
    },
  },
  {
    method: "POST",
    path: "/v1/query",
    about: "Write a new prepared query",
    parameters: WRITE_PARAMETERS,
    body: BODY,
    answers: { 200: "Its ID", 400: "The body cannot be read", 500: "A field is at fault" },
    async handle(call, world) {
      const query = decodeBody(call.body, decodeQuery, REQUEST_DECODE_FAILED);
      const id = await world.backend.call("Query.Create", { query, options: writeOptions(call, world) });
      return jsonAnswer(`{"ID":${quoteJson(id)}}`);
    },
  },
  {
    method: "GET",
    path: "/v1/query/*query",
    about: "Read a prepared query, or execute or explain it by id or name",
    parameters: [QUERY, LIMIT, CONNECT, NEAR, ...CACHE_PARAMETERS, ...READ_PARAMETERS],
    body: NO_BODY,
    answers: { 200: "A list with the query; behind /execute what it finds, behind /explain the query as it would be executed", 404: "No such query" },
    handle(call, world) {
      if (call.path.endsWith("/execute")) return executeQuery(call, world);
      if (call.path.endsWith("/explain")) return explainQuery(call, world);
      const options = readOptions(call, world);
      return readAnswer(async () => {
        const { value, meta } = await ask(call, world, "Query.Get", { id: call.name, options });
        if (value === undefined) return plainAnswer(404, "Query not found");
        return jsonAnswer(writeQueries([value]), effectiveHeaders(meta, options.consistency));
      });
    },
  },
  {
    method: "PUT",
    path: "/v1/query/*query",
    about: "Write a prepared query anew",
    parameters: [QUERY, ...WRITE_PARAMETERS],
    body: BODY,
    answers: { 200: "Nothing", 400: "The body cannot be read", 500: "A field is at fault, or there is no such query" },
    async handle(call, world) {
      refuseOnParts(call);
      const query = { ...decodeBody(call.body.length === 0 ? NOTHING_SAID : call.body, decodeQuery, REQUEST_DECODE_FAILED), id: call.name };
      await world.backend.call("Query.Update", { query, options: writeOptions(call, world) });
      return emptyAnswer(200);
    },
  },
  {
    method: "DELETE",
    path: "/v1/query/*query",
    about: "Remove a prepared query",
    parameters: [QUERY, ...WRITE_PARAMETERS],
    body: NO_BODY,
    answers: { 200: "Nothing", 500: "No such query" },
    async handle(call, world) {
      refuseOnParts(call);
      await world.backend.call("Query.Delete", { id: call.name, options: writeOptions(call, world) });
      return emptyAnswer(200);
    },
  },
  {
    method: "OPTIONS",
    path: "/v1/query/*query",
    about: "What is allowed here; unlike elsewhere with an empty object",
    parameters: [QUERY],
    body: NO_BODY,
    answers: { 200: "{}" },
    handle: (call): Answer => jsonAnswer("{}", ["Allow", `OPTIONS,${allowedOn(call)}`]),
  },
  {
    method: "*",
    path: "/v1/query/*query",
    about: "Other methods; unlike elsewhere OPTIONS is not named among the allowed",
    parameters: [QUERY],
    body: NO_BODY,
    answers: { 405: "The methods that are allowed" },
    handle(call): Answer {
      throw new MethodNotAllowedError(call.method, allowedOn(call));
    },
  },
];

/** Executing and explaining are reads of parts of a query. */
function isPart(call: Call): boolean {
  return call.path.endsWith("/execute") || call.path.endsWith("/explain");
}

function allowedOn(call: Call): string {
  return isPart(call) ? "GET" : "GET,PUT,DELETE";
}

function refuseOnParts(call: Call): void {
  if (isPart(call)) throw new MethodNotAllowedError(call.method, "GET");
}
