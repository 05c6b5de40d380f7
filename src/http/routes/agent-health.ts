import { KvorumError } from "../../base/errors.ts";
import { quoteJson } from "../../base/json.ts";
import { type LocalCheck, type LocalHealth, type LocalService, writeLocalHealth, writeLocalHealths } from "../../model/index.ts";
import { type Answer, headerText, jsonAnswer } from "../answer.ts";
import type { Call } from "../call.ts";
import { badRequest } from "../errors.ts";
import type { LocalPort } from "../ports.ts";
import { refuseNamespace } from "../reads.ts";
import { asked, NO_BODY, pathPart, type Route } from "../route.ts";

const FORMAT = asked("format", "text", "text for one word in place of JSON");
const NODE_MAINTENANCE_ID = "_node_maintenance";
/** What a balancer goes by, from good to bad. */
const STATUS: Readonly<Record<string, number>> = { passing: 200, warning: 429, critical: 503, maintenance: 503 };
const ANSWERS = { 200: "All is passing", 404: "Not here", 429: "Something is a warning", 503: "Something is critical, or in maintenance" };

/** Consul api-docs, agent: local service health. */
export const agentHealthRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/v1/agent/health/service/id/*id",
    about: "Tell how an instance on this agent fares",
    parameters: [pathPart("id", "The service's id"), FORMAT],
    body: NO_BODY,
    answers: ANSWERS,
    handle(call, { agent: { local } }) {
      if (call.rest === "") throw asInternal("Missing serviceID");
      refuseNamespace(call);
      const found = local.service(call.name);
      if (found === undefined) {
        const reason = `ServiceId ${call.name} not found`;
        return answer({ status: 404, reason, body: isText(call) ? quoteJson(reason) : writeLocalHealth(undefined) });
      }
      const health = healthOf(found.service, local.checks(""));
      return spoken(call, health.status, writeLocalHealth(health));
    },
  },
  {
    method: "GET",
    path: "/v1/agent/health/service/name/*name",
    about: "Tell how the instances of a service on this agent fare",
    parameters: [pathPart("name", "The service's name"), FORMAT],
    body: NO_BODY,
    answers: ANSWERS,
    handle(call, { agent: { local } }) {
      if (call.rest === "") throw asInternal("Missing service Name");
      refuseNamespace(call);
      const all = healthsOf(local, call.name);
      if (all.length === 0) {
        const reason = `ServiceName ${call.name} Not Found`;
        return isText(call) ? text(404, reason, reason) : answer({ status: 404, reason, body: "[]" });
      }
      const worst = worstOf(all.map(({ status }) => status));
      return spoken(call, worst, writeLocalHealths([...all].sort((a, b) => badness(b.status) - badness(a.status))));
    },
  },
];

/** Consul answers 500 to these, and calls them bad requests all the same. */
function asInternal(reason: string): KvorumError {
  return new KvorumError("internal", badRequest(reason).message);
}

function healthsOf(local: LocalPort, name: string): readonly LocalHealth[] {
  const checks = local.checks("");
  return local
    .services("")
    .filter(({ service }) => service === name)
    .map((service) => healthOf(service, checks));
}

/** By the checks of the instance and those of the node. */
function healthOf(service: LocalService, all: readonly LocalCheck[]): LocalHealth {
  const checks = all.filter(({ serviceId }) => serviceId === service.id || serviceId === "");
  const maintained = checks.some(({ checkId }) => checkId === NODE_MAINTENANCE_ID || checkId.startsWith("_service_maintenance:"));
  return { status: maintained ? "maintenance" : worstOf(checks.map(({ status }) => status)), service, checks };
}

function worstOf(statuses: readonly string[]): string {
  return statuses.reduce((worst, status) => (badness(status) > badness(worst) ? status : worst), "passing");
}

function badness(status: string): number {
  return ["passing", "warning", "critical", "maintenance"].indexOf(status);
}

function spoken(call: Call, status: string, body: string): Answer {
  const code = STATUS[status] ?? 503;
  return isText(call) ? text(code, status, status) : answer({ status: code, reason: status, body });
}

function answer({ status, reason, body }: { readonly status: number; readonly reason: string; readonly body: string }): Answer {
  return jsonAnswer(body, ["X-Consul-Reason", headerText(reason)], status);
}

function text(status: number, reason: string, body: string): Answer {
  return { status, contentType: "text/plain", headers: ["X-Consul-Reason", headerText(reason)], body, json: false };
}

function isText(call: Call): boolean {
  return call.header("accept").startsWith("text/plain") || call.query.get("format") === "text";
}
