/** `passing`, `warning` or `critical`; the catalog takes any other word as well and treats it as none of them. */
export type CheckStatus = string;
/** Empty, `connect-proxy`, `mesh-gateway`, `terminating-gateway`, `ingress-gateway`; the catalog takes any other word as well. */
export type ServiceKind = string;

/** A node of the catalog. Names are matched without case. */
export interface CatalogNode {
  /** UUID text; empty for nodes registered without one. */
  readonly id: string;
  readonly node: string;
  readonly address: string;
  readonly datacenter: string;
  readonly taggedAddresses: Readonly<Record<string, string>> | undefined;
  readonly meta: Readonly<Record<string, string>> | undefined;
  readonly createIndex: number;
  readonly modifyIndex: number;
}

/** One instance of a service on a node; `undefined` parts print as `null`. Proxy and Connect settings are kept as given. */
export interface ServiceInstance {
  readonly node: string;
  readonly id: string;
  readonly kind: ServiceKind;
  readonly service: string;
  readonly tags: readonly string[] | undefined;
  readonly address: string;
  readonly taggedAddresses: Readonly<Record<string, { readonly address: string; readonly port: number }>> | undefined;
  readonly meta: Readonly<Record<string, string>> | undefined;
  readonly port: number;
  readonly socketPath?: string;
  readonly weights: { readonly passing: number; readonly warning: number };
  readonly enableTagOverride: boolean;
  /** Consul's JSON for `Proxy`, decoded but not looked into; `undefined`: the empty settings. */
  readonly proxy: unknown;
  /** Consul's JSON for `Connect`, likewise. */
  readonly connect: unknown;
  readonly createIndex: number;
  readonly modifyIndex: number;
}

/** A check of a node (empty `serviceId`) or of a service on it. */
export interface Check {
  readonly node: string;
  readonly checkId: string;
  readonly name: string;
  readonly status: CheckStatus;
  readonly notes: string;
  readonly output: string;
  readonly serviceId: string;
  readonly serviceName: string;
  readonly serviceTags: readonly string[];
  readonly type: string;
  /** Consul's JSON for `Definition`, decoded but not looked into; `undefined`: the empty one. */
  readonly definition: unknown;
  readonly createIndex: number;
  readonly modifyIndex: number;
}

export interface ServiceWithNode {
  readonly service: ServiceInstance;
  readonly node: CatalogNode;
}

export interface CheckedInstance extends ServiceWithNode {
  readonly checks: readonly Check[];
}
