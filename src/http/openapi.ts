import { type JsonObject, writeJson } from "../base/json.ts";
import { jsonAnswer } from "./answer.ts";
import { NO_BODY, type Parameter, type ParameterKind, type Route } from "./route.ts";

/** The description of all routes, made from the table that serves them. */
export const openapiRoute: Route = {
  method: "GET",
  path: "/v1/openapi.json",
  about: "This description, as OpenAPI 3.1",
  parameters: [],
  body: NO_BODY,
  answers: { 200: "An OpenAPI document" },
  handle: (_call, world) => jsonAnswer(writeJson(describeRoutes(world.routes, world.config.version))),
};

/** OpenAPI 3.1 of a table of routes. A path parameter takes slashes as well, which OpenAPI has no word for. */
export function describeRoutes(routes: readonly Route[], version: string): JsonObject {
  const paths: Record<string, Record<string, JsonObject>> = {};
  for (const route of routes) {
    if (route.method === "*") continue;
    const path = route.path.replace(/\*(.+)$/, "{$1}");
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: describe(route, path) };
  }
  return {
    openapi: "3.1.0",
    info: { title: "Kvorum", summary: "Replicated key-value store with service discovery; speaks the HTTP API of Consul 1.8.7", version },
    paths,
  };
}

function describe(route: Route, path: string): JsonObject {
  return {
    operationId: `${route.method.toLowerCase()}${path.replace(/[^a-zA-Z0-9]+(\w)?/g, (_, letter: string | undefined) => (letter ?? "").toUpperCase())}`,
    summary: route.about,
    parameters: route.parameters.map(parameterOf),
    requestBody: bodyOf(route),
    responses: Object.fromEntries(Object.entries(route.answers).map(([status, about]) => [status, { description: about }])),
  };
}

const SCHEMAS: Readonly<Record<ParameterKind, JsonObject>> = {
  text: { type: "string" },
  integer: { type: "integer", minimum: 0 },
  boolean: { type: "boolean" },
  presence: { type: "string", description: "Counts by being there, whatever its value" },
  duration: { type: "string", examples: ["10s"], description: "A Go duration" },
};

function parameterOf(parameter: Parameter): JsonObject {
  return {
    name: parameter.name,
    in: parameter.in,
    required: parameter.in === "path",
    description: parameter.about,
    allowEmptyValue: parameter.kind === "presence" ? true : undefined,
    schema: SCHEMAS[parameter.kind],
  };
}

function bodyOf(route: Route): JsonObject | undefined {
  const { body } = route;
  if (body.kind === "none") return undefined;
  const type = body.kind === "collect" ? body.type : "application/octet-stream";
  return { description: body.about, content: { [type]: {} } };
}
