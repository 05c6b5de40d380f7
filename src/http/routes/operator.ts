import { KvorumError } from "../../base/errors.ts";
import { decodeAutopilotConfig, decodeKeyringKey, writeAutopilotConfig, writeOperatorHealth, writeRaftConfiguration } from "../../model/index.ts";
import { type Answer, emptyAnswer, FALSE, jsonAnswer, plainAnswer, TRUE } from "../answer.ts";
import { decodeBody, jsonBody } from "../body.ts";
import type { Call } from "../call.ts";
import { badRequest } from "../errors.ts";
import { parseBool, parseInteger, parseUint } from "../numbers.ts";
import { READ_PARAMETERS, readOptions, WRITE_PARAMETERS, writeOptions } from "../reads.ts";
import { asked, NO_BODY, type Route, type World } from "../route.ts";
import { REQUEST_DECODE_FAILED } from "./catalog.ts";

const MAX_RELAY_FACTOR = 5;
const KEYRING_PARAMETERS = [
  asked("relay-factor", "integer", "How many other members pass each answer on, 0 to 5"),
  asked("local-only", "boolean", "Only the members of this datacenter"),
];

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
  keyring("GET", "List the gossip keys"),
  keyring("POST", "Install a gossip key"),
  keyring("PUT", "Use a gossip key"),
  keyring("DELETE", "Remove a gossip key"),
];

function casOf(call: Call): number | undefined {
  if (!call.query.has("cas")) return undefined;
  const index = parseUint(call.query.get("cas"));
  if (typeof index === "string") throw badRequest(`Error parsing cas value: ${index}`);
  return index > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(index);
}

/** Without encryption there is no keyring, which Consul reports as one failure a pool and member. */
function keyring(method: "GET" | "POST" | "PUT" | "DELETE", about: string): Route {
  return {
    method,
    path: "/v1/operator/keyring",
    about,
    parameters: KEYRING_PARAMETERS,
    body: method === "GET" ? NO_BODY : jsonBody("Key"),
    answers: { 400: "A parameter is at fault", 500: "Encryption is not enabled" },
    handle(call, world): Answer {
      const key = method === "GET" ? "" : decodeBody(call.body, decodeKeyringKey, `Bad request: ${REQUEST_DECODE_FAILED}`);
      const localOnly = keyringParameters(call);
      if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(key)) {
        const complaint = "illegal base64 data at input byte 0";
        return failures([...(localOnly ? [] : [`WAN error: ${complaint}`]), `${world.config.datacenter} (LAN) error: ${complaint}`]);
      }
      return refuseKeyring(world, method === "GET" ? "Keyring is empty (encryption not enabled)" : "No keyring to modify (encryption not enabled)", localOnly);
    },
  };
}

/** Whether only this datacenter is meant. */
function keyringParameters(call: Call): boolean {
  const factor = call.query.get("relay-factor");
  if (factor !== "") {
    const value = parseInteger(factor);
    if (typeof value === "string") throw badRequest(`Error parsing relay factor: ${value}`);
    if (value < 0 || value > MAX_RELAY_FACTOR) throw badRequest(`Invalid relay-factor: Relay factor must be in range: [0, ${MAX_RELAY_FACTOR}]`);
  }
  const local = call.query.get("local-only");
  const localOnly = local === "" ? false : parseBool(local);
  if (typeof localOnly === "string") throw badRequest(`Error parsing local-only: ${localOnly}`);
  if (localOnly && call.method !== "GET") throw new KvorumError("bad-request", "Bad request: local-only cannot be set to true for this operation");
  return localOnly;
}

function refuseKeyring(world: World, complaint: string, localOnly: boolean): Answer {
  const { datacenter, nodeName } = world.config;
  const wan = ["WAN error: 1/1 nodes reported failure", `${nodeName}.${datacenter}: ${complaint}`];
  return failures([...(localOnly ? [] : wan), `${datacenter} (LAN) error: 1/1 nodes reported failure`, `${nodeName}: ${complaint}`]);
}

function failures(errors: readonly string[]): Answer {
  return plainAnswer(500, `${errors.length} errors occurred:\n${errors.map((error) => `\t* ${error}\n`).join("")}\n`);
}
