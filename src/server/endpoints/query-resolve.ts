import { KvorumError } from "../../base/errors.ts";
import type { CheckedInstance, PreparedQuery, QueryFound, QueryResolved, RequestOf } from "../../model/index.ts";
import type { Indexed, StateStore, WatchSet } from "../../state/index.ts";
import { fillIn } from "./query-template.ts";

/** A query by id or name, and what it finds here. Consul answers index 1: executions do not wait. Throws `not-found`. */
export function resolveQuery(
  state: StateStore,
  { idOrName, connect }: Pick<RequestOf<"Query.Resolve">, "idOrName" | "connect">,
  watch?: WatchSet,
): Indexed<QueryResolved> {
  const kept = state.queries.find(idOrName, watch).value;
  if (kept === undefined) throw new KvorumError("not-found", "Query not found");
  if (kept.id === idOrName && kept.template.type !== "") throw new KvorumError("internal", BY_NAME_ONLY);
  const query = kept.template.type === "" ? kept : fillIn(kept, idOrName);
  return { index: 1, value: { query, instances: instancesOf(state, query, connect, watch) } };
}

const BY_NAME_ONLY = "prepared query templates can only be resolved up by name, not by ID";

/** What a query whose template is filled in finds here. */
export function foundBy(state: StateStore, query: PreparedQuery, connect: boolean): QueryFound {
  return { service: query.service.service, instances: instancesOf(state, query, connect), ttl: query.dns.ttl, datacenter: "" };
}

/** Instances that are not critical (or pass, where only those are wanted), with the tags and meta. Consul api-docs, create prepared query. */
function instancesOf(state: StateStore, { service }: PreparedQuery, connect: boolean, watch?: WatchSet): readonly CheckedInstance[] {
  const tags = (service.tags ?? []).map(fold);
  const excluded = tags.filter((tag) => tag.startsWith("!")).map((tag) => tag.slice(1));
  const wanted = tags.filter((tag) => !tag.startsWith("!"));
  const ignored = service.ignoreCheckIds ?? [];
  const healthy = ({ checks }: CheckedInstance): boolean =>
    checks.every(({ checkId, status }) => ignored.includes(checkId) || (service.onlyPassing ? status === "passing" : status !== "critical"));
  const wish = { service: service.service, connect: connect || service.connect, tags: wanted, nodeMeta: service.nodeMeta ?? {} };
  const { value } = state.health.serviceNodes(wish, watch);
  return value.filter((one) => healthy(one) && hasMeta(one, service.serviceMeta ?? {}) && !hasAny(one, excluded));
}

function hasMeta({ service }: CheckedInstance, wanted: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([key, value]) => service.meta?.[key] === value);
}

function hasAny({ service }: CheckedInstance, tags: readonly string[]): boolean {
  return tags.length > 0 && (service.tags ?? []).some((tag) => tags.includes(fold(tag)));
}

function fold(name: string): string {
  return name.toLowerCase();
}
