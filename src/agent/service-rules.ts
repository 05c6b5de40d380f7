import { BadRequestError } from "../base/errors.ts";
import { goQuote } from "../base/go-quote.ts";
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from "../base/json.ts";
import type { ServiceDefinition } from "../model/index.ts";
import { checkFault, isStatus } from "./checks/kind.ts";

const META_PAIRS_MAX = 64;
const META_KEY_MAX = 128;
const META_VALUE_MAX = 512;
const WEIGHT_MAX = 65_535;
const STATUS_FAULT = "Status for checks must 'passing', 'warning', 'critical'";

/** Checks what a client asks for. Throws `BadRequestError` with Consul's texts, the first that it would give. */
export function validateService(service: ServiceDefinition): void {
  if (service.name === "") throw new BadRequestError("Missing service name");
  if (["0.0.0.0", "::", "[::]"].includes(service.address)) throw new BadRequestError("Invalid service address");
  refuse("Invalid Weights: ", weightsFault(service.weights));
  refuse("Invalid Service Meta: ", metaFault(service.meta));
  refuse("", listed(serviceFaults(service)));
  for (const check of service.checks) refuse("Invalid check: ", checkFault(check));
  for (const { status } of service.checks) if (status !== "" && !isStatus(status)) throw new BadRequestError(STATUS_FAULT);
}

/** Checks the sidecar of a service. Throws `BadRequestError`; the texts of its checks' faults are without their beginning. */
export function sidecarCheckFault(sidecar: ServiceDefinition): string | undefined {
  const fault = sidecar.checks.map(checkFault).find((each) => each !== undefined);
  if (fault !== undefined) return `Invalid check in sidecar_service: ${fault}`;
  return sidecar.checks.some(({ status }) => status !== "" && !isStatus(status)) ? STATUS_FAULT : undefined;
}

/** Several faults as Consul lists them; `undefined` when there are none. */
export function listed(faults: readonly string[]): string | undefined {
  if (faults.length === 0) return undefined;
  return `${faults.length} error${faults.length === 1 ? "" : "s"} occurred:\n${faults.map((fault) => `\t* ${fault}\n`).join("")}\n`;
}

/** What proxies, gateways and sidecars must and must not have. */
export function serviceFaults(service: ServiceDefinition): readonly string[] {
  const { kind } = service;
  const faults: string[] = [];
  if (kind === "connect-proxy") faults.push(...proxyFaults(service));
  if (kind === "mesh-gateway" || kind === "terminating-gateway") faults.push(...gatewayFaults(service));
  const sidecar = service.connect?.sidecar;
  if (sidecar !== undefined) {
    if (sidecar.id !== "") faults.push("A SidecarService cannot specify an ID as this is managed by the agent");
    if (sidecar.connect?.sidecar !== undefined) faults.push("A SidecarService cannot have a nested SidecarService");
  }
  return faults;
}

function proxyFaults({ port, proxy, connect }: ServiceDefinition): readonly string[] {
  const faults: string[] = [];
  if (textOf(proxy, "DestinationServiceName") === "") faults.push("Proxy.DestinationServiceName must be non-empty for Connect proxy services");
  if (port === 0) faults.push("Port must be set for a Connect proxy");
  if (connect?.native === true) faults.push("A Proxy cannot also be Connect Native, only typical services");
  const upstreams = proxy?.["Upstreams"];
  const binds = new Set<string>();
  for (const upstream of isJsonArray(upstreams) ? upstreams : []) {
    if (!isJsonObject(upstream)) continue;
    if (textOf(upstream, "DestinationName") === "") faults.push("upstream destination name cannot be empty");
    if (upstream["LocalBindPort"] === 0) faults.push("upstream local bind port cannot be zero");
    const bind = `${textOf(upstream, "LocalBindAddress") || "127.0.0.1"}:${upstream["LocalBindPort"]}`;
    if (binds.has(bind)) faults.push(`upstreams cannot contain duplicates by local bind address and port; ${goQuote(bind)} is specified twice`);
    binds.add(bind);
  }
  return faults;
}

function gatewayFaults({ kind, port, proxy, connect }: ServiceDefinition): readonly string[] {
  const faults: string[] = [];
  if (port === 0) faults.push(`Port must be non-zero for a ${kind}`);
  if (connect?.sidecar !== undefined) faults.push(`A ${kind} cannot have a sidecar service defined`);
  for (const name of ["DestinationServiceName", "DestinationServiceID", "LocalServiceAddress", "LocalServicePort", "Upstreams"]) {
    if (proxy?.[name] !== undefined) faults.push(`The Proxy.${name} configuration is invalid for a ${kind}`);
  }
  return faults;
}

function weightsFault(weights: ServiceDefinition["weights"]): string | undefined {
  if (weights === undefined) return undefined;
  if (weights.passing < 1) return "Passing must be greater than 0";
  if (weights.warning < 0) return "Warning must be greater or equal than 0";
  return Math.max(weights.passing, weights.warning) > WEIGHT_MAX ? "DNS Weight must be between 0 and 65535" : undefined;
}

function metaFault(meta: ServiceDefinition["meta"]): string | undefined {
  const pairs = Object.entries(meta ?? {});
  if (pairs.length > META_PAIRS_MAX) return `Node metadata cannot contain more than ${META_PAIRS_MAX} key/value pairs`;
  for (const [key, value] of pairs) {
    const fault = pairFault(key, value);
    if (fault !== undefined) return `Couldn't load metadata pair ('${key}', '${value}'): ${fault}`;
  }
  return undefined;
}

function pairFault(key: string, value: string): string | undefined {
  if (key === "") return "Key cannot be blank";
  if (!/^[a-zA-Z0-9_-]+$/.test(key)) return "Key contains invalid characters";
  if (key.length > META_KEY_MAX) return `Key is too long (limit: ${META_KEY_MAX} characters)`;
  if (key.startsWith("consul-")) return "Key prefix 'consul-' is reserved for internal use";
  return value.length > META_VALUE_MAX ? `Value is too long (limit: ${META_VALUE_MAX} characters)` : undefined;
}

function textOf(object: JsonObject | undefined, name: string): string {
  const value: JsonValue | undefined = object?.[name];
  return typeof value === "string" ? value : "";
}

function refuse(before: string, fault: string | undefined): void {
  if (fault !== undefined) throw new BadRequestError(before + fault);
}
