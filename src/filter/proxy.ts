import { field, type Kind, listOf, struct, text, truth, whole } from "./kinds.ts";

/** Settings of a proxy are kept as the JSON they came as: what is not there reads as Go's zero. */
type Settings = unknown;

function member(name: string): (settings: Settings) => unknown {
  return (settings) => (typeof settings === "object" && settings !== null ? (Reflect.get(settings, name) as unknown) : undefined);
}

function textOf(name: string): Kind<Settings> {
  const read = member(name);
  return field((settings: Settings) => {
    const value = read(settings);
    return typeof value === "string" ? value : "";
  }, text);
}

function wholeOf(name: string): Kind<Settings> {
  const read = member(name);
  return field((settings: Settings) => Number(read(settings) ?? 0), whole);
}

function truthOf(name: string): Kind<Settings> {
  const read = member(name);
  return field((settings: Settings) => read(settings) === true, truth);
}

function structOf(name: string, kind: Kind<Settings>): Kind<Settings> {
  return field(member(name), kind);
}

function structsOf(name: string, kind: Kind<Settings>): Kind<Settings> {
  const read = member(name);
  return field((settings: Settings): readonly Settings[] | undefined => {
    const value = read(settings);
    return Array.isArray(value) ? value : undefined;
  }, listOf(kind));
}

const meshGateway = struct<Settings>({ Mode: textOf("Mode") });
const upstream = struct<Settings>({
  DestinationType: textOf("DestinationType"),
  DestinationNamespace: textOf("DestinationNamespace"),
  DestinationName: textOf("DestinationName"),
  Datacenter: textOf("Datacenter"),
  LocalBindAddress: textOf("LocalBindAddress"),
  LocalBindPort: wholeOf("LocalBindPort"),
  MeshGateway: structOf("MeshGateway", meshGateway),
});
const exposedPath = struct<Settings>({
  ListenerPort: wholeOf("ListenerPort"),
  Path: textOf("Path"),
  LocalPathPort: wholeOf("LocalPathPort"),
  Protocol: textOf("Protocol"),
  ParsedFromCheck: truthOf("ParsedFromCheck"),
});

/** `Proxy` of a service. */
export const proxy: Kind<Settings> = struct<Settings>({
  DestinationServiceName: textOf("DestinationServiceName"),
  DestinationServiceID: textOf("DestinationServiceID"),
  LocalServiceAddress: textOf("LocalServiceAddress"),
  LocalServicePort: wholeOf("LocalServicePort"),
  Upstreams: structsOf("Upstreams", upstream),
  MeshGateway: structOf("MeshGateway", meshGateway),
  Expose: structOf("Expose", struct<Settings>({ Checks: truthOf("Checks"), Paths: structsOf("Paths", exposedPath) })),
});

/** `Connect` of a service. */
export const connect: Kind<Settings> = struct<Settings>({ Native: truthOf("Native") });
