import { type Keys, type Kind, keys, listOf, mapOf, OPAQUE_MAP, object, STRINGS } from "./kinds.ts";

/** A check definition. Consul configuration docs, checks; the aliases are those of older releases. */
export const CHECK: Keys = keys(
  {
    string: `id name notes service_id token status http method body tcp interval docker_container_id shell grpc
      alias_node alias_service timeout ttl deregister_critical_service_after`,
    bool: "grpc_use_tls tls_skip_verify",
    int: "output_max_size success_before_passing failures_before_critical",
    strings: "args",
  },
  { header: mapOf(STRINGS) },
  {
    serviceid: "service_id",
    scriptargs: "args",
    dockercontainerid: "docker_container_id",
    tlsskipverify: "tls_skip_verify",
    deregistercriticalserviceafter: "deregister_critical_service_after",
  },
);

const check: Kind = object(() => CHECK);
const service: Kind = object(() => SERVICE);
const meshGateway: Kind = object(() => keys({ string: "mode" }));
const exposePath: Kind = object(() => keys({ string: "path protocol", int: "listener_port local_path_port" }));
const expose: Kind = object(() => keys({ bool: "checks", int: "port" }, { paths: listOf(exposePath) }));
const upstream: Kind = object(() =>
  keys(
    { string: "destination_type destination_namespace destination_name datacenter local_bind_address", int: "local_bind_port" },
    { config: OPAQUE_MAP, mesh_gateway: meshGateway },
  ),
);
const proxy: Kind = object(() =>
  keys(
    { string: "destination_service_name destination_service_id local_service_address", int: "local_service_port" },
    { config: OPAQUE_MAP, upstreams: listOf(upstream), mesh_gateway: meshGateway, expose },
  ),
);

/** A service definition. Consul configuration docs, services. */
export const SERVICE: Keys = keys(
  { string: "kind id name address token", int: "port", bool: "enable_tag_override", strings: "tags", stringMap: "meta" },
  {
    check,
    checks: listOf(check),
    tagged_addresses: mapOf(object(() => keys({ string: "address", int: "port" }))),
    weights: object(() => keys({ int: "passing warning" })),
    proxy,
    connect: object(() => keys({ bool: "native" }, { sidecar_service: service })),
  },
);
