import { utf8ToByteString } from "../../base/byte-string.ts";
import { goQuote } from "../../base/go-quote.ts";
import { isJsonArray, type JsonValue, quoteJson } from "../../base/json.ts";
import { instanceFault, nodeFault } from "../service-rules.ts";
import type { CatalogVerb, TxnError, TxnOp, TxnResult } from "../txn.ts";
import { writeNode, writeService } from "./catalog.ts";
import { txnDefinition, writeCheck } from "./check.ts";
import { anything, bytes, type Decoded, decodeJson, flag, index, int, list, map, mismatch, optional, struct, text, uint64 } from "./go-struct.ts";
import { writeKvEntry } from "./kv.ts";
import { clientProxy } from "./proxy.ts";
import { weightsOf } from "./registration.ts";
import { writeList } from "./write.ts";

const kvOp = struct("api.KVTxnOp", { Verb: text, Key: text, Value: bytes, Flags: uint64, Index: index, Session: text, Namespace: text });
const node = struct("api.Node", {
  ID: text,
  Node: text,
  Address: text,
  Datacenter: text,
  TaggedAddresses: map(text, "string"),
  Meta: map(text, "string"),
  CreateIndex: index,
  ModifyIndex: index,
});
/** What a mesh is told of a service is checked and then left out. */
const meshAddress = struct("api.ServiceAddress", { Address: text, Port: int });
const service = struct("api.AgentService", {
  Kind: text,
  ID: text,
  Service: text,
  Tags: list(text, "string"),
  Meta: map(text, "string"),
  Port: int,
  Address: text,
  TaggedAddresses: map(meshAddress, "api.ServiceAddress"),
  Weights: optional(struct("api.AgentWeights", { Passing: int, Warning: int })),
  EnableTagOverride: flag,
  CreateIndex: index,
  ModifyIndex: index,
  ContentHash: text,
  Proxy: optional(clientProxy),
  Connect: optional(struct("api.AgentServiceConnect", { Native: flag, SidecarService: anything })),
  Namespace: text,
});
const check = struct("api.HealthCheck", {
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
  Namespace: text,
  Definition: txnDefinition,
  CreateIndex: index,
  ModifyIndex: index,
});
const txnOp = struct("api.TxnOp", {
  KV: optional(kvOp),
  Node: optional(struct("api.NodeTxnOp", { Verb: text, Node: node })),
  Service: optional(struct("api.ServiceTxnOp", { Verb: text, Node: text, Service: service })),
  Check: optional(struct("api.CheckTxnOp", { Verb: text, Check: check })),
});
const txnOps = list(txnOp, "api.TxnOp");
type Said = Decoded<typeof txnOp>;

/** What a transaction's body asks for. */
export interface TxnWish {
  readonly ops: readonly TxnOp[];
  /** How many operations the body had, those of no kind included. */
  readonly given: number;
  readonly writes: boolean;
}

const KV_WRITES: ReadonlySet<string> = new Set(["set", "delete", "delete-cas", "delete-tree", "cas", "lock", "unlock"]);
const CATALOG_VERBS: readonly string[] = ["get", "set", "cas", "delete", "delete-cas"] satisfies CatalogVerb[];

/**
 * A body of `/v1/txn`. Operations of no kind are left out; a verb that does not exist is an operation that fails.
 * Throws `JsonDecodeError`.
 * @param datacenter what a node without one gets
 */
export function decodeTxn(body: JsonValue, datacenter: string): TxnWish {
  if (body !== null && !isJsonArray(body)) throw mismatch(body, { struct: "", path: "" }, "api.TxnOps");
  const said = decodeJson(txnOps, body) ?? [];
  const ops = said.map((one) => opOf(one, datacenter)).filter((op) => op !== undefined);
  return { ops, given: said.length, writes: said.some(isWrite) };
}

function isWrite(said: Said): boolean {
  if (said.KV !== undefined) return KV_WRITES.has(said.KV.Verb);
  const catalog = said.Node ?? said.Service ?? said.Check;
  return catalog !== undefined && catalog.Verb !== "get";
}

function opOf(said: Said, datacenter: string): TxnOp | undefined {
  if (said.KV !== undefined) return kvOpOf(said.KV);
  if (said.Node !== undefined) return nodeOpOf(said.Node, datacenter);
  if (said.Service !== undefined) return serviceOpOf(said.Service);
  return said.Check === undefined ? undefined : checkOpOf(said.Check);
}

