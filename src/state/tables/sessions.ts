import { KvorumError } from "../../base/errors.ts";
import type { Session } from "../../model/index.ts";
import { type Indexed, indexed } from "../indexed.ts";
import { Refusal } from "../outcome.ts";
import { type Reading, TOPIC, watchTopics } from "../reading.ts";
import type { WriteTx } from "../tx.ts";
import type { WatchSet } from "../watch.ts";
import { deleteKey, keysHeldBy, releaseKey } from "./kv.ts";
import { deleteQuery } from "./queries.ts";
import { foldSessionId, sessionIdFault } from "./session-id.ts";
import { compound, fold, type Tables, under } from "./tables.ts";

/** Consul's bound on the lock-delay, whatever the session says. Consul api-docs, session: LockDelay. */
const MAX_LOCK_DELAY_NS = 60_000_000_000;

/** Makes a session when its node is there and none of its checks is missing or critical. Throws `Refusal`. */
export function applySessionCreate(tx: WriteTx, given: Omit<Session, "createIndex" | "modifyIndex">): string {
  const fault = sessionIdFault(given.id);
  if (fault !== undefined) throw new Refusal(fault);
  const { tables } = tx;
  // Ids are random: the same one again is the same command again, sent twice because its answer was lost.
  if (tables.sessions.get(foldSessionId(given.id)) !== undefined) return given.id;
  if (tables.nodes.get(fold(given.node)) === undefined) throw new Refusal("Missing node registration");
  for (const checkId of checksOf(given)) {
    const check = tables.checks.get(compound(fold(given.node), fold(checkId)));
    if (check === undefined) throw new Refusal(`Missing check '${checkId}' registration`);
    if (check.status === "critical") throw new Refusal(`Check '${checkId}' is in critical state`);
  }
  const session: Session = { ...given, createIndex: tx.index, modifyIndex: tx.index };
  insertSession(tables, session);
  changed(tx, session);
  tx.tell({ kind: "session-created", session });
  return session.id;
}

/** Ends a session; nothing happens when there is none. Throws `Refusal` for an id that is no UUID. */
export function applySessionDestroy(tx: WriteTx, id: string): void {
  const fault = sessionIdFault(id);
  if (fault !== undefined) throw new Refusal(fault);
  endSession(tx, id);
}

/** Ends a session and frees or deletes what it held. Lock-delays are told, not kept: the state knows no time. */
export function endSession(tx: WriteTx, id: string): void {
  const { tables } = tx;
  const session = tables.sessions.delete(foldSessionId(id));
  if (session === undefined) return;
  tables.sessionsByNode.delete(compound(fold(session.node), foldSessionId(session.id)));
  for (const checkId of checksOf(session)) tables.sessionsByCheck.delete(compound(fold(session.node), fold(checkId), foldSessionId(session.id)));
  changed(tx, session);
  tx.tell({ kind: "session-ended", id: session.id });

  const delayNs = Math.min(session.lockDelayNs, MAX_LOCK_DELAY_NS);
  for (const key of keysHeldBy(tx, session.id)) {
    if (session.behavior === "delete") deleteKey(tx, key);
    else releaseKey(tx, key);
    if (delayNs > 0) tx.tell({ kind: "lock-freed", key, delayNs });
  }
  for (const query of tables.queriesBySession.valuesUnder(under(session.id))) deleteQuery(tx, query);
}

/** Ends all sessions that are bound to a check. */
export function endSessionsOfCheck(tx: WriteTx, node: string, checkId: string): void {
  for (const id of tx.tables.sessionsByCheck.valuesUnder(under(fold(node), fold(checkId)))) endSession(tx, id);
}

export function endSessionsOfNode(tx: WriteTx, node: string): void {
  for (const { id } of tx.tables.sessionsByNode.valuesUnder(under(fold(node)))) endSession(tx, id);
}

/** Puts a row and what is derived from it. */
export function insertSession(tables: Tables, session: Session): void {
  const id = foldSessionId(session.id);
  tables.sessions.set(id, session);
  tables.sessionsByNode.set(compound(fold(session.node), id), session);
  for (const checkId of checksOf(session)) tables.sessionsByCheck.set(compound(fold(session.node), fold(checkId), id), session.id);
}

function checksOf(session: Pick<Session, "checks" | "nodeChecks" | "serviceChecks">): readonly string[] {
  return [...(session.checks ?? []), ...session.nodeChecks, ...(session.serviceChecks ?? []).map(({ id }) => id)];
}

function changed(tx: WriteTx, session: Session): void {
  tx.bump("sessions");
  tx.changedTopic(TOPIC.sessions);
  tx.changedTopic(TOPIC.session(foldSessionId(session.id)));
  tx.changedTopic(TOPIC.sessionsOfNode(fold(session.node)));
}

/** Reads of sessions; their index is the table's. */
export class SessionReader {
  readonly #from: Reading;

  constructor(from: Reading) {
    this.#from = from;
  }

  /** Throws `KvorumError` with code `internal` and Consul's text for an id that is no UUID. */
  get(id: string, watch?: WatchSet): Indexed<Session | undefined> {
    const fault = sessionIdFault(id);
    if (fault !== undefined) throw new KvorumError("internal", fault);
    watchTopics(this.#from, watch, TOPIC.session(foldSessionId(id)));
    return this.#indexed(this.#from.tables.sessions.get(foldSessionId(id)));
  }

  list(watch?: WatchSet): Indexed<readonly Session[]> {
    watchTopics(this.#from, watch, TOPIC.sessions);
    return this.#indexed(this.#from.tables.sessions.valuesUnder(""));
  }

  node(node: string, watch?: WatchSet): Indexed<readonly Session[]> {
    watchTopics(this.#from, watch, TOPIC.sessionsOfNode(fold(node)));
    return this.#indexed(this.#from.tables.sessionsByNode.valuesUnder(under(fold(node))));
  }

  #indexed<T>(value: T): Indexed<T> {
    return indexed(this.#from.tables.indexOf("sessions"), value);
  }
}
