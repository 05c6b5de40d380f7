import { BadRequestError, KvorumError } from "../../base/errors.ts";
import { goQuote } from "../../base/go-quote.ts";
import { quoteJson } from "../../base/json.ts";
import type { ReadMeta } from "../../model/index.ts";
import { type Answer, emptyAnswer, jsonAnswer, metaHeaders, plainAnswer } from "../answer.ts";
import type { Call } from "../call.ts";
import { badRequest } from "../errors.ts";
import { effectiveHeaders, READ_PARAMETERS, readOptions, refuseNamespace } from "../reads.ts";
import { asked, NO_BODY, type Parameter, pathPart, type Route, type World } from "../route.ts";
import { requiredName } from "./catalog.ts";
import { passing } from "./health.ts";

const OFF = "Connect must be enabled in order to use this endpoint";
const NOT_KEPT = "Kvorum has no service mesh: config entries and intentions are not kept";
/** Nothing was ever written: as in Consul, index 1. */
const NEVER: ReadMeta = { index: 1, lastContactMs: 0, knownLeader: true };
/** What a Consul without Connect answers where it cannot go on. */
const FAILED: ReadMeta = { index: 1, lastContactMs: 0, knownLeader: false };
const KINDS = ["service-defaults", "proxy-defaults", "service-router", "service-splitter", "service-resolver", "ingress-gateway", "terminating-gateway"];
const NAME = pathPart("name", "A name");
const ID = pathPart("id", "An intention's id");

/**
 * The service mesh, which is not there: what Consul 1.8.7 answers with Connect off and nothing written. Reads give nothing, and blocking
 * ones wait, so that programs that look for a mesh find none and go on. Writes are refused.
 */
export const meshRoutes: readonly Route[] = [
  ...["/v1/agent/connect/ca/roots", "/v1/agent/connect/ca/leaf/*name"].map((path) => off("GET", path as Route["path"], [])),
  off("GET", "/v1/connect/ca/roots", metaHeaders(FAILED)),
  off("GET", "/v1/connect/ca/configuration", []),
  off("PUT", "/v1/connect/ca/configuration", []),
  off("GET", "/v1/discovery-chain/*name", metaHeaders(FAILED)),
  off("POST", "/v1/discovery-chain/*name", metaHeaders(FAILED)),
  route("POST", "/v1/agent/connect/authorize", "Whether a connection in the mesh is allowed: as without access control", [], () =>
    jsonAnswer('{"Authorized":true,"Reason":"ACLs disabled, access is allowed by default"}'),
  ),
  nothing("/v1/catalog/gateway-services/*name", "gateway name", "null"),
  nothing("/v1/health/ingress/*name", "service name", "[]"),
  nothing("/v1/internal/ui/gateway-services-nodes/*name", "gateway name", "[]"),
  nothing("/v1/internal/federation-states", undefined, "[]"),
  nothing("/v1/internal/federation-states/mesh-gateways", undefined, "{}"),
  route("GET", "/v1/internal/federation-state/*name", "What a datacenter told of its gateways: nothing", [NAME], (call) => {
    if (call.rest === "") throw badRequest("Missing datacenter name");
    return emptyAnswer(404);
  }),
  route("PUT", "/v1/config", "Config entries are not kept", [], refused),
  route("GET", "/v1/config/*name", "Config entries: there are none", [NAME, ...READ_PARAMETERS], configEntries),
  route("DELETE", "/v1/config/*name", "Remove a config entry: there is none", [NAME], (call) => {
    const [kind = "", ...name] = call.name.split("/");
    if (kind === "" || name.length === 0) return plainAnswer(404, "Must provide both a kind and name to delete");
    if (!KINDS.includes(kind)) throw new BadRequestError(`invalid config entry kind: ${kind}`);
    return jsonAnswer("{}");
  }),
  nothing("/v1/connect/intentions", undefined, "[]"),
  route("POST", "/v1/connect/intentions", "Intentions are not kept", [], refused),
  route("GET", "/v1/connect/intentions/match", "The intentions of a service: there are none", [asked("by", "text", "source or destination")], matches),
  route("GET", "/v1/connect/intentions/check", "Whether a source may connect to a destination: as without access control", [], (call) => {
    for (const name of ["source", "destination"]) if (!call.query.has(name)) throw notSet(name);
    return jsonAnswer('{"Allowed":true}');
  }),
  route("GET", "/v1/connect/intentions/*id", "An intention: there is none", [ID], () => plainAnswer(404, "Intention not found")),
  route("PUT", "/v1/connect/intentions/*id", "Intentions are not kept", [ID], refused),
  route("DELETE", "/v1/connect/intentions/*id", "Remove an intention: there is none", [ID], (call) => {
    throw new KvorumError("internal", `Cannot delete non-existent intention: '${call.name}'`);
  }),
];

