import { BadRequestError, KvorumError } from "../../base/errors.ts";
import { quoteJson } from "../../base/json.ts";
import { decodeSessionWish, type Session, type SessionBehavior, type SessionWish, writeSession, writeSessions } from "../../model/index.ts";
import { jsonAnswer, metaHeaders, plainAnswer, TRUE } from "../answer.ts";
import { decodeBody, jsonBody } from "../body.ts";
import type { Call } from "../call.ts";
import { ask, READ_PARAMETERS, readAnswer, readOptions, refuseNamespace, WRITE_PARAMETERS, writeOptions } from "../reads.ts";
import { NO_BODY, pathPart, type Route } from "../route.ts";

const SESSION = pathPart("session", "The session's id");
const NODE_CHECK = "serfHealth";
/** A body that says nothing. */
const EMPTY = Buffer.from("{}");
const DEFAULT_LOCK_DELAY_NS = 15_000_000_000;

/** Consul api-docs, sessions. */
export const sessionRoutes: readonly Route[] = [
  {
    method: "PUT",
    path: "/v1/session/create",
    about: "Begin a session",
    parameters: WRITE_PARAMETERS,
    body: jsonBody("Name, Node, LockDelay, Behavior, TTL, NodeChecks, ServiceChecks; none needs be given"),
    answers: { 200: "Its ID", 400: "The body cannot be read", 500: "A field is at fault" },
    async handle(call, world) {
      refuseNamespace(call);
      const wish = decodeBody(call.body.length === 0 ? EMPTY : call.body, decodeSessionWish, "Request decode failed: ");
      const id = await world.backend.call("Session.Create", { session: sessionOf(wish, world.config.nodeName), options: writeOptions(call, world) });
      return jsonAnswer(`{"ID":${quoteJson(id)}}`);
    },
  },
  {
    method: "PUT",
    path: "/v1/session/destroy/*session",
    about: "End a session",
    parameters: [SESSION, ...WRITE_PARAMETERS],
    body: NO_BODY,
    answers: { 200: "true, also when there was no such session" },
    async handle(call, world) {
      refuseNamespace(call);
      await world.backend.call("Session.Destroy", { id: required(call, "Missing session"), options: writeOptions(call, world) });
      return TRUE;
    },
  },
  {
    method: "PUT",
    path: "/v1/session/renew/*session",
    about: "Put the end of a session off by its TTL",
    parameters: [SESSION, ...WRITE_PARAMETERS],
    body: NO_BODY,
    answers: { 200: "A list with the session", 404: "No such session" },
    async handle(call, world) {
      readOptions(call, world); // refused here too
      refuseNamespace(call);
      const id = required(call, "Missing session");
      const session = await world.backend.call("Session.Renew", { id, options: writeOptions(call, world) });
      return session === undefined ? plainAnswer(404, `Session id '${id}' not found`) : jsonAnswer(`[${writeSession(session)}]`);
    },
  },
  {
    method: "GET",
    path: "/v1/session/info/*session",
    about: "Read a session",
    parameters: [SESSION, ...READ_PARAMETERS],
    body: NO_BODY,
    answers: { 200: "A list with the session, or an empty one" },
    handle(call, world) {
      const options = readOptions(call, world);
      refuseNamespace(call);
      const id = required(call, "Missing session");
      return readAnswer(async () => {
        const { value, meta } = await ask(call, world, "Session.Get", { id, options });
        return jsonAnswer(writeSessions(value === undefined ? [] : [value]), metaHeaders(meta));
      });
    },
  },
  {
    method: "GET",
    path: "/v1/session/node/*node",
    about: "List the sessions of a node",
    parameters: [pathPart("node", "The node's name"), ...READ_PARAMETERS],
    body: NO_BODY,
    answers: { 200: "A list of sessions" },
    handle(call, world) {
      const options = readOptions(call, world);
      refuseNamespace(call);
      const node = required(call, "Missing node name");
      return readAnswer(async () => {
        const { value, meta } = await ask(call, world, "Session.Node", { node, options });
        return jsonAnswer(writeSessions(value), metaHeaders(meta));
      });
    },
  },
  {
    method: "GET",
    path: "/v1/session/list",
    about: "List all sessions",
    parameters: READ_PARAMETERS,
    body: NO_BODY,
    answers: { 200: "A list of sessions" },
    handle(call, world) {
      const options = readOptions(call, world);
      refuseNamespace(call);
      return readAnswer(async () => {
        const { value, meta } = await ask(call, world, "Session.List", { options });
        return jsonAnswer(writeSessions(value), metaHeaders(meta));
      });
    },
  },
];

function required(call: Call, complaint: string): string {
  if (call.rest === "") throw new BadRequestError(complaint);
  return call.name;
}

/**
 * What is left out gets Consul's defaults, what is empty or `null` does not. Nothing under either name of the checks takes the node's own
 * check away; other checks of the old name come on top of `nodeChecks`.
 */
function sessionOf(wish: SessionWish, thisNode: string): Omit<Session, "createIndex" | "modifyIndex"> {
  if (wish.node === "") throw new KvorumError("internal", "Must provide Node");
  const nodeChecks = wish.checks?.length === 0 ? [] : (wish.nodeChecks ?? [NODE_CHECK]);
  const checks = nodeChecks.length === 0 ? [] : (wish.checks ?? []).filter((check) => check !== NODE_CHECK);
  return {
    id: "",
    name: wish.name ?? "",
    node: wish.node ?? thisNode,
    lockDelayNs: wish.lockDelayNs ?? DEFAULT_LOCK_DELAY_NS,
    behavior: behaviorOf(wish.behavior ?? ""),
    ttl: wish.ttl ?? "",
    nodeChecks,
    serviceChecks: wish.serviceChecks,
    ...(checks.length === 0 ? {} : { checks }),
  };
}

function behaviorOf(text: string): SessionBehavior {
  if (text === "" || text === "release") return "release";
  if (text === "delete") return "delete";
  throw new KvorumError("internal", `Invalid Behavior setting '${text}'`);
}
