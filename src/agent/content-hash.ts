import { isJsonArray, isJsonObject, type JsonValue } from "../base/json.ts";
import type { LocalService } from "../model/index.ts";

const OFFSET = 0xcbf29ce484222325n;
const PRIME = 0x100000001b3n;
const GATEWAYS: readonly string[] = ["mesh-gateway", "terminating-gateway", "ingress-gateway"];
/** Whoever asks again for a service that is as it was is answered from here. */
const KNOWN = new WeakMap<LocalService, string>();
/** Names of fields and structs come again and again. */
const NAMES = new Map<string, bigint>();

/**
 * The hash of all that a service is, for `agent/service` and those who wait for another one. It is the number that Consul 1.8.7 gives, so that a
 * client that knew it from there need not start anew: FNV-1 over names and values, with the parts of a struct or map joined by exclusive or.
 */
export function contentHash(service: LocalService): string {
  const known = KNOWN.get(service);
  if (known !== undefined) return known;
  const made = serviceHash(service).toString(16);
  KNOWN.set(service, made);
  return made;
}

function serviceHash(service: LocalService): bigint {
  const addresses = Object.entries(service.taggedAddresses ?? {});
  const inMesh = service.kind === "connect-proxy" || GATEWAYS.includes(service.kind);
  const native = isJsonObject(service.connect as JsonValue | undefined);
  return structHash("AgentService", {
    Kind: textHash(service.kind),
    ID: textHash(service.id),
    Service: textHash(service.service),
    Tags: listHash((service.tags ?? []).map(textHash)),
    Meta: mapHash(Object.entries(service.meta ?? {}).map(([name, value]) => [name, textHash(value)])),
    Port: wholeHash(service.port),
    Address: textHash(service.address),
    TaggedAddresses: mapHash(
      addresses.map(([name, { address, port }]) => [name, structHash("ServiceAddress", { Address: textHash(address), Port: wholeHash(port) })]),
    ),
    Weights: structHash("AgentWeights", { Passing: wholeHash(service.weights.passing), Warning: wholeHash(service.weights.warning) }),
    EnableTagOverride: truthHash(service.enableTagOverride),
    CreateIndex: NOTHING,
    ModifyIndex: NOTHING,
    ContentHash: textHash(""),
    Proxy: inMesh ? proxyHash(service.proxy as JsonValue | undefined) : NOTHING,
    Connect: native ? structHash("AgentServiceConnect", { Native: truthHash(true), SidecarService: NOTHING }) : NOTHING,
  });
}

/** Settings are as `model/json` lays them out: what is missing there is empty. */
function proxyHash(settings: JsonValue | undefined): bigint {
  const proxy = membersOf(settings);
  const expose = membersOf(proxy["Expose"]);
  return structHash("AgentServiceConnectProxyConfig", {
    DestinationServiceName: textOf(proxy["DestinationServiceName"]),
    DestinationServiceID: textOf(proxy["DestinationServiceID"]),
    LocalServiceAddress: textOf(proxy["LocalServiceAddress"]),
    LocalServicePort: wholeOf(proxy["LocalServicePort"]),
    Config: settingsHash(proxy["Config"]),
    Upstreams: listHash(itemsOf(proxy["Upstreams"]).map(upstreamHash)),
    MeshGateway: gatewayHash(proxy["MeshGateway"]),
    Expose: structHash("ExposeConfig", { Checks: truthHash(expose["Checks"] === true), Paths: listHash(itemsOf(expose["Paths"]).map(pathHash)) }),
  });
}

function upstreamHash(settings: JsonValue): bigint {
  const upstream = membersOf(settings);
  return structHash("Upstream", {
    DestinationType: textOf(upstream["DestinationType"]),
    DestinationNamespace: textOf(upstream["DestinationNamespace"]),
    DestinationName: textOf(upstream["DestinationName"]),
    Datacenter: textOf(upstream["Datacenter"]),
    LocalBindAddress: textOf(upstream["LocalBindAddress"]),
    LocalBindPort: wholeOf(upstream["LocalBindPort"]),
    Config: settingsHash(upstream["Config"]),
    MeshGateway: gatewayHash(upstream["MeshGateway"]),
  });
}

function pathHash(settings: JsonValue): bigint {
  const path = membersOf(settings);
  return structHash("ExposePath", {
    ListenerPort: wholeOf(path["ListenerPort"]),
    Path: textOf(path["Path"]),
    LocalPathPort: wholeOf(path["LocalPathPort"]),
    Protocol: textOf(path["Protocol"]),
    ParsedFromCheck: truthHash(path["ParsedFromCheck"] === true),
  });
}

function gatewayHash(settings: JsonValue | undefined): bigint {
  return structHash("MeshGatewayConfig", { Mode: textOf(membersOf(settings)["Mode"]) });
}

/** Free settings: numbers are Go's float64 there. */
function settingsHash(value: JsonValue | undefined): bigint {
  if (value === undefined || value === null) return 0n;
  return mapHash(Object.entries(membersOf(value)).map(([name, each]) => [name, freeHash(each ?? null)]));
}

function freeHash(value: JsonValue): bigint {
  if (value === null) return NOTHING;
  if (typeof value === "string") return textHash(value);
  if (typeof value === "boolean") return truthHash(value);
  if (isJsonArray(value)) return listHash(value.map(freeHash));
  if (isJsonObject(value)) return settingsHash(value);
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(Number(value));
  return fnv(bytes);
}

function structHash(name: string, fields: Readonly<Record<string, bigint>>): bigint {
  return Object.entries(fields).reduce((hash, [field, value]) => hash ^ joined(nameHash(field), value), nameHash(name));
}

function mapHash(entries: readonly (readonly [string, bigint])[]): bigint {
  return entries.reduce((hash, [name, value]) => hash ^ joined(textHash(name), value), 0n);
}

function listHash(items: readonly bigint[]): bigint {
  return items.reduce((hash, item) => joined(hash, item), 0n);
}

/** Of two hashes one, which tells their order. */
function joined(a: bigint, b: bigint): bigint {
  const bytes = Buffer.alloc(16);
  bytes.writeBigUInt64LE(a, 0);
  bytes.writeBigUInt64LE(b, 8);
  return fnv(bytes);
}

function nameHash(name: string): bigint {
  const known = NAMES.get(name);
  if (known !== undefined) return known;
  const made = textHash(name);
  NAMES.set(name, made);
  return made;
}

function textHash(text: string): bigint {
  return fnv(Buffer.from(text));
}

function wholeHash(value: number): bigint {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(value));
  return fnv(bytes);
}

function truthHash(value: boolean): bigint {
  return fnv(Uint8Array.of(value ? 1 : 0));
}

/** FNV-1, 64 bits. */
function fnv(bytes: Uint8Array): bigint {
  let hash = OFFSET;
  for (const byte of bytes) hash = BigInt.asUintN(64, hash * PRIME) ^ BigInt(byte);
  return hash;
}

function membersOf(value: JsonValue | undefined): Readonly<Record<string, JsonValue | undefined>> {
  return isJsonObject(value) ? value : {};
}

function itemsOf(value: JsonValue | undefined): readonly JsonValue[] {
  return isJsonArray(value) ? value : [];
}

function textOf(value: JsonValue | undefined): bigint {
  return textHash(typeof value === "string" ? value : "");
}

function wholeOf(value: JsonValue | undefined): bigint {
  return wholeHash(typeof value === "number" ? value : 0);
}

/** A pointer to nothing, or a number that is 0. */
const NOTHING = wholeHash(0);