type Handle = (call: Call, world: World) => Answer | Promise<Answer>;

function route(method: Route["method"], path: Route["path"], about: string, parameters: readonly Parameter[], handle: Handle): Route {
  const answers = { 200: "What Consul says with Connect off", 404: "There is none", 500: "It is off" };
  return {
    method,
    path,
    about,
    parameters,
    body: NO_BODY,
    answers,
    async handle(call, world) {
      if (method === "GET") readOptions(call, world);
      return handle(call, world);
    },
  };
}

function off(method: Route["method"], path: Route["path"], headers: readonly string[]): Route {
  return route(method, path, "The service mesh, which is off", path.endsWith("*name") ? [NAME] : [], (call) => {
    if (path.startsWith("/v1/discovery-chain/") && call.rest === "") throw badRequest("Missing chain name");
    if (path.endsWith("*name")) refuseNamespace(call);
    return plainAnswer(500, OFF, headers);
  });
}

function nothing(path: Route["path"], name: string | undefined, text: string): Route {
  const tellsHow = path.startsWith("/v1/catalog/") || path.startsWith("/v1/health/");
  const parameters = name === undefined ? READ_PARAMETERS : [NAME, ...READ_PARAMETERS];
  return route("GET", path, "Part of the service mesh: there is nothing", parameters, async (call, world) => {
    if (name !== undefined) refuseNamespace(call);
    const options = readOptions(call, world);
    if (name !== undefined) requiredName(call, name);
    if (path.startsWith("/v1/health/")) passing(call);
    await held(call, world);
    return jsonAnswer(text, tellsHow ? effectiveHeaders(NEVER, options.consistency) : metaHeaders(NEVER));
  });
}

async function configEntries(call: Call, world: World): Promise<Answer> {
  refuseNamespace(call);
  const [kind = "", ...name] = call.name.split("/");
  if (kind !== "" && !KINDS.includes(kind)) throw new KvorumError("internal", `invalid config entry kind: ${kind}`);
  await held(call, world);
  if (name.length === 0) return jsonAnswer("[]", metaHeaders(NEVER));
  return plainAnswer(404, `Config entry not found for ${goQuote(kind)} / ${goQuote(name.join("/"))}`, metaHeaders(NEVER));
}

function matches(call: Call): Answer {
  const by = call.query.get("by");
  if (!call.query.has("by")) throw notSet("by");
  if (by !== "source" && by !== "destination") throw new KvorumError("internal", "'by' parameter must be one of 'source' or 'destination'");
  const names = call.query.all("name");
  if (names.length === 0) throw notSet("name");
  return jsonAnswer(`{${[...new Set(names)].map((name) => `${quoteJson(name)}:null`).join(",")}}`);
}

function notSet(name: string): KvorumError {
  return new KvorumError("internal", `required query parameter '${name}' not set`);
}

function refused(): Answer {
  throw new KvorumError("internal", NOT_KEPT);
}

/** A blocking read of what never changes: until its time is over, or the client has gone. */
function held(call: Call, world: World): Promise<void> {
  const { minIndex, maxWaitMs } = readOptions(call, world);
  if (minIndex < NEVER.index) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = world.platform.clock.after(maxWaitMs + world.platform.random.int(Math.max(1, Math.trunc(maxWaitMs / 16))), resolve);
    call.onGone(() => {
      timer[Symbol.dispose]();
      resolve();
    });
  });
}
