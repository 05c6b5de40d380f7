import { KvorumError } from "../../base/errors.ts";
import { decodeServiceDefinition, writeAgentService, writeAgentServices } from "../../model/index.ts";
import { type Answer, emptyAnswer, jsonAnswer, plainAnswer } from "../answer.ts";
import { decodeBody, jsonBody } from "../body.ts";
import type { Call } from "../call.ts";
import { refuseNamespace, waitOptions } from "../reads.ts";
import { asked, NO_BODY, pathPart, type Route, type World } from "../route.ts";
import { maintenanceWish } from "./agent-maintenance.ts";
import { ownRoutes, withToken } from "./agent-own.ts";
import { REQUEST_DECODE_FAILED } from "./catalog.ts";

const ID = pathPart("id", "The service's id");

const own = ownRoutes({
  what: "service",
  id: ID,
  along: ", with its checks and its sidecar",
  list: (world, filter) => writeAgentServices(world.agent.local.services(filter)),
  remove: (world, id) => world.agent.local.deregisterService(id),
});

/** Consul api-docs, agent: services. */
export const agentServiceRoutes: readonly Route[] = [
  own.listed,
  {
    method: "GET",
    path: "/v1/agent/service/*id",
    about: "Read a service of this agent",
    parameters: [
      ID,
      asked("hash", "text", "Answer when the service has another hash than this, or when `wait` is over"),
      asked("wait", "duration", "How long"),
    ],
    body: NO_BODY,
    answers: { 200: "The service, with its hash", 404: "There is none" },
    async handle(call, world) {
      refuseNamespace(call);
      const { maxWaitMs } = waitOptions(call, world);
      const hash = call.query.get("hash");
      if (hash !== "" && world.agent.local.service(call.name)?.hash === hash) await changed(call, world, maxWaitMs);
      const found = world.agent.local.service(call.name);
      if (found === undefined) return plainAnswer(404, `unknown service ID: ${call.name}`);
      return jsonAnswer(writeAgentService(found.service, found.hash), ["X-Consul-Contenthash", found.hash]);
    },
  },
  {
    method: "PUT",
    path: "/v1/agent/service/register",
    about: "Register a service with this agent, with its checks and its sidecar",
    parameters: [asked("replace-existing-checks", "boolean", "Take out the checks that the service had and the body does not name")],
    body: jsonBody("Name, ID, Kind, Tags, Address, TaggedAddresses, Meta, Port, Weights, EnableTagOverride, Check, Checks, Proxy, Connect, Token"),
    answers: { 200: "Nothing: it is registered, and the catalog will follow", 400: "A field is at fault", 500: "It is not allowed" },
    async handle(call, world) {
      refuseNamespace(call);
      const said = decodeBody(call.body, decodeServiceDefinition, REQUEST_DECODE_FAILED);
      const replace = call.query.get("replace-existing-checks");
      const replaceExistingChecks = call.query.has("replace-existing-checks") && (replace === "" || replace === "true");
      await world.agent.local.registerService(withToken(said, call), { replaceExistingChecks });
      return emptyAnswer(200);
    },
  },
  own.takenOut,
  {
    method: "PUT",
    path: "/v1/agent/service/maintenance/*id",
    about: "Put a service into maintenance, or out of it",
    parameters: [ID, asked("enable", "boolean", "In, or out"), asked("reason", "text", "A word for people")],
    body: NO_BODY,
    answers: { 200: "Nothing: it is done", 400: "A parameter is at fault", 404: "There is no such service" },
    async handle(call, world): Promise<Answer> {
      if (call.rest === "") throw new KvorumError("bad-request", "Missing service ID");
      refuseNamespace(call);
      await world.agent.local.serviceMaintenance(call.name, maintenanceWish(call));
      return emptyAnswer(200);
    },
  },
];

/** Waits until the service is another one or none, the time is over, or the client has gone. */
function changed(call: Call, { agent, platform }: World, maxWaitMs: number): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      watching[Symbol.dispose]();
      timer[Symbol.dispose]();
      resolve();
    };
    const watching = agent.local.onService(call.name, done);
    const timer = platform.clock.after(maxWaitMs + platform.random.int(Math.max(1, Math.trunc(maxWaitMs / 16))), done);
    call.onGone(done);
  });
}
