import { quoteJson } from "../../base/json.ts";
import type { CheckedInstance } from "../catalog.ts";
import type { NodeWithAll, QueryExecution } from "../discovery.ts";
import type { PreparedQuery } from "../operator.ts";
import type { ReadMeta } from "../options.ts";
import { writeNode, writeService } from "./catalog.ts";
import { writeCheck } from "./check.ts";
import { writeQuery } from "./query.ts";
import { writeList, writeTextMap, writeTexts } from "./write.ts";

/** `internal/ui/node`. Tags that were never given are `null` here. */
export function writeNodeWithAll({ node, services, checks }: NodeWithAll): string {
  return `{"ID":${quoteJson(node.id)},"Node":${quoteJson(node.node)},"Address":${quoteJson(node.address)},"TaggedAddresses":${writeTextMap(node.taggedAddresses)},"Meta":${writeTextMap(node.meta)},"Services":${writeList(services, (service) => writeService(service, "null"))},"Checks":${writeList(checks, (check) => writeCheck(check, "null"))}}`;
}

/** `internal/ui/nodes`. */
export function writeNodesWithAll(nodes: readonly NodeWithAll[]): string {
  return writeList(nodes, writeNodeWithAll);
}

/** What the page shows of one service. */
interface Summary {
  kind: string;
  readonly tags: Set<string>;
  readonly nodes: string[];
  readonly proxyFor: Set<string>;
  readonly sources: Set<string>;
  readonly checks: Record<string, number>;
}

/** `internal/ui/services`: one entry a service, by name. */
export function writeServiceSummaries(instances: readonly CheckedInstance[]): string {
  const summaries = new Map<string, Summary>();
  for (const instance of instances) {
    const { service } = instance.service;
    const summary = summaries.get(service) ?? { kind: "", tags: new Set(), nodes: [], proxyFor: new Set(), sources: new Set(), checks: {} };
    summaries.set(service, summary);
    addTo(summary, instance);
  }
  return writeList(
    [...summaries].sort(([a], [b]) => (a < b ? -1 : 1)),
    ([name, summary]) => writeSummary(name, summary),
  );
}

function addTo(summary: Summary, { service, node, checks }: CheckedInstance): void {
  summary.kind = service.kind;
  summary.nodes.push(node.node);
  for (const tag of service.tags ?? []) summary.tags.add(tag);
  if (service.kind === "connect-proxy") summary.proxyFor.add(destinationOf(service.proxy));
  const source = service.meta?.["external-source"] ?? "";
  if (source !== "") summary.sources.add(source);
  for (const { status } of checks) summary.checks[status] = (summary.checks[status] ?? 0) + 1;
}

function writeSummary(name: string, summary: Summary): string {
  const kind = summary.kind === "" ? "" : `"Kind":${quoteJson(summary.kind)},`;
  const proxyFor = summary.proxyFor.size === 0 ? "" : `"ProxyFor":${writeTexts([...summary.proxyFor].sort())},`;
  const count = (status: string): number => summary.checks[status] ?? 0;
  return `{${kind}"Name":${quoteJson(name)},"Tags":${sortedOrNull(summary.tags)},"Nodes":${writeTexts(summary.nodes.sort())},"InstanceCount":${summary.nodes.length},${proxyFor}"ChecksPassing":${count("passing")},"ChecksWarning":${count("warning")},"ChecksCritical":${count("critical")},"ExternalSources":${sortedOrNull(summary.sources)},"GatewayConfig":{}}`;
}

function sortedOrNull(texts: ReadonlySet<string>): string {
  return texts.size === 0 ? "null" : writeTexts([...texts].sort());
}

function destinationOf(proxy: unknown): string {
  const name: unknown = typeof proxy === "object" && proxy !== null ? Reflect.get(proxy, "DestinationServiceName") : undefined;
  return typeof name === "string" ? name : "";
}

/** What stands in the bodies of executed and explained queries of a read's headers: an index of 0, and the time in nanoseconds. */
function writeMeta({ lastContactMs, knownLeader }: ReadMeta, consistency: string): string {
  return `"Index":0,"LastContact":${Math.trunc(lastContactMs) * 1_000_000},"KnownLeader":${knownLeader},"ConsistencyLevel":${quoteJson(consistency)}`;
}

/** `query/…/execute`. `consistency` as the header has it. */
export function writeExecution({ found, failovers, meta }: QueryExecution, consistency: string): string {
  const nodes = writeList(found.instances, ({ node, service, checks }) => {
    const shown = checks.length === 0 ? "null" : writeList(checks, (check) => writeCheck(check, "null"));
    return `{"Node":${writeNode(node)},"Service":${writeService(service, "null")},"Checks":${shown}}`;
  });
  return `{"Service":${quoteJson(found.service)},"Nodes":${nodes},"DNS":{"TTL":${quoteJson(found.ttl)}},"Datacenter":${quoteJson(found.datacenter)},"Failovers":${failovers},${writeMeta(meta, consistency)}}`;
}

/** `query/…/explain`. */
export function writeExplanation(query: PreparedQuery, meta: ReadMeta, consistency: string): string {
  return `{"Query":${writeQuery(query)},${writeMeta(meta, consistency)}}`;
}
