import type { Bodies, CommandType, Results } from "./commands.ts";
import { DONE, FALSE, type Outcome, TRUE } from "./outcome.ts";
import { applyAutopilotSet } from "./tables/autopilot.ts";
import { applyCoordinates } from "./tables/coordinates.ts";
import { applyKvReap, applyKvWrite } from "./tables/kv.ts";
import { applyQuerySet, deleteQuery } from "./tables/queries.ts";
import { applyDeregister, applyRegister, applyRemove, applySync } from "./tables/register.ts";
import { applyReapRemovals } from "./tables/removals.ts";
import { applySessionCreate, applySessionDestroy } from "./tables/sessions.ts";
import type { WriteTx } from "./tx.ts";
import { runTxn } from "./txn.ts";

/** All commands but those that replace the tables as a whole, which are the store's. */
export type TableCommandType = Exclude<CommandType, "restore">;

/** One for each command: synchronous, and a matter of tables and body alone, so that every server comes to the same. A `Refusal` undoes all. */
export const APPLIERS: { readonly [K in TableCommandType]: (tx: WriteTx, body: Bodies[K]) => Results[K] } = {
  "kv.write": (tx, write) => (applyKvWrite(tx, write) ? TRUE : FALSE),
  "kv.reap": quiet((tx, { upTo }) => applyKvReap(tx, upTo)),
  "session.create": (tx, { session }) => ({ kind: "done", value: applySessionCreate(tx, session) }),
  "session.destroy": quiet((tx, { id }) => applySessionDestroy(tx, id)),
  "catalog.register": quiet(applyRegister),
  "catalog.deregister": quiet(applyDeregister),
  "catalog.remove": quiet(applyRemove),
  "catalog.sync": (tx, body) => ({ kind: "done", value: applySync(tx, body) }),
  "catalog.reap": quiet(applyReapRemovals),
  txn: (tx, { ops }) => runTxn(tx, ops),
  "txn.remove": (tx, { ops, at }) => runTxn(tx, ops, at),
  "autopilot.set": (tx, { config, cas }) => (applyAutopilotSet(tx, config, cas) ? TRUE : FALSE),
  "query.set": quiet((tx, { query }) => applyQuerySet(tx, query)),
  "query.delete": quiet((tx, { id }) => deleteQuery(tx, id)),
  "coordinates.update": quiet((tx, { updates }) => applyCoordinates(tx, updates)),
};

/** Commands that change nothing before they can no longer be refused: no save point is taken for them. */
export const NEVER_HALF_DONE: ReadonlySet<CommandType> = new Set<CommandType>(["kv.write", "kv.reap", "session.create", "session.destroy", "query.set"]);

/** For commands that have nothing to say but that they are done. */
function quiet<Body>(run: (tx: WriteTx, body: Body) => void): (tx: WriteTx, body: Body) => Outcome<undefined> {
  return (tx, body) => {
    run(tx, body);
    return DONE;
  };
}
