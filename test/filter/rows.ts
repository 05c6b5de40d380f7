import type { CatalogNode, Check, CheckedInstance, ServiceInstance, ServiceWithNode } from "../../src/model/index.ts";

const INDEXES = { createIndex: 1, modifyIndex: 1 };

function node(name: string, meta: CatalogNode["meta"], taggedAddresses?: CatalogNode["taggedAddresses"]): CatalogNode {
  return { id: "", node: name, address: `10.2.2.${name.slice(1)}`, datacenter: "dc1", taggedAddresses, meta, ...INDEXES };
}

function service(on: string, given: Partial<ServiceInstance> & Pick<ServiceInstance, "id" | "port">): ServiceInstance {
  return {
    node: on,
    kind: "",
    service: "web",
    tags: undefined,
    address: "",
    taggedAddresses: undefined,
    meta: undefined,
    weights: { passing: 1, warning: 1 },
    enableTagOverride: false,
    proxy: undefined,
    connect: undefined,
    ...INDEXES,
    ...given,
  };
}

function check(on: string, serviceId: string, status: string, serviceTags: readonly string[]): Check {
  const serviceName = serviceId === "" ? "" : "web";
  const checkId = serviceId === "" ? "n" : `c${serviceId.slice(1)}`;
  return { node: on, checkId, name: checkId, status, notes: "", output: "", serviceId, serviceName, serviceTags, type: "", definition: undefined, ...INDEXES };
}

/** What was registered with Consul when its answers were noted. */
export const NODES: readonly CatalogNode[] = [
  node("n1", { zone: "x", rack: "1", "a.b": "dots" }, { lan: "10.2.2.1", wan: "1.2.3.4" }),
  node("n2", { zone: "y" }),
  node("n3", undefined),
];
const INSTANCES: readonly ServiceInstance[] = [
  service("n1", {
    id: "w1",
    port: 80,
    tags: ["v1", "blue"],
    meta: { env: "prod", ver: "1.2" },
    taggedAddresses: { lan: { address: "10.1.1.1", port: 8 } },
    weights: { passing: 5, warning: 2 },
  }),
  service("n2", { id: "w2", port: 81, tags: ["v2"], meta: { env: "qa" } }),
  service("n3", { id: "w3", port: 82, enableTagOverride: true, connect: { Native: true } }),
];
const CHECKS: readonly (readonly Check[])[] = [
  [check("n1", "", "passing", []), check("n1", "w1", "passing", ["v1", "blue"])],
  [check("n2", "w2", "warning", ["v2"])],
  [check("n3", "w3", "critical", [])],
];

export const SERVICES: readonly ServiceWithNode[] = NODES.flatMap((row, at) =>
  INSTANCES.slice(at, at + 1).map((instance) => ({ node: row, service: instance })),
);
export const CHECKED: readonly CheckedInstance[] = SERVICES.map((row, at) => ({ ...row, checks: CHECKS[at] ?? [] }));
