import type { JsonObject } from "../base/json.ts";
import type { Check, ServiceInstance } from "./catalog.ts";

/** What a check does and how; empty and 0 stand for "not said". Consul api-docs, agent: register check. */
export interface CheckDefinition {
  /** Of a check within a service: its `CheckID`. */
  readonly id: string;
  readonly name: string;
  readonly notes: string;
  readonly serviceId: string;
  readonly token: string;
  /** What it is before the first run. */
  readonly status: string;
  /** A program and its arguments. */
  readonly args: readonly string[];
  /** A URL. */
  readonly http: string;
  readonly header: Readonly<Record<string, readonly string[]>>;
  readonly method: string;
  readonly body: string;
  /** `host:port`. */
  readonly tcp: string;
  /** `host:port`, then a slash and the name of a service where one is meant. */
  readonly grpc: string;
  readonly grpcUseTls: boolean;
  readonly tlsSkipVerify: boolean;
  readonly dockerContainerId: string;
  readonly shell: string;
  readonly aliasNode: string;
  readonly aliasService: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly ttlMs: number;
  readonly successBeforePassing: number;
  readonly failuresBeforeCritical: number;
  readonly deregisterCriticalServiceAfterMs: number;
  /** 0: the agent's own bound. */
  readonly outputMaxBytes: number;
}

/** A service to be registered with an agent. Consul api-docs, agent: register service. */
export interface ServiceDefinition {
  readonly kind: string;
  readonly id: string;
  readonly name: string;
  readonly tags: readonly string[] | undefined;
  readonly address: string;
  readonly taggedAddresses: ServiceInstance["taggedAddresses"];
  readonly meta: ServiceInstance["meta"];
  readonly port: number;
  /** A unix socket in place of address and port; empty: none. Of Kvorum and newer Consul, 1.8.7 has no such field. */
  readonly socketPath: string;
  readonly weights: ServiceInstance["weights"] | undefined;
  readonly token: string;
  readonly enableTagOverride: boolean;
  /** Settings of a Connect proxy, as `model/json` lays them out. */
  readonly proxy: JsonObject | undefined;
  readonly connect: { readonly native: boolean; readonly sidecar: ServiceDefinition | undefined } | undefined;
  readonly checks: readonly CheckDefinition[];
}

/** A service as its agent holds it. */
export type LocalService = Omit<ServiceInstance, "createIndex" | "modifyIndex">;
/** A check as its agent holds it. */
export type LocalCheck = Omit<Check, "createIndex" | "modifyIndex">;

/** A change of a check's status, with what was said then. */
export interface CheckTransition {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly from: string;
  readonly to: string;
  readonly output: string;
}
