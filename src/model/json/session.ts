import { isJsonArray, isJsonObject, type JsonValue, quoteJson } from "../../base/json.ts";
import type { Session } from "../session.ts";
import { decodeJson, durationOf, type Field, index, int64Of, list, mismatch, optional, struct, text } from "./go-struct.ts";
import { writeList, writeTexts } from "./write.ts";

/** A session as Consul 1.8.7 prints it. */
export function writeSession(session: Session): string {
  const serviceChecks =
    session.serviceChecks === undefined
      ? "null"
      : writeList(session.serviceChecks, (check) => `{"ID":${quoteJson(check.id)},"Namespace":${quoteJson(check.namespace)}}`);
  const checks = session.checks === undefined || session.checks.length === 0 ? "" : `"Checks":${writeTexts(session.checks)},`;
  return `{"ID":${quoteJson(session.id)},"Name":${quoteJson(session.name)},"Node":${quoteJson(session.node)},"LockDelay":${session.lockDelayNs},"Behavior":${quoteJson(session.behavior)},"TTL":${quoteJson(session.ttl)},"NodeChecks":${writeTexts(session.nodeChecks)},"ServiceChecks":${serviceChecks},${checks}"CreateIndex":${session.createIndex},"ModifyIndex":${session.modifyIndex}}`;
}

export function writeSessions(sessions: readonly Session[]): string {
  return writeList(sessions, writeSession);
}

/** What a body of `session/create` said; `undefined` where it said nothing. */
export interface SessionWish {
  readonly name: string | undefined;
  readonly node: string | undefined;
  readonly lockDelayNs: number | undefined;
  readonly behavior: string | undefined;
  readonly ttl: string | undefined;
  readonly nodeChecks: readonly string[] | undefined;
  readonly checks: readonly string[] | undefined;
  readonly serviceChecks: Session["serviceChecks"];
}

/** Nanoseconds. A number below 1000 is seconds; so is a negative one; of other types than text and number Consul takes 0. */
const lockDelay: Field<number | undefined> = {
  zero: undefined,
  read(value) {
    if (value === null) return undefined;
    const given = typeof value === "string" ? durationOf(value) : typeof value === "number" ? int64Of(value) : 0n;
    return Number(given < 1_000n ? BigInt.asIntN(64, given * 1_000_000_000n) : given);
  },
};

/** What a session is bound to when nothing else is said. */
const DEFAULT_CHECK = "serfHealth";

/** Left out, the default holds; `null` is an empty list, which takes the default away. Go reads a list into the default: a `null` in its place leaves it. */
const checkIds: Field<readonly string[] | undefined> = {
  zero: undefined,
  read(value, place) {
    const said = list(text, "string").read(value, place) ?? [];
    return isJsonArray(value) && value[0] === null ? [DEFAULT_CHECK, ...said.slice(1)] : said;
  },
};
const serviceCheck = struct("structs.ServiceCheck", { ID: text, Namespace: text }, { loose: true });
const sessionBody = struct(
  "struct { LockDelay interface {}; *structs.Alias }",
  {
    ID: text,
    Name: optional(text),
    Node: optional(text),
    LockDelay: lockDelay,
    Behavior: optional(text),
    TTL: optional(text),
    NodeChecks: checkIds,
    Checks: checkIds,
    ServiceChecks: list(serviceCheck, "structs.ServiceCheck"),
    CreateIndex: index,
    ModifyIndex: index,
  },
  { loose: true },
);

/** Reads the body of `session/create`. Unlike elsewhere unknown fields are let pass. Throws `JsonDecodeError`. */
export function decodeSessionWish(body: JsonValue): SessionWish {
  if (body !== null && !isJsonObject(body)) throw mismatch(body, { struct: "", path: "" }, "struct { LockDelay interface {}; *structs.Alias }");
  const said = decodeJson(sessionBody, body);
  return {
    name: said.Name,
    node: said.Node,
    lockDelayNs: said.LockDelay,
    behavior: said.Behavior,
    ttl: said.TTL,
    nodeChecks: said.NodeChecks,
    checks: said.Checks,
    serviceChecks: said.ServiceChecks?.map((check) => ({ id: check.ID, namespace: check.Namespace })),
  };
}
