import { KvorumError } from "../../base/errors.ts";
import { LinearPattern } from "../../base/linear-pattern.ts";
import type { PreparedQuery } from "../../model/index.ts";
import { maxTemplateName } from "../limits.ts";
import { evaluate, type Meaning, textOf } from "../templates/evaluate.ts";
import { EvaluationFault, FormatFault } from "../templates/expression.ts";
import { type Names, parseTemplate } from "../templates/parse.ts";

type Kept = Omit<PreparedQuery, "createIndex" | "modifyIndex">;

const BAD = "failed compiling template: ";

/**
 * A template made into a query for one name: `${name.full}`, `${name.prefix}`, `${name.suffix}`, `${match(1)}`, `${agent.segment}` and sums of them in all
 * texts of its service. `$$` stands for `$`. Throws `internal` with Consul's words for what is at fault. Consul api-docs, prepared query templates.
 */
export function fillIn<T extends Kept>(query: T, name: string): T {
  const { template, service } = query;
  const meaning = meaningOf(query, name);
  const fill = (given: string, where: string): string => fillText(given, `Service.${where}`, meaning);
  const fillAll = (given: readonly string[] | undefined, where: string): readonly string[] | undefined => given?.map((one, at) => fill(one, `${where}[${at}]`));
  const fillMap = (given: Readonly<Record<string, string>> | undefined, where: string): Readonly<Record<string, string>> | undefined =>
    given && Object.fromEntries(Object.entries(given).map(([key, value]) => [key, fill(value, `${where}[${key}]`)]));
  const tags = fillAll(service.tags, "Tags");
  return {
    ...query,
    service: {
      ...service,
      service: fill(service.service, "Service"),
      failover: { ...service.failover, datacenters: fillAll(service.failover.datacenters, "Failover.Datacenters") },
      ignoreCheckIds: fillAll(service.ignoreCheckIds, "IgnoreCheckIDs"),
      near: fill(service.near, "Near"),
      tags: template.removeEmptyTags ? tags?.filter((tag) => tag !== "") : tags,
      nodeMeta: fillMap(service.nodeMeta, "NodeMeta"),
      serviceMeta: fillMap(service.serviceMeta, "ServiceMeta"),
    },
  };
}

/** Throws `internal` with Consul's texts when a template cannot be used. */
export function checkTemplate(query: Kept): void {
  const { type, regexp } = query.template;
  if (type === "") return;
  if (type !== "name_prefix_match") throw new KvorumError("internal", `${BAD}Bad Template.Type '${type}'`);
  const fault = LinearPattern.fault(regexp);
  if (fault !== undefined) throw new KvorumError("internal", `${BAD}Bad Regexp: ${fault}`);
  fillIn(query, query.name);
}

function patternOf(regexp: string): LinearPattern {
  const pattern = LinearPattern.parse(regexp);
  if (pattern === undefined) throw new KvorumError("internal", `${BAD}Bad Regexp: ${LinearPattern.fault(regexp) ?? ""}`);
  return pattern;
}

const NAMES: Names = { variables: new Set(["name.full", "name.prefix", "name.suffix", "agent.segment"]), functions: new Set(["match"]) };

function meaningOf(query: Kept, name: string): Meaning {
  const { regexp } = query.template;
  const groups = regexp === "" || name.length > maxTemplateName ? [] : (patternOf(regexp).exec(name) ?? []);
  return {
    variables: new Map([
      ["name.full", name],
      ["name.prefix", query.name],
      ["name.suffix", name.slice(query.name.length)],
      ["agent.segment", ""],
    ]),
    functions: new Map([["match", (group) => groups[Number(group)] ?? ""]]),
  };
}

function fillText(given: string, where: string, meaning: Meaning): string {
  if (!given.includes("$")) return given;
  try {
    return textOf(evaluate(parseTemplate(given, NAMES), meaning));
  } catch (error) {
    if (error instanceof FormatFault) throw new KvorumError("internal", `${BAD}Bad format '${given}' in ${where}: parse error: syntax error`, { cause: error });
    if (error instanceof EvaluationFault)
      throw new KvorumError("internal", `${BAD}Bad evaluation for '${given}' in ${where}: ${error.message}`, { cause: error });
    throw error;
  }
}
