import { isJsonObject, type JsonObject, type JsonValue, writeJson } from "../../base/json.ts";
import { anything, type Decoded, type Field, flag, int, list, map, optional, struct, text } from "./go-struct.ts";

const EMPTY_PROXY = `{"MeshGateway":{},"Expose":{}}`;

/** `ServiceInstance.proxy` is what the field `proxy` made, or nothing. */
export function writeProxy(settings: unknown): string {
  return typeof settings === "object" && settings !== null ? writeJson(settings as JsonObject) : EMPTY_PROXY;
}

/** `ServiceInstance.connect` is what the field `connect` made, or nothing. */
export function writeConnect(settings: unknown): string {
  return typeof settings === "object" && settings !== null ? writeJson(settings as JsonObject) : "{}";
}

/** The same struct with other spellings of some of its fields. */
function spelled<T>(field: Field<T>, spellings: Readonly<Record<string, string>>): Field<T> {
  return { zero: field.zero, read: (value, place) => field.read(respelled(value, spellings), place) };
}

function respelled(value: JsonValue, spellings: Readonly<Record<string, string>>): JsonValue {
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [spellings[name] ?? name, member]));
}

const meshGateway = struct("structs.MeshGatewayConfig", { Mode: text });
const upstreamBody = struct("structs.Upstream", {
  DestinationType: text,
  DestinationNamespace: text,
  DestinationName: text,
  Datacenter: text,
  LocalBindAddress: text,
  LocalBindPort: int,
  Config: map(anything, "interface {}"),
  MeshGateway: meshGateway,
});
const upstream = spelled(upstreamBody, {
  destination_type: "DestinationType",
  destination_namespace: "DestinationNamespace",
  destination_name: "DestinationName",
  local_bind_address: "LocalBindAddress",
  local_bind_port: "LocalBindPort",
});
const exposePath = spelled(struct("structs.ExposePath", { ListenerPort: int, Path: text, LocalPathPort: int, Protocol: text, ParsedFromCheck: flag }), {
  listener_port: "ListenerPort",
  local_path_port: "LocalPathPort",
});
const expose = struct("structs.ExposeConfig", { Checks: flag, Paths: list(exposePath, "structs.ExposePath") });
const proxyBody = struct("structs.ConnectProxyConfig", {
  DestinationServiceName: text,
  DestinationServiceID: text,
  LocalServiceAddress: text,
  LocalServicePort: int,
  Config: map(anything, "interface {}"),
  Upstreams: list(upstream, "structs.Upstream"),
  MeshGateway: meshGateway,
  Expose: expose,
});
const ALIASES: Readonly<Record<string, string>> = {
  destination_service_name: "DestinationServiceName",
  destination_service_id: "DestinationServiceID",
  local_service_address: "LocalServiceAddress",
  local_service_port: "LocalServicePort",
  mesh_gateway: "MeshGateway",
};

/** Settings of a Connect proxy, checked and laid out as Consul prints them; `undefined`: the empty ones. */
export const proxy: Field<JsonObject | undefined> = {
  zero: undefined,
  read(value, place) {
    if (value === null) return undefined;
    return shownProxy(proxyBody.read(respelled(value, ALIASES), place));
  },
};

/** Whether a service speaks Connect itself. A sidecar's definition is the agent's affair and is not kept. */
export const connect: Field<JsonObject | undefined> = {
  zero: undefined,
  read(value, place) {
    const said = optional(struct("structs.ServiceConnect", { Native: flag, SidecarService: anything })).read(value, place);
    return said?.Native === true ? { Native: true } : undefined;
  },
};

function shownProxy(said: Decoded<typeof proxyBody>): JsonObject {
  const paths = said.Expose.Paths ?? [];
  const shown: JsonObject = {
    DestinationServiceName: said.DestinationServiceName || undefined,
    DestinationServiceID: said.DestinationServiceID || undefined,
    LocalServiceAddress: said.LocalServiceAddress || undefined,
    LocalServicePort: said.LocalServicePort || undefined,
    Config: said.Config === undefined || Object.keys(said.Config).length === 0 ? undefined : said.Config,
    Upstreams: said.Upstreams === undefined || said.Upstreams.length === 0 ? undefined : said.Upstreams.map(shownUpstream),
    MeshGateway: shownMode(said.MeshGateway),
    Expose: withoutAbsent({ Checks: said.Expose.Checks || undefined, Paths: paths.length === 0 ? undefined : paths.map(shownPath) }),
  };
  return withoutAbsent(shown);
}

function shownUpstream(said: Decoded<typeof upstream>): JsonObject {
  return withoutAbsent({
    DestinationType: said.DestinationType,
    DestinationNamespace: said.DestinationNamespace || undefined,
    DestinationName: said.DestinationName,
    Datacenter: said.Datacenter,
    LocalBindAddress: said.LocalBindAddress || undefined,
    LocalBindPort: said.LocalBindPort,
    Config: said.Config ?? null,
    MeshGateway: shownMode(said.MeshGateway),
  });
}

function shownPath(said: Decoded<typeof exposePath>): JsonObject {
  return withoutAbsent({
    ListenerPort: said.ListenerPort || undefined,
    Path: said.Path || undefined,
    LocalPathPort: said.LocalPathPort || undefined,
    Protocol: said.Protocol || undefined,
    ParsedFromCheck: said.ParsedFromCheck,
  });
}

function shownMode(said: Decoded<typeof meshGateway>): JsonObject {
  return said.Mode === "" ? {} : { Mode: said.Mode };
}

/** Members that are `undefined` would not survive the way to the store. */
function withoutAbsent(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}
