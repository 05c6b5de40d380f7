import { BadRequestError, KvorumError } from "../../base/errors.ts";
import { indentJson, type JsonValue } from "../../base/json.ts";
import {
  decodeDeregistration,
  decodeRegistration,
  writeNodeServiceList,
  writeNodeServices,
  writeNodes,
  writeServiceNodes,
  writeServiceTags,
  writeTexts,
} from "../../model/index.ts";
import { type Answer, jsonAnswer, plainAnswer, TRUE } from "../answer.ts";
import { decodeBody, jsonBody } from "../body.ts";
import { cacheWish } from "../cache-control.ts";
import { askCached, CACHE_PARAMETERS, sourceHeaders } from "../cached.ts";
import type { Call } from "../call.ts";
import { removalHeaders, warned } from "../live-agent.ts";
import {
  ask,
  checkConsistency,
  datacenterOf,
  effectiveHeaders,
  nodeMeta,
  READ_PARAMETERS,
  readAnswer,
  readOptions,
  refuseNamespace,
  WRITE_PARAMETERS,
} from "../reads.ts";
import { asked, NO_BODY, type Parameter, pathPart, type Route, type World } from "../route.ts";
import { translatedFrom, translatedInstance, translatedNode, translatedService, translatesFrom } from "../translated.ts";

const NODE = pathPart("node", "The node's name or id");
const SERVICE = pathPart("service", "The service's name");
const META = asked("node-meta", "text", "name:value that the node must have; may be given several times");
const NEAR = asked("near", "text", "Sort by distance from this node");
const FILTER = asked("filter", "text", "An expression that entries must meet");
const TAG = asked("tag", "text", "A tag that instances must have; may be given several times");

/** Why options of a read cannot be met, of an endpoint that does not stop at that. */
function consistencyRefusal(call: Call, world: World): string | undefined {
  try {
    checkConsistency(call, world);
    return undefined;
  } catch (error) {
    if (error instanceof BadRequestError) return error.message;
    throw error;
  }
}

/** Parameters of reads that give instances of a service. */
export const INSTANCE_PARAMETERS: readonly Parameter[] = [SERVICE, TAG, META, NEAR, FILTER, ...CACHE_PARAMETERS, ...READ_PARAMETERS];

/** Consul api-docs, catalog. */
export const catalogRoutes: readonly Route[] = [
  {
    method: "PUT",
    path: "/v1/catalog/register",
    about: "Write a node, and with it a service and checks",
    parameters: WRITE_PARAMETERS,
    body: jsonBody("Node, Address, ID, TaggedAddresses, NodeMeta, Service, Check, Checks, SkipNodeUpdate"),
    answers: {
      200: "true; with X-Kvorum-Warning when the node has a live agent, which has the last word on it",
      400: "The body cannot be read",
      500: "A field is at fault",
    },
    async handle(call, world) {
      refuseNamespace(call);
      const said = catalogBody(call, decodeRegistration);
      const datacenter = datacenterOf(call, world, said.datacenter);
      const registration = { ...said.registration, node: { ...said.registration.node, datacenter: datacenter || world.config.datacenter } };
      const options = { datacenter, token: said.token || call.token };
      await world.backend.call("Catalog.Register", { registration, options });
      return warned(TRUE, world, [registration.node.node], options);
    },
  },
  {
    method: "PUT",
    path: "/v1/catalog/deregister",
    about: "Remove a check, a service with its checks, or a node with all on it",
    parameters: WRITE_PARAMETERS,
    body: jsonBody("Node, ServiceID, CheckID"),
    answers: {
      200: "true, also when there was nothing; with X-Kvorum-Warning when a whole node has a live agent, which brings it back",
      400: "The body cannot be read",
    },
    async handle(call, world) {
      refuseNamespace(call);
      const { datacenter, token, ...what } = catalogBody(call, decodeDeregistration);
      const options = { datacenter: datacenterOf(call, world, datacenter), token: token || call.token };
      const wholeNode = what.serviceId === "" && what.checkId === "";
      const headers = wholeNode && what.node !== "" ? await removalHeaders(world, what.node, options) : [];
      await world.backend.call("Catalog.Deregister", { ...what, options });
      return headers.length === 0 ? TRUE : { ...TRUE, headers };
    },
  },
  {
    method: "GET",
    path: "/v1/catalog/datacenters",
    about: "List the datacenters, nearest first",
    parameters: CACHE_PARAMETERS,
    body: NO_BODY,
    answers: { 200: "A list of names", 400: "A parameter is at fault; the list follows all the same" },
    async handle(call, world) {
      const { cache } = world;
      const wish = cacheWish(call);
      const refusal = consistencyRefusal(call, world);
      if (refusal !== undefined) {
        const list = writeTexts(await world.backend.call("Catalog.Datacenters", {}));
        // Consul goes on after refusing: the list follows its words.
        return plainAnswer(400, refusal + (world.config.alwaysPretty || call.query.has("pretty") ? `${indentJson(list)}\n` : list));
      }
      if (cache === undefined || !call.query.has("cached")) return jsonAnswer(writeTexts(await world.backend.call("Catalog.Datacenters", {})));
      const { answer, hit, ageMs } = await cache.get("Catalog.Datacenters", {}, wish, call.onGone);
      return jsonAnswer(writeTexts(answer), sourceHeaders(hit, ageMs));
    },
  },
  {
    method: "GET",
    path: "/v1/catalog/nodes",
    about: "List the nodes",
    parameters: [META, NEAR, FILTER, ...READ_PARAMETERS],
    body: NO_BODY,
    answers: { 200: "A list of nodes" },
    handle(call, world) {
      const options = readOptions(call, world);
      return readAnswer(async () => {
        const { value, meta } = await ask(call, world, "Catalog.Nodes", { nodeMeta: nodeMeta(call), near: nearOf(call, world), options });
        return jsonAnswer(writeNodes(translatedFrom(world, options.datacenter, value, translatedNode)), effectiveHeaders(meta, options.consistency));
      });
    },
  },
  {
    method: "GET",
    path: "/v1/catalog/services",
    about: "List the names of all services with their tags",
    parameters: [META, ...CACHE_PARAMETERS, ...READ_PARAMETERS],
    body: NO_BODY,
    answers: { 200: "Tags by name of service" },
    handle(call, world) {
      refuseNamespace(call);
      const options = readOptions(call, world);
      return readAnswer(async () => {
        const { read, source } = await askCached(call, world, "Catalog.Services", { nodeMeta: nodeMeta(call), options });
        return jsonAnswer(writeServiceTags(read.value), [...source, ...effectiveHeaders(read.meta, options.consistency)]);
      });
    },
  },
  instances("/v1/catalog/service/*service", "List the instances of a service", false),
  instances("/v1/catalog/connect/*service", "List what stands for a service in the mesh: proxies and instances that speak Connect themselves", true),
  ofNode("/v1/catalog/node/*node", "Read a node with its services by id", writeNodeServices),
  ofNode("/v1/catalog/node-services/*node", "Read a node with its services as a list", writeNodeServiceList),
];

