import { Rng } from "./rng.ts";

/** One request of a walk. `SESSION` in path or body stands for the session begun last, on each side its own. */
export interface Step {
  readonly method: "GET" | "PUT" | "DELETE" | "POST";
  readonly path: string;
  readonly body?: string;
  /** The answer has an order of its own on each side. */
  readonly unordered?: boolean;
}

const READS_AFTER_A_WRITE = 4;
const KEYS = ["a", "a/b", "a/c", "b", "a/b/d", ""];
const STATUSES = ["passing", "warning", "critical"];

/** Writes at random, each with some reads behind it, all within names that begin with `prefix`. */
export function* stepsOf(seed: number, writes: number, prefix: string): Generator<Step> {
  const rng = new Rng(seed);
  for (let count = 0; count < writes; count++) {
    yield writeAt(rng, prefix);
    for (let read = 0; read < READS_AFTER_A_WRITE; read++) yield readAt(rng, prefix);
  }
}

interface Names {
  readonly key: string;
  readonly node: string;
  readonly service: string;
}

function namesAt(rng: Rng, prefix: string): Names {
  return { key: `${prefix}/${rng.pick(KEYS)}`, node: `${prefix}${rng.pick(["n1", "n2"])}`, service: `${prefix}${rng.pick(["web", "db"])}` };
}

function writeAt(rng: Rng, prefix: string): Step {
  const names = namesAt(rng, prefix);
  const kind = rng.below(10);
  if (kind < 3) return keyWrite(rng, names);
  if (kind < 4) return sessionWrite(rng, names);
  if (kind < 8) return catalogWrite(rng, names);
  if (kind < 9) return { method: "PUT", path: "/v1/txn", body: JSON.stringify(Array.from({ length: 1 + rng.below(3) }, () => operation(rng, prefix))) };
  const query = { Name: `${prefix}q${rng.below(2)}`, Service: { Service: names.service, OnlyPassing: rng.below(2) === 0 } };
  return { method: "POST", path: "/v1/query", body: JSON.stringify(query) };
}

function keyWrite(rng: Rng, { key }: Names): Step {
  const kind = rng.below(6);
  if (kind < 2) return { method: "PUT", path: `/v1/kv/${key}`, body: `v${rng.below(3)}` };
  if (kind < 3) return { method: "PUT", path: `/v1/kv/${key}?flags=${rng.below(3)}`, body: "flagged" };
  if (kind < 4) return { method: "DELETE", path: `/v1/kv/${key}${rng.below(3) === 0 ? "?recurse" : ""}` };
  return { method: "PUT", path: `/v1/kv/${key}?${rng.pick(["acquire", "release"])}=SESSION`, body: "held" };
}

function sessionWrite(rng: Rng, { node }: Names): Step {
  if (rng.below(3) === 0) return { method: "PUT", path: "/v1/session/destroy/SESSION" };
  const wish = rng.pick([{}, { Node: node }, { Behavior: "delete" }, { Node: node, NodeChecks: [] }, { Node: node, NodeChecks: ["nc"] }]);
  return { method: "PUT", path: "/v1/session/create", body: JSON.stringify({ ...wish, LockDelay: "0s" }) };
}

function catalogWrite(rng: Rng, { node, service }: Names): Step {
  const id = `${service}${rng.below(2)}`;
  const register = (more: object): Step => ({
    method: "PUT",
    path: "/v1/catalog/register",
    body: JSON.stringify({ Node: node, Address: "10.0.0.1", ...more }),
  });
  const deregister = (more: object): Step => ({ method: "PUT", path: "/v1/catalog/deregister", body: JSON.stringify({ Node: node, ...more }) });
  const status = rng.pick(STATUSES);
  switch (rng.below(8)) {
    case 0:
      return register({ Address: `10.0.0.${rng.below(2)}`, NodeMeta: rng.pick([{ a: "b" }, undefined]), SkipNodeUpdate: rng.below(2) === 0 });
    case 1:
      return register({ SkipNodeUpdate: true, Check: { CheckID: "nc", Name: "nc", Status: status } });
    case 2:
      return register({ SkipNodeUpdate: true, Check: { CheckID: `sc${rng.below(2)}`, Name: "sc", ServiceID: id, Status: status, Output: `o${rng.below(2)}` } });
    case 3:
      return register({
        Service: { ID: `${service}p`, Service: `${service}-proxy`, Kind: "connect-proxy", Port: 1, Proxy: { DestinationServiceName: service } },
      });
    case 4:
      return deregister(rng.pick([{}, { ServiceID: id }, { CheckID: "nc" }, { CheckID: "sc0" }]));
    default:
      return register({ Service: { ID: id, Service: service, Port: rng.below(2), Tags: rng.pick([["a"], ["b", "a"], undefined]) } });
  }
}

function operation(rng: Rng, prefix: string): object {
  const { key, node, service } = namesAt(rng, prefix);
  const check = { Node: node, CheckID: "nc", Name: "nc", Status: rng.pick(STATUSES) };
  const instance = { ID: `${service}0`, Service: service, Port: rng.below(2) };
  return rng.pick<object>([
    { KV: { Verb: "set", Key: key, Value: "aGk=" } },
    { KV: { Verb: rng.pick(["get", "delete", "delete-tree", "get-tree"]), Key: key } },
    { Node: { Verb: "set", Node: { Node: node, Address: `10.0.0.${rng.below(2)}` } } },
    { Node: { Verb: rng.pick(["get", "delete"]), Node: { Node: node } } },
    { Service: { Verb: rng.pick(["get", "set", "delete"]), Node: node, Service: instance } },
    { Check: { Verb: rng.pick(["get", "set", "delete"]), Check: check } },
  ]);
}

function readAt(rng: Rng, prefix: string): Step {
  const { key, node, service } = namesAt(rng, prefix);
  const ordered = [
    `kv/${key}`,
    `kv/${prefix}?recurse`,
    `kv/${prefix}/a?keys&separator=/`,
    `kv/${prefix}none`,
    "catalog/nodes",
    "catalog/nodes?node-meta=a:b",
    `catalog/node/${node}`,
    `health/node/${node}`,
  ];
  const unordered = [
    "session/list",
    `session/node/${node}`,
    "catalog/services",
    `catalog/service/${service}`,
    `catalog/service/${service}?tag=a`,
    `catalog/connect/${service}`,
    `catalog/node-services/${node}`,
    `health/service/${service}`,
    `health/service/${service}?passing`,
    `health/connect/${service}`,
    `health/checks/${service}`,
    "health/state/any",
    "health/state/critical",
    "internal/ui/services",
    "internal/ui/nodes",
    `internal/ui/node/${node}`,
    "query",
    `query/${prefix}q0/execute`,
  ];
  const at = rng.below(ordered.length + unordered.length);
  const path = ordered[at] ?? unordered[at - ordered.length] ?? "";
  return { method: "GET", path: `/v1/${path}`, unordered: at >= ordered.length };
}
