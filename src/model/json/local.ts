import { isJsonArray, isJsonObject, type JsonObject, type JsonValue, quoteJson, writeJson } from "../../base/json.ts";
import type { LocalCheck, LocalService } from "../agent.ts";
import { writeCheck } from "./check.ts";
import { writeList, writeMap, writeTextMap, writeTexts } from "./write.ts";

/** How an instance fares by the checks of its agent. */
export interface LocalHealth {
  /** The worst of its checks: passing, warning, critical or maintenance. */
  readonly status: string;
  readonly service: LocalService;
  readonly checks: readonly LocalCheck[];
}

/** `agent/services`: by id. */
export function writeAgentServices(services: readonly LocalService[]): string {
  return writeMap(Object.fromEntries(services.map((service) => [service.id, service])), (service) => writeAgentService(service));
}

/** A service as its agent prints it; `contentHash` only where one service is asked for. */
export function writeAgentService(service: LocalService, contentHash = ""): string {
  const kind = service.kind === "" ? "" : `"Kind":${quoteJson(service.kind)},`;
  const tagged = service.taggedAddresses === undefined || Object.keys(service.taggedAddresses).length === 0 ? "" : `,"TaggedAddresses":${writeTagged(service)}`;
  const socket = service.socketPath === undefined ? "" : `,"SocketPath":${quoteJson(service.socketPath)}`;
  const hash = contentHash === "" ? "" : `,"ContentHash":${quoteJson(contentHash)}`;
  const connect = isJsonObject(service.connect as JsonValue | undefined) ? `,"Connect":${writeJson(service.connect as JsonObject)}` : "";
  return `{${kind}"ID":${quoteJson(service.id)},"Service":${quoteJson(service.service)},"Tags":${writeTexts(service.tags ?? [])},"Meta":${writeTextMap(service.meta ?? {})},"Port":${service.port},"Address":${quoteJson(service.address)}${socket}${tagged},"Weights":{"Passing":${service.weights.passing},"Warning":${service.weights.warning}},"EnableTagOverride":${service.enableTagOverride}${hash}${proxyOf(service)}${connect}}`;
}

/** `agent/checks`: by id. */
export function writeAgentChecks(checks: readonly LocalCheck[]): string {
  return writeMap(Object.fromEntries(checks.map((check) => [check.checkId, check])), (check) => writeCheck({ ...check, createIndex: 0, modifyIndex: 0 }));
}

/** One instance in `agent/health/service`; where there is none, `null` for its parts. */
export function writeLocalHealth(health: LocalHealth | undefined): string {
  if (health === undefined) return `{"AggregatedStatus":"critical","Service":null,"Checks":null}`;
  const checks = writeList(health.checks, writeHealthCheck);
  return `{"AggregatedStatus":${quoteJson(health.status)},"Service":${writeAgentService(health.service)},"Checks":${checks}}`;
}

export function writeLocalHealths(healths: readonly LocalHealth[]): string {
  return writeList(healths, writeLocalHealth);
}

const EMPTY_DEFINITION =
  '{"Interval":"0s","Timeout":"0s","DeregisterCriticalServiceAfter":"0s","HTTP":"","Header":null,"Method":"","Body":"","TLSSkipVerify":false,"TCP":""}';

/** Here Consul 1.8.7 goes by its client's types: no type, and a definition with all its fields. */
function writeHealthCheck(check: LocalCheck): string {
  const tags = check.serviceTags.length === 0 ? "null" : writeTexts(check.serviceTags);
  return `{"Node":${quoteJson(check.node)},"CheckID":${quoteJson(check.checkId)},"Name":${quoteJson(check.name)},"Status":${quoteJson(check.status)},"Notes":${quoteJson(check.notes)},"Output":${quoteJson(check.output)},"ServiceID":${quoteJson(check.serviceId)},"ServiceName":${quoteJson(check.serviceName)},"ServiceTags":${tags},"Type":"","Definition":${EMPTY_DEFINITION},"CreateIndex":0,"ModifyIndex":0}`;
}

function writeTagged({ taggedAddresses }: LocalService): string {
  return writeMap(taggedAddresses, (at) => `{"Address":${quoteJson(at.address)},"Port":${at.port}}`);
}

/** Proxies and gateways show their settings; parts of upstreams that are empty are left out. */
function proxyOf({ kind, proxy }: LocalService): string {
  if (!["connect-proxy", "mesh-gateway", "terminating-gateway", "ingress-gateway"].includes(kind)) return "";
  const settings = proxy as JsonValue | undefined;
  if (!isJsonObject(settings)) return ',"Proxy":{"MeshGateway":{},"Expose":{}}';
  const upstreams = settings["Upstreams"];
  if (!isJsonArray(upstreams)) return `,"Proxy":${writeJson(settings)}`;
  return `,"Proxy":${writeJson({ ...settings, Upstreams: upstreams.map(withoutEmpty) })}`;
}

function withoutEmpty(upstream: JsonValue): JsonValue {
  if (!isJsonObject(upstream)) return upstream;
  return Object.fromEntries(Object.entries(upstream).filter(([, value]) => value !== null && value !== "" && value !== 0));
}