function kvOpOf(said: NonNullable<Said["KV"]>): TxnOp {
  const key = utf8ToByteString(said.Key);
  const { Verb: verb, Value: value, Flags: flags, Index: at, Session: session } = said;
  switch (verb) {
    case "set":
      return { kind: "kv", op: { verb, key, value, flags } };
    case "cas":
      return { kind: "kv", op: { verb, key, value, flags, index: at } };
    case "lock":
    case "unlock":
      return { kind: "kv", op: { verb, key, value, flags, session } };
    case "delete":
    case "get":
    case "check-not-exists":
      return { kind: "kv", op: { verb, key } };
    case "delete-cas":
    case "check-index":
      return { kind: "kv", op: { verb, key, index: at } };
    case "delete-tree":
    case "get-tree":
      return { kind: "kv", op: { verb, prefix: key } };
    case "check-session":
      return { kind: "kv", op: { verb, key, session } };
    default:
      return { kind: "refused", what: said.Key === "" ? "Must provide key" : `unknown KV verb ${goQuote(verb)}` };
  }
}

function asCatalogVerb(verb: string): CatalogVerb | undefined {
  return CATALOG_VERBS.includes(verb) ? (verb as CatalogVerb) : undefined; // looked up just now
}

function nodeOpOf(said: NonNullable<Said["Node"]>, datacenter: string): TxnOp {
  const { Node: given } = said;
  const verb = asCatalogVerb(said.Verb);
  if (verb === undefined) return { kind: "refused", what: nodeFault({ id: given.ID, node: given.Node }) ?? `unknown Node verb ${goQuote(said.Verb)}` };
  return {
    kind: "node",
    verb,
    index: given.ModifyIndex,
    node: {
      id: given.ID,
      node: given.Node,
      address: given.Address,
      datacenter: given.Datacenter || datacenter,
      taggedAddresses: given.TaggedAddresses,
      meta: given.Meta,
    },
  };
}

/** Kind, proxy and Connect settings and tagged addresses do not get into the catalog this way (seen on 1.8.7). */
function serviceOpOf(said: NonNullable<Said["Service"]>): TxnOp {
  const { Service: given } = said;
  const verb = asCatalogVerb(said.Verb);
  if (verb === undefined)
    return {
      kind: "refused",
      what: instanceFault({ id: given.ID, service: given.Service, address: given.Address }) ?? `unknown Service verb ${goQuote(said.Verb)}`,
    };
  return {
    kind: "service",
    verb,
    index: given.ModifyIndex,
    service: {
      node: said.Node,
      id: given.ID,
      kind: "",
      service: given.Service,
      tags: given.Tags,
      address: given.Address,
      taggedAddresses: undefined,
      meta: given.Meta,
      port: given.Port,
      weights: weightsOf(given.Weights),
      enableTagOverride: given.EnableTagOverride,
      proxy: undefined,
      connect: undefined,
    },
  };
}

/** A `Type` is dropped, as Consul drops it. */
function checkOpOf(said: NonNullable<Said["Check"]>): TxnOp {
  const { Check: given } = said;
  const verb = asCatalogVerb(said.Verb);
  if (verb === undefined) return { kind: "refused", what: `unknown Check verb ${goQuote(said.Verb)}` };
  return {
    kind: "check",
    verb,
    index: given.ModifyIndex,
    check: {
      node: given.Node,
      checkId: given.CheckID,
      name: given.Name,
      status: given.Status,
      notes: given.Notes,
      output: given.Output,
      serviceId: given.ServiceID,
      serviceName: given.ServiceName,
      serviceTags: given.ServiceTags ?? [],
      type: "",
      definition: given.Definition,
    },
  };
}

/** `{"KV":…}` and so on, as they stand in `Results`. */
export function writeTxnResults(results: readonly TxnResult[]): string {
  return writeList(results, writeTxnResult);
}

export function writeTxnErrors(errors: readonly TxnError[]): string {
  return writeList(errors, (error) => `{"OpIndex":${error.opIndex},"What":${quoteJson(error.what)}}`);
}

function writeTxnResult(result: TxnResult): string {
  switch (result.kind) {
    case "kv":
      return `{"KV":${writeKvEntry(result.entry, result.withValue)}}`;
    case "node":
      return `{"Node":${writeNode(result.node)}}`;
    case "service":
      return `{"Service":${writeService(result.service, "null")}}`;
    case "check":
      return `{"Check":${writeCheck(result.check, "null")}}`;
  }
}