export const REQUEST_DECODE_FAILED = "Request decode failed: ";

/** Consul's catalog says more of one field that only its other edition has. */
function catalogBody<T>(call: Call, decode: (body: JsonValue) => T): T {
  try {
    return decodeBody(call.body, decode, REQUEST_DECODE_FAILED);
  } catch (error) {
    if (!(error instanceof KvorumError) || !error.message.endsWith('unknown field "Namespace"')) throw error;
    throw new KvorumError(error.code, `${error.message} - Namespaces are a Consul Enterprise feature`, { cause: error });
  }
}

/** `near=_agent` is this agent's own node. */
export function nearOf(call: Call, world: World): string {
  const near = call.query.get("near");
  return near === "_agent" ? world.config.nodeName : near;
}

/** The part behind the route's path. Throws status 400 with Consul's words when it is empty. */
export function requiredName(call: Call, what: string): string {
  if (call.rest === "") throw new BadRequestError(`Missing ${what}`);
  return call.name;
}

/** What stands for a service in the mesh is not asked for tags, as in Consul. */
export function tagsOf(call: Call, connect: boolean): readonly string[] {
  return connect ? [] : call.query.all("tag");
}

function instances(path: Route["path"], about: string, connect: boolean): Route {
  return {
    method: "GET",
    path,
    about,
    parameters: INSTANCE_PARAMETERS,
    body: NO_BODY,
    answers: { 200: "A list of instances", 400: "A parameter is at fault" },
    handle(call, world): Promise<Answer> {
      refuseNamespace(call);
      const options = readOptions(call, world);
      const service = requiredName(call, "service name");
      const request = { service, connect, tags: tagsOf(call, connect), nodeMeta: nodeMeta(call), near: nearOf(call, world), options };
      return readAnswer(async () => {
        const { read, source } = await askCached(call, world, "Catalog.ServiceNodes", request);
        const found = translatedFrom(world, options.datacenter, read.value, translatedInstance);
        return jsonAnswer(writeServiceNodes(found), [...source, ...effectiveHeaders(read.meta, options.consistency)]);
      });
    },
  };
}

function ofNode(path: Route["path"], about: string, write: typeof writeNodeServiceList): Route {
  return {
    method: "GET",
    path,
    about,
    parameters: [NODE, FILTER, ...READ_PARAMETERS],
    body: NO_BODY,
    answers: { 200: "The node, or null where there is none" },
    handle(call, world): Promise<Answer> {
      refuseNamespace(call);
      const options = readOptions(call, world);
      const node = requiredName(call, "node name");
      return readAnswer(async () => {
        const { value, meta } = await ask(call, world, "Catalog.NodeServices", { node, options });
        const far = value !== undefined && translatesFrom(world, options.datacenter);
        const found = far ? { node: translatedNode(value.node), services: value.services.map(translatedService) } : value;
        return jsonAnswer(write(found, options.filter !== ""), effectiveHeaders(meta, options.consistency));
      });
    },
  };
}
