import { KvorumError } from "../../base/errors.ts";
import { LinearPattern } from "../../base/linear-pattern.ts";
import type { PreparedQuery } from "../../model/index.ts";
import { maxTemplateName } from "../limits.ts";

/** What a template's placeholders stand for. */
interface Filling {
  readonly full: string;
  readonly prefix: string;
  readonly suffix: string;
  readonly groups: readonly (string | undefined)[];
}
type Kept = Omit<PreparedQuery, "createIndex" | "modifyIndex">;

/**
 * A template made into a query for one name: `${name.full}`, `${name.prefix}`, `${name.suffix}`, `${match(1)}` and `${agent.segment}` in all texts of
 * its service. `$${` stands for `${`. Throws `internal` with Consul's words for what is no placeholder. Consul api-docs, prepared query templates.
 */
export function fillIn<T extends Kept>(query: T, name: string): T {
  const { template, service } = query;
  const groups = template.regexp === "" || name.length > maxTemplateName ? [] : (patternOf(template.regexp).exec(name) ?? []);
  const filling: Filling = { full: name, prefix: query.name, suffix: name.slice(query.name.length), groups };
  const fill = (given: string, where: string): string => fillText(given, `Service.${where}`, filling);
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
  if (type !== "name_prefix_match") throw new KvorumError("internal", `failed compiling template: Bad Template.Type '${type}'`);
  const fault = LinearPattern.fault(regexp);
  if (fault !== undefined) throw new KvorumError("internal", `failed compiling template: Bad Regexp: ${fault}`);
  fillIn(query, query.name);
}

function patternOf(regexp: string): LinearPattern {
  const pattern = LinearPattern.parse(regexp);
  if (pattern === undefined) throw new KvorumError("internal", `failed compiling template: Bad Regexp: ${LinearPattern.fault(regexp) ?? ""}`);
  return pattern;
}

function fillText(given: string, where: string, filling: Filling): string {
  if (!given.includes("${")) return given;
  let out = "";
  let from = 0;
  for (let at = given.indexOf("${"); at !== -1; at = given.indexOf("${", from)) {
    if (given[at - 1] === "$" && at > from) {
      out += `${given.slice(from, at - 1)}\${`;
      from = at + 2;
      continue;
    }
    const close = given.indexOf("}", at);
    if (close === -1) throw badFormat(given, where);
    out += given.slice(from, at) + placeholder(given.slice(at + 2, close).trim(), { given, where, filling });
    from = close + 1;
  }
  return out + given.slice(from);
}

/** One placeholder. A text between quotes stands for itself. */
function placeholder(inside: string, about: { readonly given: string; readonly where: string; readonly filling: Filling }): string {
  const { given, where, filling } = about;
  const bad = (reason: string): KvorumError =>
    new KvorumError("internal", `failed compiling template: Bad evaluation for '${given}' in ${where}: 1:3: ${reason}`);
  if (inside === "name.full") return filling.full;
  if (inside === "name.prefix") return filling.prefix;
  if (inside === "name.suffix") return filling.suffix;
  if (inside === "agent.segment") return "";
  const literal = /^"([^"\\]*)"$/.exec(inside)?.[1];
  if (literal !== undefined) return literal;
  const group = /^match\(\s*"?(-?\d+)(?:\.\d+)?"?\s*\)$/.exec(inside)?.[1];
  if (group !== undefined) return filling.groups[Number(group)] ?? "";
  const called = /^(\w+)\(([^()]*)\)$/.exec(inside);
  if (called?.[1] === "match") throw bad(`match: expected 1 arguments, got ${called[2]?.trim() === "" ? 0 : (called[2] ?? "").split(",").length}`);
  if (called !== null) throw bad(`unknown function called: ${called[1]}`);
  if (/^[A-Za-z_][\w.]*$/.test(inside)) throw bad(`unknown variable accessed: ${inside}`);
  throw badFormat(given, where);
}

function badFormat(given: string, where: string): KvorumError {
  return new KvorumError("internal", `failed compiling template: Bad format '${given}' in ${where}: parse error: syntax error`);
}
