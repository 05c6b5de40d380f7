import { KvorumError } from "../../base/errors.ts";
import { decodeAutopilotConfig, writeAutopilotConfig, writeOperatorHealth, writeRaftConfiguration } from "../../model/index.ts";
import { emptyAnswer, FALSE, jsonAnswer, TRUE } from "../answer.ts";
import { decodeBody, jsonBody } from "../body.ts";
import type { Call } from "../call.ts";
import { badRequest } from "../errors.ts";
import { parseUint } from "../numbers.ts";
import { READ_PARAMETERS, readOptions, WRITE_PARAMETERS, writeOptions } from "../reads.ts";
import { asked, NO_BODY, type Route } from "../route.ts";

/** Consul api-docs, operator. Adding a server and handing leadership over are Kvorum's own, for clusters formed without gossip. */
export const operatorRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/v1/operator/raft/configuration",
    about: "List the servers of the cluster",
    parameters: READ_PARAMETERS,
    body: NO_BODY,
    answers: { 200: "Servers and the index of the configuration" },
    async handle(call, world) {
      return jsonAnswer(writeRaftConfiguration(await world.backend.call("Operator.RaftConfiguration", { options: readOptions(call, world) })));
    },
  },
  {
    method: "DELETE",
    path: "/v1/operator/raft/peer",
    about: "Remove a server from the cluster",
    parameters: [asked("id", "text", "Its id"), asked("address", "text", "Its ip:port"), ...WRITE_PARAMETERS],
    body: NO_BODY,
    answers: { 200: "Nothing", 400: "Neither or both of id and address", 500: "No such server" },
    async handle(call, world) {
      const byId = call.query.has("id");
      const byAddress = call.query.has("address");
      if (!byId && !byAddress) throw badRequest("Must specify either ?id with the server's ID or ?address with IP:port of peer to remove");
      if (byId && byAddress) throw badRequest("Must specify only one of ?id or ?address");
      const options = writeOptions(call, world);
      if (byAddress && call.query.get("address") === "") throw new KvorumError("internal", 'address "" was not found in the Raft configuration');
      await world.backend.call("Operator.RaftRemovePeer", { id: call.query.get("id"), address: call.query.get("address"), options });
      return emptyAnswer(200);
    },
  },
  {
    method: "PUT",
    path: "/v1/operator/kvorum/server",
    about: "Add the server that listens at an address; it votes when it has caught up",
    parameters: [asked("address", "text", "Its ip:port for server RPC"), ...WRITE_PARAMETERS],
    body: NO_BODY,
    answers: { 200: "Its ID", 400: "No address", 500: "It cannot be asked, or may not be added" },
    async handle(call, world) {
      const address = call.query.get("address");
      if (address === "") throw badRequest("Must specify ?address with IP:port of the server to add");
      const { id } = await world.backend.call("Operator.RaftAddPeer", { address, options: writeOptions(call, world) });
      return jsonAnswer(`{"ID":${JSON.stringify(id)}}`);
    },
  },
  {
    method: "PUT",
    path: "/v1/operator/kvorum/transfer-leader",
    about: "Hand leadership to another server",
    parameters: [asked("id", "text", "Its id; whoever is furthest on when left out"), ...WRITE_PARAMETERS],
    body: NO_BODY,
    answers: { 200: "true", 500: "Nobody can take it" },
    async handle(call, world) {
      await world.backend.call("Operator.RaftTransferLeader", { id: call.query.get("id"), options: writeOptions(call, world) });
      return TRUE;
    },
  },
  {
    method: "GET",
    path: "/v1/operator/autopilot/configuration",
    about: "Read autopilot's settings",
    parameters: READ_PARAMETERS,
    body: NO_BODY,
    answers: { 200: "The settings" },
    async handle(call, world) {
      return jsonAnswer(writeAutopilotConfig(await world.backend.call("Operator.AutopilotGetConfig", { options: readOptions(call, world) })));
    },
  },
  {
    method: "PUT",
    path: "/v1/operator/autopilot/configuration",
    about: "Write autopilot's settings; what is left out becomes zero",
    parameters: [asked("cas", "integer", "Only if their ModifyIndex is this"), ...WRITE_PARAMETERS],
    body: jsonBody("CleanupDeadServers, LastContactThreshold, MaxTrailingLogs, MinQuorum, ServerStabilizationTime"),
    answers: { 200: "Whether they were written", 400: "The body or cas cannot be read" },
    async handle(call, world) {
      const config = decodeBody(call.body, decodeAutopilotConfig, "Bad request: Error parsing autopilot config: ");
      const done = await world.backend.call("Operator.AutopilotSetConfig", { config, cas: casOf(call), options: writeOptions(call, world) });
      return done ? TRUE : FALSE;
    },
  },
  {
    method: "GET",
    path: "/v1/operator/autopilot/health",
    about: "How the servers do",
    parameters: READ_PARAMETERS,
    body: NO_BODY,
    answers: { 200: "All are well", 429: "Some are not" },
    async handle(call, world) {
      const health = await world.backend.call("Operator.AutopilotHealth", { options: readOptions(call, world) });
      return jsonAnswer(writeOperatorHealth(health), [], health.healthy ? 200 : 429);
    },
  },
];

function casOf(call: Call): number | undefined {
  if (!call.query.has("cas")) return undefined;
  const index = parseUint(call.query.get("cas"));
  if (typeof index === "string") throw badRequest(`Error parsing cas value: ${index}`);
  return index > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(index);
}
