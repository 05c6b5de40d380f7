import type { JsonValue } from "../../base/json.ts";
import type { CatalogNode, Check, ServiceInstance } from "../catalog.ts";
import type { Registration } from "../methods.ts";
import { weightsFault } from "../service-rules.ts";
import { checkTypeOf, definition } from "./check.ts";
import { type Decoded, decodeJson, flag, index, int, list, map, optional, struct, text } from "./go-struct.ts";
import { connect, proxy } from "./proxy.ts";

const address = struct("structs.ServiceAddress", { Address: text, Port: int });
const weights = struct("structs.Weights", { Passing: int, Warning: int });
const service = struct("structs.NodeService", {
  Kind: text,
  ID: text,
  Service: text,
  Tags: list(text, "string"),
  Address: text,
  TaggedAddresses: map(address, "structs.ServiceAddress"),
  Meta: map(text, "string"),
  Port: int,
  Weights: optional(weights),
  EnableTagOverride: flag,
  Proxy: proxy,
  Connect: connect,
  CreateIndex: index,
  ModifyIndex: index,
});
const check = struct("structs.HealthCheck", {
  Node: text,
  CheckID: text,
  Name: text,
  Status: text,
  Notes: text,
  Output: text,
  ServiceID: text,
  ServiceName: text,
  ServiceTags: list(text, "string"),
  Type: text,
  Definition: definition,
  CreateIndex: index,
  ModifyIndex: index,
});
const registration = struct("structs.RegisterRequest", {
  Datacenter: text,
  ID: text,
  Node: text,
  Address: text,
  TaggedAddresses: map(text, "string"),
  NodeMeta: map(text, "string"),
  Service: optional(service),
  Check: optional(check),
  Checks: list(check, "structs.HealthCheck"),
  SkipNodeUpdate: flag,
  Token: text,
  CreateIndex: index,
  ModifyIndex: index,
});
const deregistration = struct("structs.DeregisterRequest", { Datacenter: text, Node: text, Address: text, ServiceID: text, CheckID: text, Token: text });

/** What is written when a body says nothing of weights, or nothing in them. */
const NO_WEIGHTS = { passing: 1, warning: 1 } as const;

/** A body of `catalog/register`. Names and addresses may be empty still: the catalog says what it must have. Throws `JsonDecodeError`. */
export function decodeRegistration(body: JsonValue): { readonly datacenter: string; readonly token: string; readonly registration: Registration } {
  const said = decodeJson(registration, body);
  const node: Omit<CatalogNode, "createIndex" | "modifyIndex"> = {
    id: said.ID,
    node: said.Node,
    address: said.Address,
    datacenter: said.Datacenter,
    taggedAddresses: said.TaggedAddresses,
    meta: said.NodeMeta,
  };
  const checks = said.Check === undefined ? [] : [said.Check];
  return {
    datacenter: said.Datacenter,
    token: said.Token,
    registration: {
      node,
      skipNodeUpdate: said.SkipNodeUpdate,
      service: said.Service === undefined ? undefined : serviceOf(said.Node, said.Service),
      checks: [...checks, ...(said.Checks ?? [])].map(checkOf),
    },
  };
}

/** A body of `catalog/deregister`. Throws `JsonDecodeError`. */
export function decodeDeregistration(body: JsonValue): {
  readonly datacenter: string;
  readonly token: string;
  readonly node: string;
  readonly serviceId: string;
  readonly checkId: string;
} {
  const said = decodeJson(deregistration, body);
  return { datacenter: said.Datacenter, token: said.Token, node: said.Node, serviceId: said.ServiceID, checkId: said.CheckID };
}

function serviceOf(node: string, said: Decoded<typeof service>): Omit<ServiceInstance, "createIndex" | "modifyIndex"> {
  return {
    node,
    id: said.ID,
    kind: said.Kind,
    service: said.Service,
    tags: said.Tags,
    address: said.Address,
    taggedAddresses:
      said.TaggedAddresses && Object.fromEntries(Object.entries(said.TaggedAddresses).map(([name, at]) => [name, { address: at.Address, port: at.Port }])),
    meta: said.Meta,
    port: said.Port,
    weights: weightsOf(said.Weights),
    enableTagOverride: said.EnableTagOverride,
    proxy: said.Proxy,
    connect: said.Connect,
  };
}

/** Weights that may not be stand for none given, as in Consul. */
export function weightsOf(said: { readonly Passing: number; readonly Warning: number } | undefined): ServiceInstance["weights"] {
  const weights = said === undefined ? NO_WEIGHTS : { passing: said.Passing, warning: said.Warning };
  return weightsFault(weights) === undefined ? weights : NO_WEIGHTS;
}

function checkOf(said: Decoded<typeof check>): Omit<Check, "createIndex" | "modifyIndex"> {
  return {
    node: said.Node,
    checkId: said.CheckID,
    name: said.Name,
    status: said.Status,
    notes: said.Notes,
    output: said.Output,
    serviceId: said.ServiceID,
    serviceName: said.ServiceName,
    serviceTags: said.ServiceTags ?? [],
    type: said.Type || checkTypeOf(said.Definition),
    definition: said.Definition,
  };
}
