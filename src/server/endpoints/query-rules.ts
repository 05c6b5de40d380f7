import { DurationError, parseDuration } from "../../base/duration.ts";
import { KvorumError } from "../../base/errors.ts";
import type { PreparedQuery } from "../../model/index.ts";
import { uuidFault } from "../../state/index.ts";

type Given = Omit<PreparedQuery, "createIndex" | "modifyIndex">;

/** What a prepared query must be before it is kept. Throws `internal` with Consul's texts. */
export function checkQuery({ name, session, template, service, dns }: Given): void {
  if (name === "" && template.type === "" && session === "") throw invalid("Must be bound to a session");
  if (service.service === "") throw invalid("Must provide a Service name to query");
  const { nearestN } = service.failover;
  if (nearestN < 0) throw invalid(`Bad NearestN '${nearestN}', must be >= 0`);
  checkTtl(dns.ttl);
  checkTemplate(template);
}

/** Ids of queries are UUIDs: others are refused before they are looked up. */
export function checkQueryId(id: string, before = ""): void {
  const fault = uuidFault(id);
  if (fault !== undefined) throw new KvorumError("internal", `${before}failed prepared query lookup: index error: ${fault}`);
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

function checkTemplate({ type, regexp }: Given["template"]): void {
  if (type === "") return;
  if (type !== "name_prefix_match") throw new KvorumError("internal", `failed compiling template: Bad Template.Type '${type}'`);
  try {
    new RegExp(regexp);
  } catch (error) {
    throw new KvorumError("internal", `failed compiling template: Bad Regexp: error parsing regexp: \`${regexp}\``, { cause: error });
  }
}

function invalid(reason: string): KvorumError {
  return new KvorumError("internal", `Invalid prepared query: ${reason}`);
}
