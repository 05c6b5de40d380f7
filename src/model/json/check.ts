import { type JsonObject, quoteJson, writeJson } from "../../base/json.ts";
import type { Check } from "../catalog.ts";
import { anything, type Decoded, duration, durationText, type Field, flag, int, list, map, struct, text } from "./go-struct.ts";
import { writeList, writeTexts } from "./write.ts";

/** A check as Consul 1.8.7 prints it; tags that are not there are a list here and `null` in a transaction's answer. */
export function writeCheck(check: Check, nilTags: "[]" | "null" = "[]"): string {
  const tags = check.serviceTags.length === 0 ? nilTags : writeTexts(check.serviceTags);
  return `{"Node":${quoteJson(check.node)},"CheckID":${quoteJson(check.checkId)},"Name":${quoteJson(check.name)},"Status":${quoteJson(check.status)},"Notes":${quoteJson(check.notes)},"Output":${quoteJson(check.output)},"ServiceID":${quoteJson(check.serviceId)},"ServiceName":${quoteJson(check.serviceName)},"ServiceTags":${tags},"Type":${quoteJson(check.type)},"Definition":${writeDefinition(check.definition)},"CreateIndex":${check.createIndex},"ModifyIndex":${check.modifyIndex}}`;
}

export function writeChecks(checks: readonly Check[]): string {
  return writeList(checks, (check) => writeCheck(check));
}

/** `Check.definition` is what `readDefinition` made, or nothing. */
function writeDefinition(definition: unknown): string {
  return typeof definition === "object" && definition !== null ? writeJson(definition as JsonObject) : "{}";
}

const definitionBody = struct(
  "structs.HealthCheckDefinition",
  {
    Interval: duration,
    OutputMaxSize: int,
    Timeout: duration,
    DeregisterCriticalServiceAfter: duration,
    HTTP: text,
    TLSSkipVerify: flag,
    Header: map(list(text, "string"), "[]string"),
    Method: text,
    Body: text,
    TCP: text,
    ScriptArgs: list(text, "string"),
    DockerContainerID: text,
    Shell: text,
    GRPC: text,
    GRPCUseTLS: flag,
    AliasNode: text,
    AliasService: text,
    TTL: duration,
    // the API client's own names for the first three, which win where they are given (only transactions have them)
    IntervalDuration: duration,
    TimeoutDuration: duration,
    DeregisterCriticalServiceAfterDuration: duration,
  },
  { loose: true },
);
type DefinitionBody = Decoded<typeof definitionBody>;

/** `Definition` of a check: what is set, in the order and form in which Consul prints it; `undefined` when nothing is. Unknown fields pass. */
export const definition: Field<JsonObject | undefined> = {
  zero: undefined,
  read: (value, place) => (value === null ? undefined : shownDefinition(definitionBody.read(value, place))),
};

/** The same for transactions, which know only the settings of HTTP and TCP checks. */
export const txnDefinition: Field<JsonObject | undefined> = {
  zero: undefined,
  read(value, place) {
    if (value === null) return undefined;
    const { HTTP, TLSSkipVerify, Header, Method, Body, TCP, ...rest } = definitionBody.read(value, place);
    return shownDefinition({
      ...definitionBody.zero,
      Interval: rest.IntervalDuration || rest.Interval,
      Timeout: rest.TimeoutDuration || rest.Timeout,
      DeregisterCriticalServiceAfter: rest.DeregisterCriticalServiceAfterDuration || rest.DeregisterCriticalServiceAfter,
      HTTP,
      TLSSkipVerify,
      Header,
      Method,
      Body,
      TCP,
    });
  },
};

function shownDefinition(said: DefinitionBody): JsonObject | undefined {
  const time = (value: bigint): string | undefined => (value === 0n ? undefined : durationText(value));
  const shown: JsonObject = {
    Interval: time(said.Interval),
    OutputMaxSize: said.OutputMaxSize === 0 ? undefined : said.OutputMaxSize,
    Timeout: time(said.Timeout),
    DeregisterCriticalServiceAfter: time(said.DeregisterCriticalServiceAfter),
    HTTP: said.HTTP || undefined,
    TLSSkipVerify: said.TLSSkipVerify || undefined,
    Header: said.Header === undefined ? undefined : anything.read(headerJson(said.Header), { struct: "", path: "" }),
    Method: said.Method || undefined,
    Body: said.Body || undefined,
    TCP: said.TCP || undefined,
    ScriptArgs: said.ScriptArgs === undefined || said.ScriptArgs.length === 0 ? undefined : said.ScriptArgs,
    DockerContainerID: said.DockerContainerID || undefined,
    Shell: said.Shell || undefined,
    GRPC: said.GRPC || undefined,
    GRPCUseTLS: said.GRPCUseTLS || undefined,
    AliasNode: said.AliasNode || undefined,
    AliasService: said.AliasService || undefined,
    TTL: said.TTL === 0n ? undefined : Number(said.TTL),
  };
  const set = Object.entries(shown).filter(([, value]) => value !== undefined);
  return set.length === 0 ? undefined : Object.fromEntries(set);
}

/** The type of a check that does not say it, by what its definition has; empty when it is none that could run. */
export function checkTypeOf(definition: JsonObject | undefined): string {
  const { Interval, GRPC, HTTP, TTL, TCP, AliasNode, AliasService, ScriptArgs, DockerContainerID } = definition ?? {};
  if (GRPC !== undefined && Interval !== undefined) return "grpc";
  if (HTTP !== undefined && Interval !== undefined) return "http";
  if (TTL !== undefined) return "ttl";
  if (TCP !== undefined && Interval !== undefined) return "tcp";
  if (AliasNode !== undefined || AliasService !== undefined) return "alias";
  if (ScriptArgs !== undefined) return DockerContainerID !== undefined && Interval !== undefined ? "docker" : "script";
  return "";
}

function headerJson(header: Readonly<Record<string, readonly string[] | undefined>>): JsonObject {
  return Object.fromEntries(Object.entries(header).map(([name, values]) => [name, values ?? null]));
}
