import { KvorumError } from "../../base/errors.ts";
import type { RequestOf } from "../../model/index.ts";
import { done, propose, type ServerContext } from "../context.ts";
import { newUuid } from "../uuid.ts";
import { checkQuery, checkQueryId } from "./query-rules.ts";

/** Consul api-docs, prepared queries. The id is made here. */
export async function createQuery(context: ServerContext, { query }: RequestOf<"Query.Create">): Promise<string> {
  if (query.id !== "") throw new KvorumError("internal", "ID must be empty when creating a new prepared query");
  checkQuery(query);
  let id = newUuid(context.platform.random);
  while (context.state.queries.get(id).value !== undefined) id = newUuid(context.platform.random);
  done(await propose(context, "query.set", { query: { ...query, id } }));
  return id;
}

export async function updateQuery(context: ServerContext, { query }: RequestOf<"Query.Update">): Promise<void> {
  mustExist(context, query.id);
  checkQuery(query);
  done(await propose(context, "query.set", { query }));
}

export async function deleteQuery(context: ServerContext, { id }: RequestOf<"Query.Delete">): Promise<void> {
  mustExist(context, id);
  done(await propose(context, "query.delete", { id }));
}

/** The text is the same for changing and deleting, as in Consul. */
function mustExist(context: ServerContext, id: string): void {
  checkQueryId(id, "Prepared Query lookup failed: ");
  if (context.state.queries.get(id).value === undefined) throw new KvorumError("internal", `Cannot modify non-existent prepared query: '${id}'`);
}
