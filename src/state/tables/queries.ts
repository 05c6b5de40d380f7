import { goQuote } from "../../base/go-quote.ts";
import type { PreparedQuery } from "../../model/index.ts";
import { type Indexed, indexed } from "../indexed.ts";
import { Refusal } from "../outcome.ts";
import { type Reading, TOPIC, watchTopics } from "../reading.ts";
import type { WriteTx } from "../tx.ts";
import type { WatchSet } from "../watch.ts";
import { foldSessionId, uuidFault } from "./session-id.ts";
import { compound, fold, type Tables } from "./tables.ts";

/** Makes or replaces a query. Throws `Refusal` when its name is another's (name or id), or its session is not there. Consul api-docs, query. */
export function applyQuerySet(tx: WriteTx, given: Omit<PreparedQuery, "createIndex" | "modifyIndex">): void {
  const { tables } = tx;
  const old = tables.queries.get(given.id);
  const fault = faultOf(tables, given);
  if (fault !== undefined) throw new Refusal(fault);
  if (old !== undefined) removeDerived(tables, old);
  insertQuery(tables, { ...given, createIndex: old?.createIndex ?? tx.index, modifyIndex: tx.index });
  changed(tx);
}

type Given = Pick<PreparedQuery, "id" | "name" | "template" | "session">;

/** Why a query cannot be kept beside the others: its name is another's (name or id), or its session is not there. */
function faultOf(tables: Tables, given: Given): string | undefined {
  const { session } = given;
  const taken = takenName(tables, given);
  if (taken !== undefined || session === "") return taken;
  const fault = uuidFault(session);
  if (fault !== undefined) return `invalid session: index error: ${fault}`;
  return tables.sessions.get(foldSessionId(session)) === undefined ? `invalid session ${goQuote(session)}` : undefined;
}

function takenName(tables: Tables, { id, name, template }: Given): string | undefined {
  if (!isNamed({ name, template })) return undefined;
  const named = tables.queryNames.get(fold(name));
  if (named !== undefined && named !== id) {
    return name === "" ? "a query template with an empty name already exists" : `name '${name}' aliases an existing query name`;
  }
  return name !== id && tables.queries.get(name) !== undefined ? `name '${name}' aliases an existing query ID` : undefined;
}

export function deleteQuery(tx: WriteTx, id: string): void {
  const query = tx.tables.queries.delete(id);
  if (query === undefined) return;
  removeDerived(tx.tables, query);
  changed(tx);
}

/** Puts a row and what is derived from it. */
export function insertQuery(tables: Tables, query: PreparedQuery): void {
  tables.queries.set(query.id, query);
  if (isNamed(query)) tables.queryNames.set(fold(query.name), query.id);
  if (query.session !== "") tables.queriesBySession.set(compound(query.session, query.id), query.id);
}

function removeDerived(tables: Tables, query: PreparedQuery): void {
  if (isNamed(query)) tables.queryNames.delete(fold(query.name));
  if (query.session !== "") tables.queriesBySession.delete(compound(query.session, query.id));
}

/** A template has a name even when it is empty: it stands for every name that begins with it. */
function isNamed({ name, template }: Pick<PreparedQuery, "name" | "template">): boolean {
  return name !== "" || template.type !== "";
}

function changed(tx: WriteTx): void {
  tx.bump("prepared-queries");
  tx.changedTopic(TOPIC.queries);
}

/** Reads of prepared queries; their index is the table's. */
export class QueryReader {
  readonly #from: Reading;

  constructor(from: Reading) {
    this.#from = from;
  }

  get(id: string, watch?: WatchSet): Indexed<PreparedQuery | undefined> {
    return this.#indexed(watch, this.#from.tables.queries.get(id));
  }

  /** By id, by name, or else the template whose name is the longest beginning of it. */
  find(idOrName: string, watch?: WatchSet): Indexed<PreparedQuery | undefined> {
    const { queries, queryNames } = this.#from.tables;
    const id = idOrName === "" ? undefined : (queryNames.get(fold(idOrName)) ?? this.#template(idOrName));
    return this.#indexed(watch, queries.get(idOrName) ?? (id === undefined ? undefined : queries.get(id)));
  }

  /** What stands against keeping this query; `undefined`: nothing. */
  faultOf(given: Given): string | undefined {
    return faultOf(this.#from.tables, given);
  }

  list(watch?: WatchSet): Indexed<readonly PreparedQuery[]> {
    return this.#indexed(watch, this.#from.tables.queries.valuesUnder(""));
  }

  #template(name: string): string | undefined {
    for (let length = name.length; length >= 0; length--) {
      const id = this.#from.tables.queryNames.get(fold(name.slice(0, length)));
      if (id !== undefined && this.#from.tables.queries.get(id)?.template.type !== "") return id;
    }
    return undefined;
  }

  #indexed<T>(watch: WatchSet | undefined, value: T): Indexed<T> {
    watchTopics(this.#from, watch, TOPIC.queries);
    return indexed(this.#from.tables.indexOf("prepared-queries"), value);
  }
}
