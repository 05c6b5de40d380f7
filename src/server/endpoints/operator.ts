import { formatDurationMs } from "../../base/duration.ts";
import { KvorumError } from "../../base/errors.ts";
import { asNodeId } from "../../base/ids.ts";
import type { RaftConfigurationInfo, RequestOf, ServerStats } from "../../model/index.ts";
import type { ServerEntry } from "../../raft/index.ts";
import { done, propose, type ServerContext } from "../context.ts";
import { serverStats } from "./status.ts";

/** Consul api-docs, operator/raft: read configuration. */
export function raftConfiguration(context: ServerContext): RaftConfigurationInfo {
  const { configuration, configurationIndex } = context.raft.status();
  const leader = context.leadership.view.leader?.id;
  const servers = configuration.servers.map((server) => ({
    id: server.id,
    node: server.name,
    address: server.address,
    leader: server.id === leader,
    protocolVersion: "3",
    voter: server.suffrage === "voter",
  }));
  return { servers, index: configurationIndex };
}

/** By address when one is given, else by id. The texts are Consul's. */
export async function removePeer(context: ServerContext, { id, address }: RequestOf<"Operator.RaftRemovePeer">): Promise<void> {
  const { servers } = context.raft.status().configuration;
  const server = servers.find((known) => (address === "" ? known.id === id : known.address === address));
  if (server === undefined)
    throw new KvorumError("internal", `${address === "" ? `id "${id}"` : `address "${address}"`} was not found in the Raft configuration`);
  context.logger.warn("Removing server by order of the operator", { server: server.name, id: server.id, address: server.address });
  await context.raft.changeMembership({ kind: "remove", id: server.id });
}

/**
 * Asks the server at the address who it is and adds it as a learner; autopilot lets it vote. A server that is known is
 * noted at its new address. One with a log of its own is refused: its history would be overwritten.
 */
export async function addPeer(context: ServerContext, { address }: RequestOf<"Operator.RaftAddPeer">): Promise<{ readonly id: string }> {
  const stats = await askServer(context, address);
  const known = context.raft.status().configuration.servers.find((server) => server.id === stats.id);
  if (known === undefined) refuseStranger(context, stats, address);
  await context.raft.changeMembership({ kind: "add-learner", id: asNodeId(stats.id), address: stats.address, name: stats.name });
  context.logger.info(known === undefined ? "Server added: it learns" : "Server noted at its address", {
    server: stats.name,
    id: stats.id,
    address: stats.address,
  });
  return { id: stats.id };
}

export async function transferLeader(context: ServerContext, { id }: RequestOf<"Operator.RaftTransferLeader">): Promise<void> {
  if (id === "") return context.raft.transferLeadership();
  const server: ServerEntry | undefined = context.raft.status().configuration.servers.find((known) => known.id === id);
  if (server === undefined) throw new KvorumError("internal", `id "${id}" was not found in the Raft configuration`);
  await context.raft.transferLeadership(server.id);
}

export async function setAutopilot(context: ServerContext, { config, cas }: RequestOf<"Operator.AutopilotSetConfig">): Promise<boolean> {
  return done(await propose(context, "autopilot.set", { config, cas }));
}

async function askServer(context: ServerContext, address: string): Promise<ServerStats> {
  if (address === context.rpc.address) return serverStats(context);
  try {
    return await context.rpc.call({ address }, "Status.Server", {});
  } catch (error) {
    if (!(error instanceof KvorumError)) throw error;
    throw new KvorumError("internal", `Cannot add server at "${address}": ${error.message}`, { cause: error });
  }
}

function heard({ raft }: ServerContext, id: string): string {
  const ms = raft.status().peers.find((peer) => peer.id === id)?.lastContactMs;
  return ms === undefined ? "before this server led" : `${formatDurationMs(Math.round(ms / 1_000) * 1_000)} ago`;
}

/** Throws `conflict` for a server that may not be added. One that had been a member knows others of this cluster: its log is of the same history. */
export function refuseStranger(context: ServerContext, stats: ServerStats, address: string): void {
  const { servers } = context.raft.status().configuration;
  if (!stats.empty && !stats.servers.some((id) => servers.some((known) => known.id === id))) {
    throw new KvorumError("conflict", `Cannot add server at "${address}": it has a log of its own; start it with an empty data directory`);
  }
  const namesake = servers.find((server) => server.name.toLowerCase() === stats.name.toLowerCase());
  if (namesake !== undefined) {
    const holder = `server "${namesake.id}" at ${namesake.address}, last heard ${heard(context, namesake.id)}`;
    const command = `kvorum operator raft remove-peer -id=${namesake.id}`;
    throw new KvorumError(
      "conflict",
      `Cannot add server at "${address}": its name "${stats.name}" is held by ${holder}; if that one is gone for good: ${command}`,
    );
  }
}
