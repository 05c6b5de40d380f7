import { goQuote } from "../base/go-quote.ts";
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from "../base/json.ts";
import type { ServiceDefinition } from "./agent.ts";
import type { CatalogNode, ServiceInstance } from "./catalog.ts";

const META_PAIRS_MAX = 64;
const META_KEY_MAX = 128;
const META_VALUE_MAX = 512;
const WEIGHT_MAX = 65_535;
const PORT_MAX = 65_535;
const GATEWAYS: readonly string[] = ["mesh-gateway", "terminating-gateway", "ingress-gateway"];

/** Several faults as Consul lists them; `undefined` when there are none. */
export function listed(faults: readonly string[]): string | undefined {
  if (faults.length === 0) return undefined;
  return `${faults.length} error${faults.length === 1 ? "" : "s"} occurred:\n${faults.map((fault) => `\t* ${fault}\n`).join("")}\n`;
}

/** What the rules for services in the mesh look at. */
export type MeshParts = Pick<ServiceDefinition, "kind" | "port" | "proxy" | "connect">;

/**
 * What proxies, gateways and sidecars must and must not have.
 * @param untyped how messages name the type of an upstream that has none
 */
export function serviceFaults(service: MeshParts, untyped = "service"): readonly string[] {
  const { kind } = service;
  const faults: string[] = [];
  if (kind === "connect-proxy") faults.push(...proxyFaults(service, untyped));
  if (GATEWAYS.includes(kind)) faults.push(...gatewayFaults(service));
  const sidecar = service.connect?.sidecar;
  if (sidecar !== undefined) {
    if (sidecar.id !== "") faults.push("A SidecarService cannot specify an ID as this is managed by the agent");
    if (sidecar.connect?.sidecar !== undefined) faults.push("A SidecarService cannot have a nested SidecarService");
  }
  return faults;
}

function proxyFaults({ port, proxy, connect }: MeshParts, untyped: string): readonly string[] {
  const faults: string[] = [];
  if (textOf(proxy, "DestinationServiceName") === "") faults.push("Proxy.DestinationServiceName must be non-empty for Connect proxy services");
  if (port === 0) faults.push("Port must be set for a Connect proxy");
  if (connect?.native === true) faults.push("A Proxy cannot also be Connect Native, only typical services");
  const upstreams = proxy?.["Upstreams"];
  const binds = new Set<string>();
  const targets = new Set<string>();
  for (const upstream of isJsonArray(upstreams) ? upstreams : []) {
    if (!isJsonObject(upstream)) continue;
    const fault = upstreamFault(upstream);
    if (fault !== undefined) {
      faults.push(fault);
      continue;
    }
    const bind = `${textOf(upstream, "LocalBindAddress") || "127.0.0.1"}:${upstream["LocalBindPort"]}`;
    const { DestinationType: type = "", DestinationNamespace: namespace = "", DestinationName: name = "", Datacenter: datacenter = "" } = upstream;
    const target = `[type=${goQuote(String(type) || untyped)}, name=${goQuote(String(name))}, namespace=${goQuote(String(namespace))}, datacenter=${goQuote(String(datacenter))}]`;
    if (targets.has(target)) {
      faults.push(`upstreams cannot contain duplicates of ${target}`);
      continue;
    }
    targets.add(target);
    if (binds.has(bind)) faults.push(`upstreams cannot contain duplicates by local bind address and port; ${goQuote(bind)} is specified twice`);
    binds.add(bind);
  }
  return [...faults, ...exposeFaults(proxy)];
}

function upstreamFault(upstream: JsonObject): string | undefined {
  const type = textOf(upstream, "DestinationType");
  if (!["", "service", "prepared_query"].includes(type)) return `unknown upstream destination type: ${goQuote(type)}`;
  if (textOf(upstream, "DestinationName") === "") return "upstream destination name cannot be empty";
  return upstream["LocalBindPort"] === 0 ? "upstream local bind port cannot be zero" : undefined;
}

function exposeFaults(proxy: JsonObject | undefined): readonly string[] {
  const expose = proxy?.["Expose"];
  const paths = isJsonObject(expose) ? expose["Paths"] : undefined;
  const faults: string[] = [];
  const known = { paths: new Set<string>(), ports: new Set<number>() };
  for (const each of isJsonArray(paths) ? paths : []) {
    if (!isJsonObject(each)) continue;
    const port = each["ListenerPort"] ?? 0;
    const path = textOf(each, "Path");
    if (path === "") faults.push("expose.paths: empty path exposed");
    if (known.paths.has(path)) faults.push("expose.paths: duplicate paths exposed");
    if (known.ports.has(Number(port))) faults.push("expose.paths: duplicate listener ports exposed");
    known.paths.add(path);
    known.ports.add(Number(port));
    if (typeof port !== "number" || port <= 0 || port > PORT_MAX) faults.push(`expose.paths: invalid listener port: ${String(port)}`);
  }
  return faults;
}

function gatewayFaults({ kind, port, proxy, connect }: MeshParts): readonly string[] {
  const faults: string[] = [];
  if (port === 0 && kind !== "ingress-gateway") faults.push(`Port must be non-zero for a ${kind}`);
  if (connect?.sidecar !== undefined) faults.push(`A ${kind} cannot have a sidecar service defined`);
  for (const name of ["DestinationServiceName", "DestinationServiceID", "LocalServiceAddress", "LocalServicePort", "Upstreams"]) {
    if (proxy?.[name] !== undefined) faults.push(`The Proxy.${name} configuration is invalid for a ${kind}`);
  }
  return faults;
}

/** What a node may not be registered with; the texts on ids are hashicorp/go-uuid's. */
export function nodeFault({ id, node }: Pick<CatalogNode, "id" | "node">): string | undefined {
  if (node === "") return "Must provide node";
  const fault = id === "" ? undefined : uuidFault(id);
  return fault === undefined ? undefined : `Bad node ID: ${fault}`;
}

/** Why a text is no UUID, in the words of hashicorp/go-uuid. */
export function uuidFault(id: string): string | undefined {
  if (id.length !== 36) return "uuid string is wrong length";
  if (!/^.{8}-.{4}-.{4}-.{4}-.{12}$/.test(id)) return "uuid is improperly formatted";
  const odd = /[^0-9a-fA-F]/.exec(id.replaceAll("-", ""))?.[0];
  if (odd === undefined) return undefined;
  const code = (odd.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  return `encoding/hex: invalid byte: U+${code} '${odd}'`;
}

/** What an instance in the catalog may not be without, or with. */
export function instanceFault({ id, service, address }: Pick<ServiceInstance, "id" | "service" | "address">): string | undefined {
  if (id !== "" && service === "") return "Must provide service name with ID";
  return isAnyAddress(address) ? "Invalid service address" : undefined;
}

/** Whether an address stands for all of a machine, which nobody can call. */
export function isAnyAddress(address: string): boolean {
  return address === "0.0.0.0" || address === "::" || address === "[::]";
}

/** What is wrong with the weights of a service, in Consul's words. */
export function weightsFault(weights: ServiceDefinition["weights"]): string | undefined {
  if (weights === undefined) return undefined;
  if (weights.passing < 1) return "Passing must be greater than 0";
  if (weights.warning < 0) return "Warning must be greater or equal than 0";
  return Math.max(weights.passing, weights.warning) > WEIGHT_MAX ? "DNS Weight must be between 0 and 65535" : undefined;
}

/** What is wrong with the metadata of a service, in Consul's words. */
export function metaFault(meta: ServiceDefinition["meta"]): string | undefined {
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
