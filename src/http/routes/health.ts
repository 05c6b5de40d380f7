import { BadRequestError } from "../../base/errors.ts";
import { type Check, type CheckedInstance, type Read, type ReadOptions, writeCheckedInstances, writeChecks } from "../../model/index.ts";
import { type Answer, jsonAnswer } from "../answer.ts";
import { askCached } from "../cached.ts";
import type { Call } from "../call.ts";
import { parseBool } from "../numbers.ts";
import { ask, effectiveHeaders, nodeMeta, READ_PARAMETERS, readAnswer, readOptions, refuseNamespace } from "../reads.ts";
import { asked, NO_BODY, type Parameter, pathPart, type Route, type World } from "../route.ts";
import { translatedFrom, translatedInstance } from "../translated.ts";
import { INSTANCE_PARAMETERS, nearOf, requiredName, tagsOf } from "./catalog.ts";

const META = asked("node-meta", "text", "name:value that the node must have; may be given several times");
const NEAR = asked("near", "text", "Sort by distance from this node");
const FILTER = asked("filter", "text", "An expression that entries must meet");

/** Consul api-docs, health. */
export const healthRoutes: readonly Route[] = [
  checks({
    path: "/v1/health/node/*node",
    about: "List the checks of a node",
    parameters: [pathPart("node", "The node's name"), FILTER, ...READ_PARAMETERS],
    missing: "node name",
    read: (node, options, call, world) => ask(call, world, "Health.Node", { node, options }),
  }),
  checks({
    path: "/v1/health/checks/*service",
    about: "List the checks of a service",
    parameters: [pathPart("service", "The service's name"), META, NEAR, FILTER, ...READ_PARAMETERS],
    missing: "service name",
    read: (service, options, call, world) => ask(call, world, "Health.Checks", { service, nodeMeta: nodeMeta(call), near: nearOf(call, world), options }),
  }),
  checks({
    path: "/v1/health/state/*state",
    about: "List the checks in a state",
    parameters: [pathPart("state", "passing, warning, critical or any"), META, NEAR, FILTER, ...READ_PARAMETERS],
    missing: "check state",
    read: (state, options, call, world) => ask(call, world, "Health.State", { state, nodeMeta: nodeMeta(call), near: nearOf(call, world), options }),
  }),
  instances("/v1/health/service/*service", "List the instances of a service with their checks", false),
  instances("/v1/health/connect/*service", "List what stands for a service in the mesh, with checks", true),
];

interface ChecksRoute {
  readonly path: Route["path"];
  readonly about: string;
  readonly parameters: readonly Parameter[];
  readonly missing: string;
  readonly read: (name: string, options: ReadOptions, call: Call, world: World) => Promise<Read<readonly Check[]>>;
}

function checks({ path, about, parameters, missing, read }: ChecksRoute): Route {
  return {
    method: "GET",
    path,
    about,
    parameters,
    body: NO_BODY,
    answers: { 200: "A list of checks", 400: "A parameter is at fault" },
    handle(call, world): Promise<Answer> {
      refuseNamespace(call);
      const options = readOptions(call, world);
      const name = requiredName(call, missing);
      return readAnswer(async () => {
        const { value, meta } = await read(name, options, call, world);
        return jsonAnswer(writeChecks(value), effectiveHeaders(meta, options.consistency));
      });
    },
  };
}

function instances(path: Route["path"], about: string, connect: boolean): Route {
  return {
    method: "GET",
    path,
    about,
    parameters: [asked("passing", "boolean", "Only instances all of whose checks pass"), ...INSTANCE_PARAMETERS],
    body: NO_BODY,
    answers: { 200: "A list of nodes with service and checks", 400: "A parameter is at fault" },
    handle(call, world): Promise<Answer> {
      refuseNamespace(call);
      const options = readOptions(call, world);
      const service = requiredName(call, "service name");
      const onlyPassing = passing(call);
      const request = { service, connect, tags: tagsOf(call, connect), nodeMeta: nodeMeta(call), near: nearOf(call, world), options };
      return readAnswer(async () => {
        const { read, source } = await askCached(call, world, "Health.ServiceNodes", request);
        const found = onlyPassing ? passingOf(read.value) : read.value;
        const shown = translatedFrom(world, options.datacenter, found, translatedInstance);
        return jsonAnswer(writeCheckedInstances(shown), [...source, ...effectiveHeaders(read.meta, options.consistency)]);
      });
    },
  };
}

/** `passing` alone is yes; otherwise its value is read. */
export function passing(call: Call): boolean {
  if (!call.query.has("passing")) return false;
  const text = call.query.get("passing");
  const value = text === "" ? true : parseBool(text);
  if (typeof value === "string") throw new BadRequestError("Invalid value for ?passing");
  return value;
}

/** Of one value always the same one, as watchers of a service who are woken together share it. */
const PASSING = new WeakMap<readonly CheckedInstance[], readonly CheckedInstance[]>();

function passingOf(instances: readonly CheckedInstance[]): readonly CheckedInstance[] {
  const known = PASSING.get(instances);
  if (known !== undefined) return known;
  const found = instances.filter(allPass);
  PASSING.set(instances, found);
  return found;
}

function allPass(instance: CheckedInstance): boolean {
  return instance.checks.every((check) => check.status === "passing");
}
