import { KvorumError } from "../../base/errors.ts";
import { LinearPattern } from "../../base/linear-pattern.ts";
import type { PreparedQuery } from "../../model/index.ts";
import { maxTemplateName } from "../limits.ts";
import { evaluate, type Meaning, textOf } from "../templates/evaluate.ts";
import { EvaluationFault, type Expression, FormatFault } from "../templates/expression.ts";
import { type Names, parseTemplate } from "../templates/parse.ts";

type Kept = Omit<PreparedQuery, "createIndex" | "modifyIndex">;

const BAD = "failed compiling template: ";

/**
 * A template made into a query for one name: `${name.full}`, `${name.prefix}`, `${name.suffix}`, `${match(1)}`, `${agent.segment}` and sums of them in all
 * texts of its service. `$$` stands for `$`. Throws `internal` with Consul's words for what is at fault. Consul api-docs, prepared query templates.
 */
export function fillIn<T extends Kept>(query: T, name: string): T {
  const meaning = meaningOf(query, name);
  const service = withTexts(query.service, (text, where) => filled(text, where, meaning));
  return { ...query, service: query.template.removeEmptyTags ? { ...service, tags: (service.tags ?? []).filter((tag) => tag !== "") } : service };
}

type Service = PreparedQuery["service"];

/** The service with each of its texts changed; `where` names it in faults. */
function withTexts(service: Service, change: (text: string, where: string) => string): Service {
  const changeAll = (given: readonly string[] | undefined, where: string): readonly string[] | undefined =>
    given?.map((one, at) => change(one, `${where}[${at}]`));
  const changeMap = (given: Readonly<Record<string, string>> | undefined, where: string): Readonly<Record<string, string>> | undefined =>
    given && Object.fromEntries(Object.entries(given).map(([key, value]) => [key, change(value, `${where}[${key}]`)]));
  return {
    ...service,
    service: change(service.service, "Service"),
    failover: { ...service.failover, datacenters: changeAll(service.failover.datacenters, "Failover.Datacenters") },
    ignoreCheckIds: changeAll(service.ignoreCheckIds, "IgnoreCheckIDs"),
    near: change(service.near, "Near"),
    tags: changeAll(service.tags, "Tags"),
    nodeMeta: changeMap(service.nodeMeta, "NodeMeta"),
    serviceMeta: changeMap(service.serviceMeta, "ServiceMeta"),
  };
}

/** Throws `internal` with Consul's texts when a template cannot be used: texts that cannot be read first, then the pattern, then what comes of both. */
export function checkTemplate(query: Kept): void {
  const { type, regexp } = query.template;
  if (type === "") return;
  if (type !== "name_prefix_match") throw new KvorumError("internal", `${BAD}Bad Template.Type '${type}'`);
  withTexts(query.service, (text, where) => {
    if (text.includes("$")) checkFormat(text, where);
    return text;
  });
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
      // names are found in any letters, but cut off only in the same ones, as in Consul
      ["name.suffix", name.startsWith(query.name) ? name.slice(query.name.length) : name],
      ["agent.segment", ""],
    ]),
    functions: new Map([["match", (group) => groups[Number(group)] ?? ""]]),
  };
}

function read(given: string, where: string): Expression {
  try {
    return parseTemplate(given, NAMES);
  } catch (error) {
    if (!(error instanceof FormatFault)) throw error;
    throw new KvorumError("internal", `${BAD}Bad format '${given}' in Service.${where}: parse error: syntax error`, { cause: error });
  }
}

function checkFormat(given: string, where: string): void {
  try {
    read(given, where);
  } catch (error) {
    // a name that is not there is told when the template is filled in
    if (!(error instanceof EvaluationFault)) throw error;
  }
}

function filled(given: string, where: string, meaning: Meaning): string {
  if (!given.includes("$")) return given;
  try {
    return textOf(evaluate(read(given, where), meaning));
  } catch (error) {
    if (!(error instanceof EvaluationFault)) throw error;
    throw new KvorumError("internal", `${BAD}Bad evaluation for '${given}' in Service.${where}: ${error.message}`, { cause: error });
  }
}
