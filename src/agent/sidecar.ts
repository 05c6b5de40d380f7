import { KvorumError } from "../base/errors.ts";
import type { CheckDefinition, LocalService, ServiceDefinition } from "../model/index.ts";

/** Ports that are given to sidecars which ask for none, both ends included. Consul's `sidecar_min_port`, `sidecar_max_port`. */
export interface SidecarPorts {
  readonly min: number;
  readonly max: number;
}

export function sidecarId(serviceId: string): string {
  return `${serviceId}-sidecar-proxy`;
}

/**
 * The proxy that is registered along with a service that asks for a sidecar: what it does not say comes from the service, and a port from the
 * range. Throws `internal` when none is left. Consul docs, sidecar service registration.
 */
export function sidecarOf(parent: ServiceDefinition, services: readonly LocalService[], ports: SidecarPorts): ServiceDefinition | undefined {
  const said = parent.connect?.sidecar;
  if (said === undefined) return undefined;
  const parentId = parent.id || parent.name;
  const id = sidecarId(parentId);
  const proxy = said.proxy ?? {};
  const host = textOr(proxy["LocalServiceAddress"], "127.0.0.1");
  const port = said.port > 0 ? said.port : freePort(id, services, ports);
  const address = said.address || parent.address;
  const { DestinationServiceName, DestinationServiceID, LocalServiceAddress: _host, LocalServicePort, ...rest } = proxy;
  const localPort = typeof LocalServicePort === "number" && LocalServicePort > 0 ? LocalServicePort : parent.port;
  return {
    ...said,
    kind: said.kind || "connect-proxy",
    id,
    name: said.name || `${parent.name}-sidecar-proxy`,
    address,
    port,
    tags: said.tags === undefined || said.tags.length === 0 ? parent.tags : said.tags,
    meta: Object.keys(said.meta ?? {}).length === 0 ? parent.meta : said.meta,
    token: said.token || parent.token,
    connect: said.connect && { native: said.connect.native, sidecar: undefined },
    proxy: {
      DestinationServiceName: textOr(DestinationServiceName, parent.name),
      DestinationServiceID: textOr(DestinationServiceID, parentId),
      LocalServiceAddress: host,
      ...(localPort > 0 ? { LocalServicePort: localPort } : {}),
      ...rest,
      MeshGateway: rest["MeshGateway"] ?? {},
      Expose: rest["Expose"] ?? {},
    },
    checks: said.checks.length > 0 ? said.checks : usualChecks({ parentId, target: `${bracketed(address || host)}:${port}` }),
  };
}

/** That the proxy listens, and that what it stands for is well. */
function usualChecks({ parentId, target }: { readonly parentId: string; readonly target: string }): readonly CheckDefinition[] {
  return [
    { ...NO_CHECK, name: "Connect Sidecar Listening", tcp: target, intervalMs: 10_000 },
    { ...NO_CHECK, name: `Connect Sidecar Aliasing ${parentId}`, aliasService: parentId },
  ];
}

/** A definition that says nothing. */
export const NO_CHECK: CheckDefinition = {
  id: "",
  name: "",
  notes: "",
  serviceId: "",
  token: "",
  status: "",
  args: [],
  http: "",
  header: {},
  method: "",
  body: "",
  tcp: "",
  grpc: "",
  grpcUseTls: false,
  tlsSkipVerify: false,
  dockerContainerId: "",
  shell: "",
  aliasNode: "",
  aliasService: "",
  intervalMs: 0,
  timeoutMs: 0,
  ttlMs: 0,
  successBeforePassing: 0,
  failuresBeforeCritical: 0,
  deregisterCriticalServiceAfterMs: 0,
  outputMaxBytes: 0,
};

/** The one it has already, or the first that no service of this agent has. */
function freePort(id: string, services: readonly LocalService[], { min, max }: SidecarPorts): number {
  const within = services.filter(({ port }) => port >= min && port <= max);
  const own = within.find((service) => service.id === id);
  if (own !== undefined) return own.port;
  const used = new Set(within.map(({ port }) => port));
  for (let port = min; min > 0 && port <= max; port++) if (!used.has(port)) return port;
  throw new KvorumError("internal", `Bad request: Invalid SidecarService: No ports left for sidecars in the configured range [${min}, ${max}]`);
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === "string" && value !== "" ? value : otherwise;
}

function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
