import { BadRequestError } from "../../base/errors.ts";
import { type InstanceOrder, writeCheckedInstances } from "../../model/index.ts";
import { jsonAnswer } from "../answer.ts";
import type { Call } from "../call.ts";
import { parseInteger } from "../numbers.ts";
import { ask, effectiveHeaders, nodeMeta, READ_PARAMETERS, readAnswer, readOptions, refuseNamespace } from "../reads.ts";
import { asked, NO_BODY, type Route } from "../route.ts";
import { translatedFrom, translatedInstance } from "../translated.ts";
import { passing } from "./health.ts";

/** One call that Consul lacks: what programs otherwise put together from a call a service. */
export const instanceRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/v1/health/services",
    about: "List the instances of all services with their checks, filtered, sorted and in pages; X-Kvorum-Total counts all, X-Kvorum-Next goes on",
    parameters: [
      asked("filter", "text", "An expression as of health/service that instances must meet"),
      asked("tag", "text", "A tag that instances must have; may be given several times"),
      asked("node-meta", "text", "name:value that the node must have; may be given several times"),
      asked("passing", "boolean", "Only instances all of whose checks pass"),
      asked("sort", "text", "service (as when left out), node or status (the worst first); with - before it the other way round"),
      asked("limit", "integer", "How many instances at most; all when left out"),
      asked("after", "text", "The X-Kvorum-Next of the page before"),
      ...READ_PARAMETERS,
    ],
    body: NO_BODY,
    answers: { 200: "A list of nodes with service and checks", 400: "A parameter is at fault", 500: "The filter is at fault" },
    handle(call, world) {
      refuseNamespace(call);
      const options = readOptions(call, world);
      const { order, descending } = orderOf(call);
      const request = {
        tags: call.query.all("tag"),
        nodeMeta: nodeMeta(call),
        onlyPassing: passing(call),
        order,
        descending,
        limit: limitOf(call),
        after: call.query.get("after"),
        options,
      };
      return readAnswer(async () => {
        const { value, meta } = await ask(call, world, "Health.Instances", request);
        const next = value.next === "" ? [] : ["X-Kvorum-Next", value.next];
        const headers = [...effectiveHeaders(meta, options.consistency), "X-Kvorum-Total", String(value.total), ...next];
        return jsonAnswer(writeCheckedInstances(translatedFrom(world, options.datacenter, value.instances, translatedInstance)), headers);
      });
    },
  },
];

function orderOf(call: Call): { readonly order: InstanceOrder; readonly descending: boolean } {
  const text = call.query.get("sort");
  const descending = text.startsWith("-");
  const order = descending ? text.slice(1) : text || "service";
  if (order !== "service" && order !== "node" && order !== "status") throw new BadRequestError(`Invalid "sort": service, node or status, not "${text}"`);
  return { order, descending };
}

function limitOf(call: Call): number {
  const text = call.query.get("limit");
  const limit = text === "" ? 0 : parseInteger(text);
  if (typeof limit === "string" || limit < 0) throw new BadRequestError(`Invalid "limit": a whole number from 0, not "${text}"`);
  return limit;
}
