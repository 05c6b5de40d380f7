import { KvorumError } from "../../base/errors.ts";
import { LinearPattern } from "../../base/linear-pattern.ts";
import { decodeMsgpack, encodeMsgpack } from "../../base/msgpack.ts";
import type { PoolEvent } from "../types.ts";

/** Before the name of a user event in the pool; other names that begin with `consul:` are the servers' own. */
const USER_PREFIX = "consul:event:";
/** A server that starts to lead says so with its node's name. */
export const NEW_LEADER_EVENT = "consul:new-leader";
const VERSION = 1;

/** A user event as Consul has it (`/v1/event/fire`). Filters are regular expressions, each receiver applies them to itself; "" lets all pass. */
export interface UserEventBody {
  /** UUID. */
  readonly id: string;
  readonly name: string;
  readonly payload: Uint8Array;
  readonly nodeFilter: string;
  readonly serviceFilter: string;
  readonly tagFilter: string;
  readonly version: number;
}

/** Name and payload of the event that carries a user event through the pool. */
export function encodeUserEvent(event: Omit<UserEventBody, "version">): { readonly name: string; readonly payload: Uint8Array } {
  const { id, name, payload, nodeFilter, serviceFilter, tagFilter } = event;
  const body = {
    ID: id,
    n: name,
    ...(payload.length === 0 ? {} : { p: Buffer.from(payload) }),
    ...(nodeFilter === "" ? {} : { nf: nodeFilter }),
    ...(serviceFilter === "" ? {} : { sf: serviceFilter }),
    ...(tagFilter === "" ? {} : { tf: tagFilter }),
    v: VERSION,
  };
  return { name: `${USER_PREFIX}${name}`, payload: Uint8Array.from(encodeMsgpack(body)) };
}

/** `undefined` when it is no user event of Consul, or cannot be read. */
export function decodeUserEvent(event: Pick<PoolEvent, "name" | "payload">): UserEventBody | undefined {
  if (!event.name.startsWith(USER_PREFIX)) return undefined;
  const body = decoded(event.payload);
  if (typeof body !== "object" || body === null) return undefined;
  const fields = new Map(Object.entries(body));
  const text = (key: string): string => {
    const value: unknown = fields.get(key);
    return typeof value === "string" ? value : value instanceof Uint8Array ? Buffer.from(value).toString("utf8") : "";
  };
  const payload: unknown = fields.get("p");
  const version: unknown = fields.get("v");
  return {
    id: text("ID"),
    name: text("n"),
    payload: payload instanceof Uint8Array ? Uint8Array.from(payload) : Uint8Array.from(Buffer.from(text("p"))),
    nodeFilter: text("nf"),
    serviceFilter: text("sf"),
    tagFilter: text("tf"),
    version: typeof version === "number" ? version : 0,
  };
}

/** Whether an event means an agent of this name with these services. A filter that is no regular expression means nobody. */
export function userEventMeans(
  event: Pick<UserEventBody, "nodeFilter" | "serviceFilter" | "tagFilter">,
  agent: { readonly node: string; readonly services: readonly { readonly name: string; readonly tags: readonly string[] }[] },
): boolean {
  const { nodeFilter, serviceFilter, tagFilter } = event;
  if (nodeFilter !== "" && !(LinearPattern.parse(nodeFilter)?.test(agent.node) ?? false)) return false;
  if (serviceFilter === "") return true;
  const service = LinearPattern.parse(serviceFilter);
  const tag = tagFilter === "" ? undefined : LinearPattern.parse(tagFilter);
  if (service === undefined || (tag === undefined && tagFilter !== "")) return false;
  return agent.services.some(({ name, tags }) => service.test(name) && (tag === undefined || tags.some((each) => tag.test(each))));
}

function decoded(payload: Uint8Array): unknown {
  try {
    return decodeMsgpack(payload);
  } catch (error) {
    if (!(error instanceof KvorumError)) throw error;
    return undefined; // from the network: somebody's event that is none
  }
}
