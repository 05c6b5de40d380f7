import { type JsonObject, writeJson } from "../../base/json.ts";
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

const meshGateway = struct("structs.MeshGatewayConfig", { Mode: text });
const UPSTREAM = {
  DestinationType: text,
  DestinationNamespace: text,
  DestinationName: text,
  Datacenter: text,
  LocalBindAddress: text,
  LocalBindPort: int,
  Config: map(anything, "interface {}"),
  MeshGateway: meshGateway,
} as const;
const upstream = struct("structs.Upstream", UPSTREAM, {
  spellings: {
    destination_type: "DestinationType",
    destination_namespace: "DestinationNamespace",
    destination_name: "DestinationName",
    local_bind_address: "LocalBindAddress",
    local_bind_port: "LocalBindPort",
  },
});
const EXPOSE_PATH = { ListenerPort: int, Path: text, LocalPathPort: int, Protocol: text, ParsedFromCheck: flag } as const;
const exposePath = struct("structs.ExposePath", EXPOSE_PATH, { spellings: { listener_port: "ListenerPort", local_path_port: "LocalPathPort" } });
const PROXY = {
  DestinationServiceName: text,
  DestinationServiceID: text,
  LocalServiceAddress: text,
  LocalServicePort: int,
  Config: map(anything, "interface {}"),
  MeshGateway: meshGateway,
} as const;
const proxyBody = struct(
  "structs.ConnectProxyConfig",
  {
    ...PROXY,
    Upstreams: list(upstream, "structs.Upstream"),
    Expose: struct("structs.ExposeConfig", { Checks: flag, Paths: list(exposePath, "structs.ExposePath") }),
  },
  {
    spellings: {
      destination_service_name: "DestinationServiceName",
      destination_service_id: "DestinationServiceID",
      local_service_address: "LocalServiceAddress",
      local_service_port: "LocalServicePort",
    },
  },
);

/** The same as transactions know it, by the names of the API's client alone. */
export const clientProxy = struct("api.AgentServiceConnectProxyConfig", {
  ...PROXY,
  Upstreams: list(struct("api.Upstream", UPSTREAM), "api.Upstream"),
  Expose: struct("api.ExposeConfig", { Checks: flag, Paths: list(struct("api.ExposePath", EXPOSE_PATH), "api.ExposePath") }),
});

/** Settings of a Connect proxy, checked and laid out as Consul prints them; `undefined`: the empty ones. */
export const proxy: Field<JsonObject | undefined> = {
  zero: undefined,
  read(value, place) {
    if (value === null) return undefined;
    return shownProxy(proxyBody.read(value, place));
  },
};

/** Whether a service speaks Connect itself. A sidecar's definition is the agent's affair and is not kept. */
export const connect: Field<JsonObject | undefined> = {
  zero: undefined,
  read(value, place) {
    const said = optional(
      struct("structs.ServiceConnect", { Native: flag, SidecarService: anything }, { loose: true, spellings: { sidecar_service: "SidecarService" } }),
    ).read(value, place);
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
