import { isJsonObject, writeJson } from "../base/json.ts";
import type { Client } from "./client.ts";
import { StatusError } from "./errors.ts";

export interface SessionRequest {
  readonly name: string;
  /** A Go duration. */
  readonly ttl: string;
  readonly behavior?: "release" | "delete";
  /** Whose it is; the agent's own node when not given. */
  readonly node?: string;
  /** Which checks keep it; those that the servers choose when not given. */
  readonly checks?: readonly string[];
}

/** Makes a session; gives its id. */
export async function createSession(client: Client, { name, ttl, behavior, node, checks }: SessionRequest): Promise<string> {
  const answer = await client.json("PUT", "/v1/session/create", {
    body: writeJson({ Name: name, TTL: ttl, Behavior: behavior, Node: node, Checks: checks }),
  });
  const id = isJsonObject(answer) ? answer["ID"] : undefined;
  if (typeof id !== "string") throw new StatusError(200, "no session id in the answer");
  return id;
}

/** Puts the end of a session off. False: there is no such session any more. */
export async function renewSession(client: Client, id: string): Promise<boolean> {
  const answer = await client.call("PUT", `/v1/session/renew/${id}`);
  if (answer.status === 404) return false;
  if (answer.status !== 200) throw new StatusError(answer.status, answer.body.toString("utf8"));
  return true;
}

export async function destroySession(client: Client, id: string): Promise<void> {
  await client.ask("PUT", `/v1/session/destroy/${id}`);
}
