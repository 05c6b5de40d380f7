import { KvorumError } from "../../base/errors.ts";
import { goQuoteBytes } from "../../base/go-quote.ts";
import { decodeTxn, type TxnOp, writeTxnErrors, writeTxnResults } from "../../model/index.ts";
import { jsonAnswer, metaHeaders } from "../answer.ts";
import { decodeBody } from "../body.ts";
import { warned } from "../live-agent.ts";
import { ask, READ_PARAMETERS, readOptions, writeOptions } from "../reads.ts";
import type { Route, World } from "../route.ts";

/** Operations that one transaction may have. Consul api-docs, transactions. */
const MAX_OPS = 64;

/** Consul api-docs, transactions. */
export const txnRoutes: readonly Route[] = [
  {
    method: "PUT",
    path: "/v1/txn",
    about: "Do all of a list of operations, or none",
    parameters: READ_PARAMETERS,
    body: {
      kind: "collect",
      type: "application/json",
      about: "A list of operations: KV, Node, Service, Check",
      limit: (config) => ({ announced: bodyLimit(config), collected: bodyLimit(config) }),
      tooLarge: (size, limit) =>
        `Request body(${size} bytes) too large, max size: ${limit} bytes. See https://www.consul.io/docs/agent/options.html#txn_max_req_len.`,
    },
    answers: {
      200: "Results; with X-Kvorum-Warning when a node that was written to has a live agent",
      400: "The body cannot be read",
      409: "Errors: nothing was done",
      413: "Too large, or too many operations",
    },
    async handle(call, world) {
      const wish = decodeBody(call.body, (body) => decodeTxn(body, world.config.datacenter), "Failed to parse body: ");
      if (wish.given > MAX_OPS) throw new KvorumError("too-large", `Transaction contains too many operations (${wish.given} > ${MAX_OPS})`);
      for (const op of wish.ops) refuseLargeValue(op, world);
      if (wish.writes) {
        const options = writeOptions(call, world);
        const { results, errors } = await world.backend.call("Txn.Apply", { ops: wish.ops, options });
        if (errors.length > 0) return jsonAnswer(answerText(results, errors, ""), [], 409);
        return warned(jsonAnswer(answerText(results, errors, ""), [], 200), world, writtenNodes(wish.ops), options);
      }
      const options = { ...readOptions(call, world), minIndex: 0 };
      const { value, meta } = await ask(call, world, "Txn.Read", { ops: wish.ops, options });
      const told = `,"Index":0,"LastContact":${Math.trunc(meta.lastContactMs) * 1_000_000},"KnownLeader":${meta.knownLeader},"ConsistencyLevel":""`;
      // no blocking: the index is left out of the headers
      return jsonAnswer(answerText(value.results, value.errors, told), metaHeaders(meta).slice(2), value.errors.length > 0 ? 409 : 200);
    },
  },
];

/** Nodes that something was written of. */
function writtenNodes(ops: readonly TxnOp[]): ReadonlySet<string> {
  const nodes = new Set<string>();
  for (const op of ops) {
    if (op.kind === "kv" || op.kind === "refused" || (op.verb !== "set" && op.verb !== "cas")) continue;
    nodes.add(op.kind === "node" ? op.node.node : op.kind === "service" ? op.service.node : op.check.node);
  }
  return nodes;
}

function bodyLimit(config: World["config"]): number {
  return Math.max(config.kvMaxValueBytes, config.txnMaxBytes);
}

function answerText(results: Parameters<typeof writeTxnResults>[0], errors: Parameters<typeof writeTxnErrors>[0], told: string): string {
  return errors.length > 0 ? `{"Results":null,"Errors":${writeTxnErrors(errors)}${told}}` : `{"Results":${writeTxnResults(results)},"Errors":null${told}}`;
}

function refuseLargeValue(op: TxnOp, world: World): void {
  if (op.kind !== "kv" || !("value" in op.op)) return;
  const limit = world.config.kvMaxValueBytes;
  const size = op.op.value.byteLength;
  if (size > limit) throw new KvorumError("too-large", `Value for key ${goQuoteBytes(op.op.key)} is too large (${size} > ${limit} bytes)`);
}
