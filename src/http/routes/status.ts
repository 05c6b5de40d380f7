import { quoteJson } from "../../base/json.ts";
import { writeTexts } from "../../model/index.ts";
import { jsonAnswer } from "../answer.ts";
import { datacenterOf, readOptions } from "../reads.ts";
import { asked, NO_BODY, type Route } from "../route.ts";

const DC = asked("dc", "text", "The datacenter to ask");

/** Consul api-docs, status. */
export const statusRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/v1/status/leader",
    about: "The address of the leader",
    parameters: [DC],
    body: NO_BODY,
    answers: { 200: "ip:port as text; empty when there is none" },
    async handle(call, world) {
      readOptions(call, world); // refused here too
      return jsonAnswer(quoteJson(await world.backend.call("Status.Leader", { datacenter: datacenterOf(call, world) })));
    },
  },
  {
    method: "GET",
    path: "/v1/status/peers",
    about: "The addresses of the servers",
    parameters: [DC],
    body: NO_BODY,
    answers: { 200: "A list of ip:port" },
    async handle(call, world) {
      readOptions(call, world); // refused here too
      return jsonAnswer(writeTexts(await world.backend.call("Status.Peers", { datacenter: datacenterOf(call, world) })));
    },
  },
];
