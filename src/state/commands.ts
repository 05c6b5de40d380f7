import type { AutopilotConfig, Heeds, KvWrite, NodeCoordinate, PreparedQuery, Registration, Removed, Session, TxnAnswer, TxnOp } from "../model/index.ts";
import type { Outcome } from "./outcome.ts";

type Unindexed<T> = Omit<T, "createIndex" | "modifyIndex">;

/** One step of a restore. All of it goes through the log, so that every server comes to the same state at the same index, whatever fails in between. */
export type RestoreStep =
  /** Begins anew; what another one has brought so far is forgotten. */
  | { readonly step: "begin"; readonly id: string }
  /** The next piece of a snapshot of the state; `number` counts from 0. */
  | { readonly step: "chunk"; readonly id: string; readonly number: number; readonly bytes: Uint8Array }
  /** All pieces are there: the new state takes the old one's place. */
  | { readonly step: "commit"; readonly id: string; readonly chunks: number }
  | { readonly step: "abort"; readonly id: string };

/** What each command brings. Times and ids travel here, since appliers have neither clock nor chance. */
export interface Bodies {
  readonly "kv.write": KvWrite;
  /** Forgets tombstones up to this index, so that they do not grow for ever. */
  readonly "kv.reap": { readonly upTo: number };
  readonly "session.create": { readonly session: Unindexed<Session> };
  readonly "session.destroy": { readonly id: string };
  readonly "catalog.register": Registration;
  /** With `serviceId` or `checkId` only that; with neither the node and all on it. */
  readonly "catalog.deregister": { readonly node: string; readonly serviceId: string; readonly checkId: string };
  /** A service, or where `serviceId` is empty a check, that is to stay away (`tables/removals.ts`); `at`: milliseconds since 1970. */
  readonly "catalog.remove": { readonly node: string; readonly serviceId: string; readonly checkId: string; readonly at: number };
  /** `catalog.register` by the node's own agent, which brings back nothing that was removed. */
  readonly "catalog.sync": { readonly registration: Registration; readonly heeds: Heeds };
  /** Forgets removals that are older, in milliseconds since 1970. */
  readonly "catalog.reap": { readonly before: number };
  readonly txn: { readonly ops: readonly TxnOp[] };
  /** A `txn` that deletes services or checks: they are to stay away, as by `catalog.remove`. */
  readonly "txn.remove": { readonly ops: readonly TxnOp[]; readonly at: number };
  /** `cas` `undefined`: always. */
  readonly "autopilot.set": { readonly config: Unindexed<AutopilotConfig>; readonly cas: number | undefined };
  /** Makes or replaces the query of that id. */
  readonly "query.set": { readonly query: Unindexed<PreparedQuery> };
  readonly "query.delete": { readonly id: string };
  readonly "coordinates.update": { readonly updates: readonly NodeCoordinate[] };
  readonly restore: RestoreStep;
}

/** What each command gives to its proposer. */
export interface Results {
  /** False: a `cas`, `lock`, `unlock` or `delete-cas` that did not apply. */
  readonly "kv.write": Outcome<boolean>;
  readonly "kv.reap": Outcome<undefined>;
  /** The session's id. */
  readonly "session.create": Outcome<string>;
  readonly "session.destroy": Outcome<undefined>;
  readonly "catalog.register": Outcome<undefined>;
  readonly "catalog.deregister": Outcome<undefined>;
  readonly "catalog.remove": Outcome<undefined>;
  /** What was not written. */
  readonly "catalog.sync": Outcome<Removed>;
  readonly "catalog.reap": Outcome<undefined>;
  readonly txn: TxnAnswer;
  readonly "txn.remove": TxnAnswer;
  readonly "autopilot.set": Outcome<boolean>;
  readonly "query.set": Outcome<undefined>;
  readonly "query.delete": Outcome<undefined>;
  readonly "coordinates.update": Outcome<undefined>;
  readonly restore: Outcome<undefined>;
}

export type CommandType = keyof Bodies & keyof Results;
export type Command<T extends CommandType = CommandType> = { readonly [K in T]: { readonly type: K; readonly body: Bodies[K] } }[T];
