import { DurationError, parseDuration } from "../../base/duration.ts";
import { KvorumError } from "../../base/errors.ts";
import type { PreparedQuery } from "../../model/index.ts";
import { uuidFault } from "../../state/index.ts";

type Given = Omit<PreparedQuery, "createIndex" | "modifyIndex">;

/** What a prepared query must be before it is kept, its template and its name apart; meta of services is not looked at, as in Consul. Throws `internal` with Consul's texts. */
export function checkQuery(query: Given): void {
  const { name, session, template, service, dns } = query;
  if (name === "" && template.type === "" && session === "") throw invalid("Must be bound to a session");
  if (service.service === "") throw invalid("Must provide a Service name to query");
  const { nearestN } = service.failover;
  if (nearestN < 0) throw invalid(`Bad NearestN '${nearestN}', must be >= 0`);
  checkMeta(service.nodeMeta);
  checkTtl(dns.ttl);
}

/** Ids of queries are UUIDs: others are refused before they are looked up. */
export function checkQueryId(id: string, before = ""): void {
  const fault = uuidFault(id);
  if (fault !== undefined) throw new KvorumError("internal", `${before}failed prepared query lookup: index error: ${fault}`);
}

/** Only such as a node can have. Consul's rules and texts for metadata. */
function checkMeta(meta: Readonly<Record<string, string>> | undefined): void {
  const pairs = Object.entries(meta ?? {});
  if (pairs.length > 64) throw invalid("Node metadata cannot contain more than 64 key/value pairs");
  for (const [key, value] of pairs) {
    const fault = metaFault(key, value);
    if (fault !== undefined) throw invalid(`Couldn't load metadata pair ('${key}', '${value}'): ${fault}`);
  }
}

function metaFault(key: string, value: string): string | undefined {
  if (key === "") return "Key cannot be blank";
  if (!/^[a-zA-Z0-9_-]+$/.test(key)) return "Key contains invalid characters";
  if (key.length > 128) return "Key is too long (limit: 128 characters)";
  return Buffer.byteLength(value) > 512 ? "Value is too long (limit: 512 characters)" : undefined;
}

function checkTtl(ttl: string): void {
  if (ttl === "") return;
  try {
    const ns = parseDuration(ttl);
    if (ns < 0n) throw invalid(`DNS TTL '${ns}', must be >=0`);
  } catch (error) {
    if (error instanceof DurationError) throw invalid(`Bad DNS TTL '${ttl}': ${error.message}`);
    throw error;
  }
}

function invalid(reason: string): KvorumError {
  return new KvorumError("internal", `Invalid prepared query: ${reason}`);
}
