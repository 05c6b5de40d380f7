import { durationToMs, formatDurationMs } from "../../base/duration.ts";
import type { JsonObject, JsonValue } from "../../base/json.ts";
import type { CheckDefinition, ServiceDefinition } from "../agent.ts";
import { type Decoded, decodeJson, duration, type Field, flag, int, list, map, optional, type StructOf, struct, text } from "./go-struct.ts";
import { proxy } from "./proxy.ts";

/** What both forms of a check have. Fields are those of Consul 1.8.7, asked one by one. */
const CHECK_FIELDS = {
  Name: text,
  Notes: text,
  Status: text,
  ScriptArgs: list(text, "string"),
  HTTP: text,
  Header: map(list(text, "string"), "[]string"),
  Method: text,
  Body: text,
  TCP: text,
  Interval: duration,
  AliasNode: text,
  AliasService: text,
  DockerContainerID: text,
  Shell: text,
  GRPC: text,
  GRPCUseTLS: flag,
  TLSSkipVerify: flag,
  Timeout: duration,
  TTL: duration,
  SuccessBeforePassing: int,
  FailuresBeforeCritical: int,
  DeregisterCriticalServiceAfter: duration,
  OutputMaxSize: int,
} as const;

const CHECK_SPELLINGS: Readonly<Record<string, string>> = {
  args: "ScriptArgs",
  script_args: "ScriptArgs",
  deregister_critical_service_after: "DeregisterCriticalServiceAfter",
  docker_container_id: "DockerContainerID",
  tls_skip_verify: "TLSSkipVerify",
  service_id: "ServiceID",
};
const SERVICE_SPELLINGS: Readonly<Record<string, string>> = {
  enable_tag_override: "EnableTagOverride",
  socket_path: "SocketPath",
  tagged_addresses: "TaggedAddresses",
};

const CHECK_NAMES = { spellings: CHECK_SPELLINGS } as const;
const own = struct("structs.CheckDefinition", { ID: text, ServiceID: text, Token: text, ...CHECK_FIELDS }, CHECK_NAMES);
const within = struct("structs.CheckType", { CheckID: text, ProxyHTTP: text, ProxyGRPC: text, ServiceID: text, ...CHECK_FIELDS }, CHECK_NAMES);

const address = struct("structs.ServiceAddress", { Address: text, Port: int });
const weights = struct("structs.Weights", { Passing: int, Warning: int });

const SERVICE_FIELDS = {
  Kind: text,
  ID: text,
  Name: text,
  Tags: list(text, "string"),
  Address: text,
  TaggedAddresses: map(address, "structs.ServiceAddress"),
  Meta: map(text, "string"),
  Port: int,
  SocketPath: text,
  Check: optional(within),
  Checks: list(within, "*structs.CheckType"),
  Weights: optional(weights),
  Token: text,
  EnableTagOverride: flag,
  Proxy: proxy,
} as const;

/** A sidecar is a service within a service; its `Connect` may hold one again, which is refused later with better words. */
const connect: Field<ServiceDefinition["connect"]> = {
  zero: undefined,
  read(value, place) {
    if (value === null) return undefined;
    const said = connectFields().read(value, place);
    return { native: said.Native, sidecar: said.SidecarService };
  },
};
const serviceFields = struct("structs.ServiceDefinition", { ...SERVICE_FIELDS, Connect: connect }, { spellings: SERVICE_SPELLINGS });
const service: Field<ServiceDefinition> = {
  zero: serviceOf(serviceFields.zero),
  read: (value, place) => serviceOf(serviceFields.read(value, place)),
};

/** Unknown names are passed over here alone, as in Consul. */
function connectFields() {
  return struct(
    "structs.ServiceConnect",
    { Native: flag, SidecarService: optional(service) },
    { loose: true, spellings: { sidecar_service: "SidecarService" } },
  );
}

/** A body of `agent/service/register`, or what a configuration says of a service. Throws `JsonDecodeError`. */
export function decodeServiceDefinition(body: JsonValue): ServiceDefinition {
  return decodeJson(service, body);
}

/** A body of `agent/check/register`, or what a configuration says of a check. Throws `JsonDecodeError`. */
export function decodeCheckDefinition(body: JsonValue): CheckDefinition {
  const said = decodeJson(own, body);
  return { ...checkOf(said), id: said.ID, serviceId: said.ServiceID, token: said.Token };
}

const update = struct("agent.checkUpdate", { Status: text, Output: text });

/** A body of `agent/check/update`. Throws `JsonDecodeError`. */
export function decodeCheckUpdate(body: JsonValue): { readonly status: string; readonly output: string } {
  const said = decodeJson(update, body);
  return { status: said.Status, output: said.Output };
}

