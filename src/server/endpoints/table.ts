import type { MethodName, RequestOf, ResponseOf } from "../../model/index.ts";
import type { ServerContext } from "../context.ts";
import type { Autopilot } from "../leader/autopilot.ts";
import type { CoordinateBatch } from "../leader/coordinate-batch.ts";
import type { SessionTimers } from "../leader/session-ttl.ts";
import { deregister, register } from "./catalog.ts";
import { updateCoordinate } from "./coordinate.ts";
import { applyKv, applyTxn } from "./kv.ts";
import { addPeer, raftConfiguration, removePeer, setAutopilot, transferLeader } from "./operator.ts";
import { fireEvent } from "./pools.ts";
import { createQuery, deleteQuery, updateQuery } from "./query.ts";
import { isRead, type ReadMethodName } from "./reads.ts";
import { createSession, destroySession, renewSession } from "./session.ts";
import { serverStats, statusLeader, statusPeers } from "./status.ts";

/** What any server answers by itself. */
export type LocalMethodName =
  | "Catalog.Datacenters"
  | "Coordinate.Datacenters"
  | "Event.Fire"
  | "Operator.Keyring"
  | "Status.Leader"
  | "Status.Peers"
  | "Status.Pledge"
  | "Status.Server";
/** What only the leader does; `Query.Execute` is made of reads. */
export type LeaderMethodName = Exclude<MethodName, ReadMethodName | LocalMethodName | "Query.Execute">;

export interface LeaderParts {
  readonly context: ServerContext;
  readonly timers: SessionTimers;
  readonly autopilot: Autopilot;
  readonly coordinates: CoordinateBatch;
}

export const LOCAL: { readonly [M in LocalMethodName]: (context: ServerContext, request: RequestOf<M>) => ResponseOf<M> | Promise<ResponseOf<M>> } = {
  "Catalog.Datacenters": ({ pools }) => pools.datacenters(),
  "Coordinate.Datacenters": ({ pools }) => pools.datacenterCoordinates(),
  "Event.Fire": fireEvent,
  "Operator.Keyring": ({ pools }, request) => pools.keyring(request),
  "Status.Leader": statusLeader,
  "Status.Peers": statusPeers,
  "Status.Server": serverStats,
  "Status.Pledge": ({ pledges }, request) => pledges.ask(request),
};

export type LeaderEndpoint<M extends LeaderMethodName> = (parts: LeaderParts, request: RequestOf<M>) => ResponseOf<M> | Promise<ResponseOf<M>>;

export const ON_LEADER: { readonly [M in LeaderMethodName]: LeaderEndpoint<M> } = {
  "KV.Apply": ({ context }, request) => applyKv(context, request),
  "Txn.Apply": ({ context }, request) => applyTxn(context, request),
  "Session.Create": ({ context }, request) => createSession(context, request),
  "Session.Destroy": ({ context }, request) => destroySession(context, request),
  "Session.Renew": ({ context, timers }, request) => renewSession(context, timers, request),
  "Catalog.Register": ({ context }, request) => register(context, request),
  "Catalog.Deregister": ({ context }, request) => deregister(context, request),
  "Coordinate.Update": ({ coordinates }, request) => updateCoordinate(coordinates, request),
  "Query.Create": ({ context }, request) => createQuery(context, request),
  "Query.Update": ({ context }, request) => updateQuery(context, request),
  "Query.Delete": ({ context }, request) => deleteQuery(context, request),
  "Operator.RaftConfiguration": ({ context }) => raftConfiguration(context),
  "Operator.RaftRemovePeer": ({ context }, request) => removePeer(context, request),
  "Operator.RaftAddPeer": ({ context }, request) => addPeer(context, request),
  "Operator.RaftTransferLeader": ({ context }, request) => transferLeader(context, request),
  "Operator.AutopilotGetConfig": ({ autopilot }) => autopilot.config(),
  "Operator.AutopilotSetConfig": ({ context }, request) => setAutopilot(context, request),
  "Operator.AutopilotHealth": ({ autopilot }) => autopilot.health(),
};

/** Methods of the leader that look at it only: asked `stale`, any server answers them from what it has; after a change of leader they are asked again. */
export const LOOKS = new Set<MethodName>(["Operator.RaftConfiguration", "Operator.AutopilotGetConfig", "Operator.AutopilotHealth"]);

export function isLocal(method: MethodName): method is LocalMethodName {
  return Object.hasOwn(LOCAL, method);
}

const ACTS = new Set<MethodName>(["Event.Fire", "Operator.Keyring", "Status.Pledge"]);

/** Whether a call may be made once more when it is not known what became of it. */
export function changesNothing(method: MethodName): boolean {
  return isRead(method) || LOOKS.has(method) || (isLocal(method) && !ACTS.has(method));
}
