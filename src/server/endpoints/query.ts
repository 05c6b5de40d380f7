import { KvorumError } from "../../base/errors.ts";
import type { RequestOf } from "../../model/index.ts";
import { done, propose, type ServerContext } from "../context.ts";
import { newUuid } from "../uuid.ts";
import { checkQuery, checkQueryId } from "./query-rules.ts";
import { checkTemplate } from "./query-template.ts";

/** Consul api-docs, prepared queries. The id is made here. */
export async function createQuery(context: ServerContext, { query }: RequestOf<"Query.Create">): Promise<string> {
  if (query.id !== "") throw new KvorumError("internal", "ID must be empty when creating a new prepared query");
  checkAll(context, query);
  let id = newUuid(context.platform.random);
  while (context.state.queries.get(id).value !== undefined) id = newUuid(context.platform.random);
  await apply(context, () => propose(context, "query.set", { query: { ...query, id } }));
  return id;
}

export async function updateQuery(context: ServerContext, { query }: RequestOf<"Query.Update">): Promise<void> {
  mustExist(context, query.id);
  checkAll(context, query);
  await apply(context, () => propose(context, "query.set", { query }));
}

export async function deleteQuery(context: ServerContext, { id }: RequestOf<"Query.Delete">): Promise<void> {
  mustExist(context, id);
  await apply(context, () => propose(context, "query.delete", { id }));
}

async function apply<T>({ meters, platform: { clock } }: ServerContext, write: () => Promise<Parameters<typeof done<T>>[0]>): Promise<T> {
  const began = clock.now();
  const value = done(await write());
  meters.queryApply.observe(clock.now() - began);
  return value;
}

/** In Consul's order: what is taken is told before what is wrong with a template. */
function checkAll({ state }: ServerContext, query: RequestOf<"Query.Create">["query"]): void {
  checkQuery(query);
  const fault = state.queries.faultOf(query);
  if (fault !== undefined) throw new KvorumError("internal", fault);
  checkTemplate(query);
}

/** The text is the same for changing and deleting, as in Consul. */
function mustExist(context: ServerContext, id: string): void {
  checkQueryId(id, "Prepared Query lookup failed: ");
  if (context.state.queries.get(id).value === undefined) throw new KvorumError("internal", `Cannot modify non-existent prepared query: '${id}'`);
}