/** The body that decodes to this check: for files of an agent's own. */
export function encodeCheckDefinition(check: CheckDefinition): JsonObject {
  return {
    ID: check.id,
    Name: check.name,
    Notes: check.notes,
    ServiceID: check.serviceId,
    Token: check.token,
    Status: check.status,
    ScriptArgs: check.args,
    HTTP: check.http,
    Header: Object.fromEntries(Object.entries(check.header)),
    Method: check.method,
    Body: check.body,
    TCP: check.tcp,
    GRPC: check.grpc,
    GRPCUseTLS: check.grpcUseTls,
    TLSSkipVerify: check.tlsSkipVerify,
    DockerContainerID: check.dockerContainerId,
    Shell: check.shell,
    AliasNode: check.aliasNode,
    AliasService: check.aliasService,
    Interval: formatDurationMs(check.intervalMs),
    Timeout: formatDurationMs(check.timeoutMs),
    TTL: formatDurationMs(check.ttlMs),
    SuccessBeforePassing: check.successBeforePassing,
    FailuresBeforeCritical: check.failuresBeforeCritical,
    DeregisterCriticalServiceAfter: formatDurationMs(check.deregisterCriticalServiceAfterMs),
    OutputMaxSize: check.outputMaxBytes,
  };
}

/** The body that decodes to this service, without checks and sidecar: for files of an agent's own. */
export function encodeServiceDefinition(given: ServiceDefinition): JsonObject {
  const { taggedAddresses: tagged, weights: weight, connect: mesh } = given;
  return {
    Kind: given.kind,
    ID: given.id,
    Name: given.name,
    Tags: given.tags ?? null,
    Address: given.address,
    TaggedAddresses:
      tagged === undefined ? null : Object.fromEntries(Object.entries(tagged).map(([name, at]) => [name, { Address: at.address, Port: at.port }])),
    Meta: given.meta ?? null,
    Port: given.port,
    SocketPath: given.socketPath,
    Weights: weight === undefined ? null : { Passing: weight.passing, Warning: weight.warning },
    Token: given.token,
    EnableTagOverride: given.enableTagOverride,
    Proxy: given.proxy ?? null,
    Connect: mesh === undefined ? null : { Native: mesh.native },
  };
}

function serviceOf(said: Decoded<typeof serviceFields>): ServiceDefinition {
  const single = said.Check === undefined || isEmpty(said.Check) ? [] : [said.Check];
  return {
    kind: said.Kind,
    id: said.ID,
    name: said.Name,
    tags: said.Tags,
    address: said.Address,
    taggedAddresses:
      said.TaggedAddresses && Object.fromEntries(Object.entries(said.TaggedAddresses).map(([name, at]) => [name, { address: at.Address, port: at.Port }])),
    meta: said.Meta,
    port: said.Port,
    socketPath: said.SocketPath,
    weights: said.Weights && { passing: said.Weights.Passing, warning: said.Weights.Warning },
    token: said.Token,
    enableTagOverride: said.EnableTagOverride,
    proxy: said.Proxy,
    connect: said.Connect,
    checks: [...single, ...(said.Checks ?? [])].map((check) => ({ ...checkOf(check), id: check.CheckID, serviceId: "", token: "" })),
  };
}

/** A `Check` that says nothing counts as none; one in `Checks` does not. */
function isEmpty(said: Decoded<typeof within>): boolean {
  return Object.values(said).every((value) => value === undefined || value === "" || value === 0 || value === 0n || value === false);
}

function checkOf(said: StructOf<typeof CHECK_FIELDS>): Omit<CheckDefinition, "id" | "serviceId" | "token"> {
  return {
    name: said.Name,
    notes: said.Notes,
    status: said.Status,
    args: said.ScriptArgs ?? [],
    http: said.HTTP,
    header: Object.fromEntries(Object.entries(said.Header ?? {}).map(([name, values]) => [name, values ?? []])),
    method: said.Method,
    body: said.Body,
    tcp: said.TCP,
    grpc: said.GRPC,
    grpcUseTls: said.GRPCUseTLS,
    tlsSkipVerify: said.TLSSkipVerify,
    dockerContainerId: said.DockerContainerID,
    shell: said.Shell,
    aliasNode: said.AliasNode,
    aliasService: said.AliasService,
    intervalMs: durationToMs(said.Interval),
    timeoutMs: durationToMs(said.Timeout),
    ttlMs: durationToMs(said.TTL),
    successBeforePassing: said.SuccessBeforePassing,
    failuresBeforeCritical: said.FailuresBeforeCritical,
    deregisterCriticalServiceAfterMs: durationToMs(said.DeregisterCriticalServiceAfter),
    outputMaxBytes: said.OutputMaxSize,
  };
}
