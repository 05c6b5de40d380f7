import { decodeKeyringKey, type KeyringAnswer, type KeyringOperation, writeKeyringAnswers } from "../../model/index.ts";
import { emptyAnswer, jsonAnswer } from "../answer.ts";
import { base64Fault } from "../base64.ts";
import { decodeBody, jsonBody } from "../body.ts";
import type { Call } from "../call.ts";
import { badRequest, listOfErrors } from "../errors.ts";
import { parseBool, parseInteger } from "../numbers.ts";
import { asked, NO_BODY, type Route } from "../route.ts";
import { REQUEST_DECODE_FAILED } from "./catalog.ts";

const MAX_RELAY_FACTOR = 5;
const PARAMETERS = [
  asked("relay-factor", "integer", "How many other members pass each answer on, 0 to 5"),
  asked("local-only", "boolean", "Only the members of this datacenter; for reading alone"),
];

/** Consul api-docs, operator/keyring: the keys of gossip encryption, on all members of all pools. */
export const keyringRoutes: readonly Route[] = [
  keyring("GET", "list", "List the gossip keys"),
  keyring("POST", "install", "Install a gossip key"),
  keyring("PUT", "use", "Use a gossip key"),
  keyring("DELETE", "remove", "Remove a gossip key"),
];

function keyring(method: "GET" | "POST" | "PUT" | "DELETE", operation: KeyringOperation, about: string): Route {
  return {
    method,
    path: "/v1/operator/keyring",
    about,
    parameters: PARAMETERS,
    body: method === "GET" ? NO_BODY : jsonBody("Key"),
    answers: {
      200: method === "GET" ? "For every pool its keys, and how many members hold and use each" : "Nothing: it is done everywhere",
      400: "A parameter is at fault",
      500: "A member refused or did not answer, or encryption is not enabled",
    },
    async handle(call, world) {
      const text = operation === "list" ? "" : decodeBody(call.body, decodeKeyringKey, `Bad request: ${REQUEST_DECODE_FAILED}`);
      const { relayFactor, localOnly } = parametersOf(call);
      const fault = base64Fault(text);
      if (fault !== undefined) {
        const complaint = `illegal base64 data at input byte ${fault}`;
        throw listOfErrors([`WAN error: ${complaint}`, `${world.config.datacenter} (LAN) error: ${complaint}`]);
      }
      const options = { datacenter: "", token: call.token };
      const answers = await world.backend.call("Operator.Keyring", { operation, key: Buffer.from(text, "base64"), relayFactor, localOnly, options });
      const failures = answers.flatMap(failuresOf);
      if (failures.length > 0) throw listOfErrors(failures);
      return operation === "list" ? jsonAnswer(writeKeyringAnswers(answers)) : emptyAnswer(200);
    },
  };
}

function parametersOf(call: Call): { readonly relayFactor: number; readonly localOnly: boolean } {
  const factor = call.query.get("relay-factor");
  const relayFactor = factor === "" ? 0 : parseInteger(factor);
  if (typeof relayFactor === "string") throw badRequest(`Error parsing relay factor: ${relayFactor}`);
  if (relayFactor < 0 || relayFactor > MAX_RELAY_FACTOR) throw badRequest(`Invalid relay-factor: Relay factor must be in range: [0, ${MAX_RELAY_FACTOR}]`);
  const local = call.query.get("local-only");
  const localOnly = local === "" ? false : parseBool(local);
  if (typeof localOnly === "string") throw badRequest(`Error parsing local-only: ${localOnly}`);
  if (localOnly && call.method !== "GET") throw badRequest("Invalid use of local-only: local-only can only be set for list requests");
  return { relayFactor, localOnly };
}

function failuresOf({ wan, datacenter, error, messages }: KeyringAnswer): readonly string[] {
  if (error === "") return [];
  return [
    `${wan ? "WAN" : `${datacenter} (LAN)`} error: ${error}`,
    ...Object.entries(messages)
      .sort(byNode)
      .map(([node, message]) => `${node}: ${message}`),
  ];
}

function byNode([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : 1;
}
