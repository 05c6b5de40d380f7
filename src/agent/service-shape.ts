import { isIPv4, isIPv6 } from "node:net";
import { isJsonArray, isJsonObject, type JsonObject } from "../base/json.ts";
import type { CheckDefinition, LocalService, ServiceDefinition } from "../model/index.ts";

/** Checks within a service are numbered where there are several; one that has an id of its own keeps it, and its number is left out. */
export function checkIds(serviceId: string, checks: readonly CheckDefinition[]): readonly string[] {
  return checks.map(({ id }, at) => id || `service:${serviceId}${checks.length > 1 ? `:${at + 1}` : ""}`);
}

/** A service as its agent holds it, with what its definition leaves out. */
export function localService(definition: ServiceDefinition, node: string): LocalService {
  const { address, port, connect } = definition;
  return {
    node,
    id: definition.id || definition.name,
    kind: definition.kind,
    service: definition.name,
    tags: definition.tags,
    address,
    taggedAddresses: withFamilies(definition.taggedAddresses, address, port),
    meta: definition.meta,
    port,
    ...(definition.socketPath === "" ? {} : { socketPath: definition.socketPath }),
    weights: weightsOf(definition.weights),
    enableTagOverride: definition.enableTagOverride,
    proxy: withUpstreamTypes(definition.proxy),
    connect: connect?.native === true ? { Native: true } : undefined,
  };
}

/** Only a sidecar comes here with a weight of nothing: it is looked at less closely. */
function weightsOf(said: ServiceDefinition["weights"]): LocalService["weights"] {
  return said === undefined ? { passing: 1, warning: 1 } : { ...said, passing: said.passing === 0 ? 1 : said.passing };
}

/** An address that is an IP counts as that of its family, in the LAN and in the WAN, where nothing else is said. */
function withFamilies(said: LocalService["taggedAddresses"], address: string, port: number): LocalService["taggedAddresses"] {
  const family = isIPv4(address) ? "ipv4" : isIPv6(address) ? "ipv6" : undefined;
  if (family === undefined) return said;
  return { [`lan_${family}`]: { address, port }, [`wan_${family}`]: { address, port }, ...said };
}

function withUpstreamTypes(proxy: JsonObject | undefined): JsonObject | undefined {
  const upstreams = proxy?.["Upstreams"];
  if (proxy === undefined || !isJsonArray(upstreams)) return proxy;
  return { ...proxy, Upstreams: upstreams.map((one) => (isJsonObject(one) ? { ...one, DestinationType: one["DestinationType"] || "service" } : one)) };
}
